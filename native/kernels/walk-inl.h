// SPDX-License-Identifier: MIT
// The hot path: the time loop of the recurrent layers, forward and backward, activations applied on the
// accumulators. See WalkArgs for the equations and cells-inl.h for one step of LSTM and GRU.
#ifndef OSTINATO_KERNELS_WALK_INL_H_
#define OSTINATO_KERNELS_WALK_INL_H_

#include "kernels/cells-inl.h"

namespace ostinato {
namespace {

// A step is compiled by itself: with every cell inlined into one time loop, compilers take minutes.
#define OSTINATO_STEP __attribute__((noinline))

template <bool kDefault, bool kMasked>
struct SimpleForward : TileBase {
  static constexpr bool kIsFast = kDefault;

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Sums<R, V> sums;
    States<R, kMasked>(a);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) sums.v[r][v] = Load(Inputs(r) + v * kLanes);
    PrefetchInputs<R, 1, V>();
    Multiply<R, V>(a, args.units, panel, sums);
    if (args.gates) {
#pragma GCC unroll Unroll(8)
      for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
        for (size_t v = 0; v < V; ++v) Store(Gates(r) + v * kLanes, sums.v[r][v]);
    }
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) sums.v[r][v] = f.Act(sums.v[r][v]);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        Store(args.states + (at.after + r) * args.state_stride + unit + v * kLanes, sums.v[r][v]);
        if constexpr (kMasked) {
          const float* mask = args.masks + (at.row + r) * args.masked_stride + unit;
          Store(args.masked + (at.after + r) * args.masked_stride + unit + v * kLanes,
                Mul(sums.v[r][v], Load(mask + v * kLanes)));
        }
      }
  }
};

template <bool kDefault, bool kMasked>
struct SimpleBackward : TileBase {
  static constexpr bool kIsFast = kDefault;

  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    Sums<R, V> sums;
    PrefetchStates<R, V>(args.states + at.after * args.state_stride + unit);
    StateGradient<R, V, kMasked>(0, 1, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const Vec y = Load(args.states + (at.after + r) * args.state_stride + unit + v * kLanes);
        const Vec x = args.gates ? Load(Gates(r) + v * kLanes) : Zero();
        Store(Deltas(r, v), f.ActGradient(x, y, sums.v[r][v]));
      }
  }
};

// Calls f(row, rows) for tiles of the blocks' rows in [from, to), at most `tile` rows each.
template <size_t kTile, class F>
OSTINATO_OP void ForBlockTiles(const WalkArgs& args, size_t from, size_t to, F&& f) {
  for (size_t b = 0; b < args.block_count; ++b) {
    size_t row = static_cast<size_t>(args.blocks[b]) * args.block_rows;
    if (row >= to) break;  // blocks ascend
    const size_t end = to - row < args.block_rows ? to : row + args.block_rows;
    if (row < from) row = from < end ? from : end;
    while (row < end) {
      // Rather even tiles than full ones and a thin one.
      const size_t rest = end - row, tiles = (rest + kTile - 1) / kTile;
      const size_t rows = (rest + tiles - 1) / tiles;
      f(row, rows);
      row += rows;
    }
  }
}

// Rows of a tile at most. What runs seldom is compiled for few rows: it would be most of the program.
template <class Tile>
constexpr size_t MostRows(size_t most) {
  return Tile::kIsFast || most < 4 ? most : 4;
}

// Calls tile.Run<rows, ...>() for run-time rows (1..kMost).
template <size_t kMost, size_t... V, class Tile>
OSTINATO_OP void RunRows(size_t rows, const Tile& tile) {
  if constexpr (kMost > 1) {
    if (rows < kMost) return RunRows<kMost - 1, V...>(rows, tile);
  }
  tile.template Run<kMost, V...>();
}

template <size_t kMost, class Tile>
OSTINATO_OP void RunPanel(size_t rows, size_t width, const Tile& tile) {
  if (width == kPanelColumns) {
    RunRows<kMost, kPanelVectors>(rows, tile);
  } else {
    // Only panels of AVX-512 (32 columns) leave half of one.
    if constexpr (kPanelColumns > kLaneAlign) RunRows<kMost, kLaneAlign / kLanes>(rows, tile);
  }
}

OSTINATO_OP StepRows RowsOf(const WalkArgs& args, size_t t) {
  const size_t now = static_cast<size_t>(args.offsets[t]), next = static_cast<size_t>(args.offsets[t + 1]);
  if (!args.reverse) return {now, now, next, next, 0};
  return {now, next, now, t > 0 ? static_cast<size_t>(args.offsets[t - 1]) : 0, 0};
}

OSTINATO_OP StepRows At(const StepRows& rows, size_t row) {
  return {rows.now + row, rows.before + row, rows.after + row, rows.later + row, row};
}

// One step forward over panels of kPanelColumns units (simple) ...
template <class Tile>
OSTINATO_STEP void StepPanels(const WalkArgs& args, size_t t, bool prefetch) {
  const StepRows rows = RowsOf(args, t);
  for (size_t first = args.unit_begin; first < args.unit_end; first += kPanelColumns) {
    const size_t width = PanelWidth(first, args.padded);
    // A panel stays in L1 (or L2) while all rows pass.
    const float* panel = args.packed + first * args.units;
    constexpr size_t kMost = MostRows<Tile>(kTileRows);
    ForBlockTiles<kMost>(
        args, 0,
        static_cast<size_t>(args.active[t]), [&](size_t row, size_t count) __attribute__((always_inline)) {
          RunPanel<kMost>(count, width, Tile{{args, At(rows, row), first, panel, false, prefetch}});
        });
  }
}

// ... or over one vector of units of every gate.
template <class Tile>
OSTINATO_STEP void StepGates(const WalkArgs& args, const float* packed, size_t t, bool prefetch) {
  const StepRows rows = RowsOf(args, t);
  for (size_t unit = args.unit_begin; unit < args.unit_end; unit += kLanes) {
    const float* panel = packed + unit * args.units * Tile::kGates;
    constexpr size_t kMost = MostRows<Tile>(GateTileRows(Tile::kGates));
    ForBlockTiles<kMost>(
        args, 0,
        static_cast<size_t>(args.active[t]), [&](size_t row, size_t count) __attribute__((always_inline)) {
          RunRows<kMost>(count, Tile{{args, At(rows, row), unit, panel, false, prefetch}});
        });
  }
}

// One step backward. Rows whose walk ended with this step have no later deltas: all of them after the last
// step, and in reverse those that start here.
template <class Tile>
OSTINATO_STEP void StepBack(const WalkArgs& args, const float* packed, size_t k, size_t t) {
  const StepRows rows = RowsOf(args, t);
  const size_t active = static_cast<size_t>(args.active[t]);
  const size_t going_on = args.reverse ? (t == 0 ? 0 : static_cast<size_t>(args.active[t - 1]))
                                       : (t + 1 == args.steps ? 0 : active);
  constexpr size_t kMost = MostRows<Tile>(kTileRows);
  for (size_t first = args.unit_begin; first < args.unit_end; first += kPanelColumns) {
    const size_t width = PanelWidth(first, args.padded);
    const float* panel = packed + first * k;
    for (size_t part = 0; part < 2; ++part) {
      const bool is_last = part == 1;
      ForBlockTiles<kMost>(
          args, is_last ? going_on : 0,
          is_last ? active : going_on, [&](size_t row, size_t count) __attribute__((always_inline)) {
            RunPanel<kMost>(count, width, Tile{{args, At(rows, row), first, panel, is_last, false}});
          });
    }
  }
}

// Calls step(t) in the order of the walk.
template <class Step>
OSTINATO_OP void ForSteps(const WalkArgs& args, bool descending, Step&& step) {
  if (descending) {
    for (size_t t = args.t_end; t-- > args.t_begin;) step(t);
  } else {
    for (size_t t = args.t_begin; t < args.t_end; ++t) step(t);
  }
}

template <bool kDefault, bool kMasked>
void WalkForwardAs(const WalkArgs& args) {
  ForSteps(
      args, args.reverse, [&](size_t t) __attribute__((always_inline)) {
        const bool prefetch = args.reverse ? t > 0 : t + 1 < args.steps;
        if (args.cell == CellKind::kSimpleRnn) {
          StepPanels<SimpleForward<kDefault, kMasked>>(args, t, prefetch);
        } else if (args.cell == CellKind::kLstm) {
          StepGates<LstmForward<kDefault, kMasked>>(args, args.packed, t, prefetch);
        } else if (!args.reset_before) {
          StepGates<GruForward<kDefault, kMasked>>(args, args.packed, t, prefetch);
        } else {
          StepGates<GruGatesForward<kDefault, kMasked>>(args, args.packed, t, false);
          StepGates<GruCandidateForward<kDefault, kMasked>>(args, args.packed_candidate, t, false);
        }
      });
}

template <bool kDefault, bool kMasked>
void WalkBackwardAs(const WalkArgs& args) {
  const size_t k = args.padded;
  ForSteps(
      args, !args.reverse, [&](size_t t) __attribute__((always_inline)) {
        if (args.cell == CellKind::kSimpleRnn) {
          StepBack<SimpleBackward<kDefault, kMasked>>(args, args.packed, args.units, t);
        } else if (args.cell == CellKind::kLstm) {
          StepBack<LstmBackward<kDefault, kMasked>>(args, args.packed, 4 * k, t);
        } else if (!args.reset_before) {
          StepBack<GruBackward<kDefault, kMasked>>(args, args.packed, 3 * k, t);
        } else {
          StepBack<GruCandidateBackward<kDefault, kMasked>>(args, args.packed, 2 * k, t);
          StepBack<GruResetBackward<kDefault, kMasked>>(args, args.packed_candidate, k, t);
        }
      });
}

// Whether everything is what the fast kernels know at compile time. Dropout is rare enough to do without.
bool IsFast(const WalkArgs& args) {
  return !args.masked && args.activation == Activation::kTanh &&
         (args.cell == CellKind::kSimpleRnn || args.recurrent_activation == Activation::kSigmoid);
}

void WalkForward(const WalkArgs& args) {
  if (IsFast(args)) return WalkForwardAs<true, false>(args);
  args.masked ? WalkForwardAs<false, true>(args) : WalkForwardAs<false, false>(args);
}

void WalkBackward(const WalkArgs& args) {
  if (IsFast(args)) return WalkBackwardAs<true, false>(args);
  args.masked ? WalkBackwardAs<false, true>(args) : WalkBackwardAs<false, false>(args);
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_WALK_INL_H_
