// SPDX-License-Identifier: MIT
// The hot path: the time loop of a simple recurrent layer, forward and backward, activation applied on the
// accumulators. See WalkArgs for the equations.
#ifndef OSTINATO_KERNELS_WALK_INL_H_
#define OSTINATO_KERNELS_WALK_INL_H_

#include "kernels/math-inl.h"
#include "kernels/tile-inl.h"

namespace ostinato {
namespace {

// kTanh is compiled apart, so that nothing is chosen inside the loop; the rest choose at run time.
template <bool kIsTanh>
struct ForwardTile {
  const WalkArgs& args;
  size_t now;   // row of states and inputs before the step
  size_t next;  // row of states after it, and of the inputs of the next step
  size_t first;
  const float* panel;
  bool prefetch;

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const float* a[R];
    Sums<R, V> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
      a[r] = args.states + (now + r) * args.stride;
      const size_t input = args.input_index ? static_cast<size_t>(args.input_index[now + r]) : now + r;
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v)
        sums.v[r][v] = Load(args.inputs + input * args.stride + first + v * kLanes);
    }
    // The rows of the next step's inputs lie anywhere in a table that only L2 holds.
    if (prefetch) {
#pragma GCC unroll 8
      for (size_t r = 0; r < R; ++r) {
        const float* input =
            args.inputs + static_cast<size_t>(args.input_index[next + r]) * args.stride + first;
        for (size_t v = 0; v < V * kLanes; v += kLaneAlign) Prefetch(input + v);
      }
    }
    Multiply<R, V>(a, args.units, panel, sums);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v)
        sums.v[r][v] = kIsTanh ? Tanh(sums.v[r][v]) : Activate(args.activation, sums.v[r][v]);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v)
        Store(args.states + (next + r) * args.stride + first + v * kLanes, sums.v[r][v]);
  }
};

template <bool kIsTanh>
struct BackwardTile {
  const WalkArgs& args;
  size_t now;   // row of deltas and doutputs
  size_t next;  // row of states after the step and of the deltas of step t + 1
  size_t row;   // row of dlast
  bool is_last;
  size_t first;
  const float* panel;

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    Sums<R, V> sums;
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v)
        sums.v[r][v] =
            args.doutputs ? Load(args.doutputs + (now + r) * args.stride + first + v * kLanes) : Zero();
    if (!is_last) {
      const float* a[R];
#pragma GCC unroll 8
      for (size_t r = 0; r < R; ++r) a[r] = args.deltas + (next + r) * args.stride;
      Multiply<R, V>(a, args.units, panel, sums);
    } else if (args.dlast) {
#pragma GCC unroll 8
      for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 8
        for (size_t v = 0; v < V; ++v)
          sums.v[r][v] = Add(sums.v[r][v], Load(args.dlast + (row + r) * args.stride + first + v * kLanes));
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 8
      for (size_t v = 0; v < V; ++v) {
        const Vec y = Load(args.states + (next + r) * args.stride + first + v * kLanes);
        const Vec delta = kIsTanh ? ActivationGradient(Activation::kTanh, Zero(), y, sums.v[r][v])
                                  : ActivationGradient(args.activation, Zero(), y, sums.v[r][v]);
        Store(args.deltas + (now + r) * args.stride + first + v * kLanes, delta);
      }
  }
};

// Calls f(row, rows) for each tile of the blocks' rows that are active at step t.
template <class F>
OSTINATO_OP void ForActiveTiles(const WalkArgs& args, size_t t, F&& f) {
  const size_t active = static_cast<size_t>(args.active[t]);
  for (size_t b = 0; b < args.block_count; ++b) {
    const size_t begin = static_cast<size_t>(args.blocks[b]) * args.block_rows;
    if (begin >= active) break;  // blocks ascend
    const size_t end = active - begin < args.block_rows ? active : begin + args.block_rows;
    for (size_t row = begin; row < end;) {
      const size_t rows = NextTile(end - row);
      f(row, rows);
      row += rows;
    }
  }
}

template <bool kIsTanh>
void WalkForwardAs(const WalkArgs& args) {
  const size_t padded = PaddedColumns(args.units);
  for (size_t t = args.t_begin; t < args.t_end; ++t) {
    const size_t now = static_cast<size_t>(args.offsets[t]);
    const size_t next = static_cast<size_t>(args.offsets[t + 1]);
    const bool prefetch = args.input_index && t + 1 < args.steps;
    // A panel stays in L1 (or L2) while all rows pass.
    for (size_t first = 0; first < padded; first += kPanelColumns) {
      const size_t width = PanelWidth(first, padded);
      const float* panel = args.packed + first * args.units;
      ForActiveTiles(
          args, t, [&](size_t row, size_t rows) __attribute__((always_inline)) {
            ForTile(rows, width, ForwardTile<kIsTanh>{args, now + row, next + row, first, panel, prefetch});
          });
    }
  }
}

template <bool kIsTanh>
void WalkBackwardAs(const WalkArgs& args) {
  const size_t padded = PaddedColumns(args.units);
  for (size_t t = args.t_end; t-- > args.t_begin;) {
    const size_t now = static_cast<size_t>(args.offsets[t]);
    const size_t next = static_cast<size_t>(args.offsets[t + 1]);
    const bool is_last = t + 1 == args.steps;
    for (size_t first = 0; first < padded; first += kPanelColumns) {
      const size_t width = PanelWidth(first, padded);
      const float* panel = args.packed + first * args.units;
      ForActiveTiles(
          args, t, [&](size_t row, size_t rows) __attribute__((always_inline)) {
            ForTile(rows, width,
                    BackwardTile<kIsTanh>{args, now + row, next + row, row, is_last, first, panel});
          });
    }
  }
}

void WalkForward(const WalkArgs& args) {
  if (args.activation == Activation::kTanh) {
    WalkForwardAs<true>(args);
  } else {
    WalkForwardAs<false>(args);
  }
}

void WalkBackward(const WalkArgs& args) {
  if (args.activation == Activation::kTanh) {
    WalkBackwardAs<true>(args);
  } else {
    WalkBackwardAs<false>(args);
  }
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_WALK_INL_H_
