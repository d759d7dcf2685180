// SPDX-License-Identifier: MIT
// One step of each recurrent cell on a tile of rows, forward and backward, everything between the product and
// the stores in registers. walk-inl.h walks them through time; WalkArgs (kernel_list.h) has the equations and
// the layout of gates and deltas.
#ifndef OSTINATO_KERNELS_CELLS_INL_H_
#define OSTINATO_KERNELS_CELLS_INL_H_

#include "kernels/math-inl.h"
#include "kernels/tile-inl.h"

namespace ostinato {
namespace {

// Rows of a tile that multiplies all gates of one vector of units. Of 16 registers, four gates of three rows
// leave three for the rows' values and one for the panel. Of 32, six rows of three
// gates fit; with four gates their row pointers spill, and a tile of four overlaps better with its neighbours
// (LSTM(32): 0.97 of a step).
constexpr size_t GateTileRows(size_t gates) { return kRegisters < 32 ? 3 : gates < 4 ? 6 : 4; }

// First rows of everything that one step of a tile touches.
struct StepRows {
  size_t now;     // inputs, gates, deltas
  size_t before;  // states before the step
  size_t after;   // states after it
  size_t later;   // deltas of the step that is walked next; backward only
  size_t row;     // of the batch
};

// In the kernels that training and serving spend their time in, activations are Keras' defaults and known at
// compile time; all others are chosen at run time.
// Out of line: inlined into every vector of every tile, all activations together would be most of the
// program.
__attribute__((noinline)) Vec AnyActivation(Activation kind, Vec x) { return Activate(kind, x); }
__attribute__((noinline)) Vec AnyGradient(Activation kind, Vec x, Vec y, Vec dy) {
  return ActivationGradient(kind, x, y, dy);
}

template <bool kDefault>
struct Functions {
  Activation activation, recurrent_activation;

  OSTINATO_OP_MEMBER Vec Act(Vec x) const { return kDefault ? Tanh(x) : AnyActivation(activation, x); }
  OSTINATO_OP_MEMBER Vec Gate(Vec x) const {
    return kDefault ? GateSigmoid(x) : AnyActivation(recurrent_activation, x);
  }
  // x[0..N) of one row, two at a time where that saves a division.
  template <size_t N>
  OSTINATO_OP_MEMBER void ActAll(Vec* x) const {
    if constexpr (kDefault) {
#pragma GCC unroll Unroll(4)
      for (size_t n = 0; n + 1 < N; n += 2) TanhPair(x[n], x[n + 1]);
      if constexpr (N % 2 == 1) x[N - 1] = Tanh(x[N - 1]);
    } else {
      for (size_t n = 0; n < N; ++n) x[n] = AnyActivation(activation, x[n]);
    }
  }
  OSTINATO_OP_MEMBER void GatePair(Vec& x, Vec& y) const {
    if constexpr (kDefault) {
      GateSigmoidPair(x, y);
    } else {
      x = AnyActivation(recurrent_activation, x);
      y = AnyActivation(recurrent_activation, y);
    }
  }
  OSTINATO_OP_MEMBER void Lstm(Vec& i, Vec& f, Vec& g, Vec& o) const {
    if constexpr (kDefault) {
      LstmGates(i, f, g, o);
    } else {
      GatePair(i, f);
      g = AnyActivation(activation, g);
      o = AnyActivation(recurrent_activation, o);
    }
  }
  // What is kept of a gate for the backward pass: its value, or where the functions are not known what it was
  // computed from.
  OSTINATO_OP_MEMBER Vec Keep(Vec x, Vec y) const { return kDefault ? y : x; }
  OSTINATO_OP_MEMBER Vec KeptAct(Vec kept) const { return kDefault ? kept : AnyActivation(activation, kept); }
  OSTINATO_OP_MEMBER Vec KeptGate(Vec kept) const {
    return kDefault ? kept : AnyActivation(recurrent_activation, kept);
  }
  OSTINATO_OP_MEMBER Vec ActGradient(Vec x, Vec y, Vec dy) const {
    return kDefault ? ActivationGradient(Activation::kTanh, x, y, dy) : AnyGradient(activation, x, y, dy);
  }
  OSTINATO_OP_MEMBER Vec GateGradient(Vec x, Vec y, Vec dy) const {
    return kDefault ? ActivationGradient(Activation::kSigmoid, x, y, dy)
                    : AnyGradient(recurrent_activation, x, y, dy);
  }
};

template <bool kDefault>
OSTINATO_OP Functions<kDefault> FunctionsOf(const WalkArgs& args) {
  return {args.activation, args.recurrent_activation};
}

// sums[r][g] += a[r] B_g over k, where a panel holds kLanes columns of G matrices side by side. With dropout
// each gate has a state of its own: gate g's row lies g * args.padded behind a[r].
template <size_t R, size_t G, bool kMasked>
OSTINATO_OP void MultiplyGates(const float* const* a, size_t k, size_t gate_stride, const float* panel,
                               Vec (&sums)[R][G]) {
  if constexpr (R == 1) {
    // A single row: k is dealt to several sums, to hide the latency of the multiply-add.
    constexpr size_t kSplit = G >= 4 ? 2 : 4;
    const float* row = a[0];
    Vec parts[kSplit][G];
#pragma GCC unroll Unroll(4)
    for (size_t s = 0; s < kSplit; ++s)
#pragma GCC unroll Unroll(4)
      for (size_t g = 0; g < G; ++g) parts[s][g] = s == 0 ? sums[0][g] : Zero();
    size_t i = 0;
    for (; i + kSplit <= k; i += kSplit)
#pragma GCC unroll Unroll(4)
      for (size_t s = 0; s < kSplit; ++s)
#pragma GCC unroll Unroll(4)
        for (size_t g = 0; g < G; ++g)
          parts[s][g] = MulAdd(Set1(row[(kMasked ? g * gate_stride : 0) + i + s]),
                               Load(panel + ((i + s) * G + g) * kLanes), parts[s][g]);
    for (; i < k; ++i)
#pragma GCC unroll Unroll(4)
      for (size_t g = 0; g < G; ++g)
        parts[0][g] = MulAdd(Set1(row[(kMasked ? g * gate_stride : 0) + i]),
                             Load(panel + (i * G + g) * kLanes), parts[0][g]);
#pragma GCC unroll Unroll(4)
    for (size_t g = 0; g < G; ++g) {
      if constexpr (kSplit == 2) {
        sums[0][g] = Add(parts[0][g], parts[1][g]);
      } else {
        sums[0][g] = Add(Add(parts[0][g], parts[1][g]), Add(parts[2][g], parts[3][g]));
      }
    }
  } else {
    const float* rows[R];
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) rows[r] = a[r];
    // The rows' values are held while the panel passes: with three rows of four gates that fills 16 registers
    // and does not spill, whichever compiler allots them.
    for (size_t i = 0; i < k; ++i) {
      Vec x[R];
#pragma GCC unroll Unroll(8)
      for (size_t r = 0; r < R; ++r) x[r] = kMasked ? Zero() : Set1(rows[r][i]);
#pragma GCC unroll Unroll(4)
      for (size_t g = 0; g < G; ++g) {
        const Vec b = Load(panel + (i * G + g) * kLanes);
#pragma GCC unroll Unroll(8)
        for (size_t r = 0; r < R; ++r)
          sums[r][g] = MulAdd(kMasked ? Set1(rows[r][g * gate_stride + i]) : x[r], b, sums[r][g]);
      }
    }
  }
}

// What all tiles do alike.
struct TileBase {
  const WalkArgs& args;
  StepRows at;
  size_t unit;         // first unit
  const float* panel;  // of the recurrent kernel
  bool is_last;        // backward: no step is walked after this one
  bool prefetch;       // forward

  OSTINATO_OP_MEMBER const float* InputsAt(size_t i) const {
    return args.inputs +
           (args.input_index ? static_cast<size_t>(args.input_index[i]) : i) * args.input_stride + unit;
  }
  OSTINATO_OP_MEMBER const float* Inputs(size_t r) const { return InputsAt(at.now + r); }
  // V vectors of G blocks of a row, on their way to L1. No hardware prefetcher sees them coming, for a tile
  // reads a line or two of each block of each row; and where other cores keep L3 busy they are late.
  template <size_t G, size_t V>
  OSTINATO_OP_MEMBER void PrefetchBlocks(const float* row) const {
#pragma GCC unroll Unroll(4)
    for (size_t g = 0; g < G; ++g)
#pragma GCC unroll Unroll(2)
      for (size_t v = 0; v < V * kLanes; v += kLaneAlign) Prefetch(row + g * args.padded + v);
  }
  // Forward: what the next step begins with (LSTM(128): 0.75 to 0.9 of the walk).
  template <size_t R, size_t G, size_t V>
  OSTINATO_OP_MEMBER void PrefetchInputs() const {
    if (!prefetch) return;
    const size_t next = args.reverse ? at.later : at.after;
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) PrefetchBlocks<G, V>(InputsAt(next + r));
  }
  // What is read, or written, behind the product (backward, LSTM(128): 0.8 of the walk).
  template <size_t R, size_t G, size_t V>
  OSTINATO_OP_MEMBER void PrefetchGates() const {
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) PrefetchBlocks<G, V>(Gates(r));
  }
  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void PrefetchStates(const float* states) const {
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) PrefetchBlocks<1, V>(states + r * args.state_stride);
  }
  // Rows of the recurrent product's left side; gate 0's with dropout.
  template <size_t R, bool kMasked>
  OSTINATO_OP_MEMBER void States(const float* (&a)[R], size_t first_gate = 0) const {
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
      a[r] = kMasked ? args.masked + (at.before + r) * args.masked_stride + first_gate * args.padded
                     : args.states + (at.before + r) * args.state_stride;
  }
  OSTINATO_OP_MEMBER float* State(size_t r) const {
    return args.states + (at.before + r) * args.state_stride + unit;
  }
  OSTINATO_OP_MEMBER float* Cell(size_t row) const { return args.cells + row * args.state_stride + unit; }
  OSTINATO_OP_MEMBER float* Gates(size_t r) const {
    return args.gates + (at.now + r) * args.gate_stride + unit;
  }
  template <bool kMasked, size_t G>
  OSTINATO_OP_MEMBER void StoreState(size_t r, Vec h) const {
    Store(args.states + (at.after + r) * args.state_stride + unit, h);
    if constexpr (kMasked) {
      const float* mask = args.masks + (at.row + r) * args.masked_stride + unit;
      float* out = args.masked + (at.after + r) * args.masked_stride + unit;
#pragma GCC unroll Unroll(4)
      for (size_t g = 0; g < G; ++g) Store(out + g * args.padded, Mul(h, Load(mask + g * args.padded)));
    }
  }

  // Backward: sums[r][v] = gradient of the state after the step that comes from outputs and later steps;
  // gates [first_gate, first_gate + gates) of the later deltas times the transposed recurrent kernel.
  template <size_t R, size_t V, bool kMasked>
  OSTINATO_OP_MEMBER void StateGradient(size_t first_gate, size_t gates, Sums<R, V>& sums) const {
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v)
        sums.v[r][v] = args.doutputs
                           ? Load(args.doutputs + (at.now + r) * args.state_stride + unit + v * kLanes)
                           : Zero();
    if (is_last) {
      if (!args.dlast) return;
#pragma GCC unroll Unroll(8)
      for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
        for (size_t v = 0; v < V; ++v)
          sums.v[r][v] =
              Add(sums.v[r][v], Load(args.dlast + (at.row + r) * args.state_stride + unit + v * kLanes));
      return;
    }
    const float* a[R];
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
      a[r] = args.deltas + (at.later + r) * args.delta_stride + first_gate * args.padded;
    // Blocks lie padded, one below the other; a single one is its units.
    const size_t block = gates == 1 ? args.units : args.padded;
    if constexpr (!kMasked) {
      Multiply<R, V>(a, gates * block, panel, sums);
    } else {
      for (size_t g = 0; g < gates; ++g) {
        Sums<R, V> gate;
#pragma GCC unroll Unroll(8)
        for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
          for (size_t v = 0; v < V; ++v) gate.v[r][v] = Zero();
        Multiply<R, V>(a, block, panel + g * block * V * kLanes, gate);
#pragma GCC unroll Unroll(8)
        for (size_t r = 0; r < R; ++r) {
          a[r] += args.padded;
          const float* mask =
              args.masks + (at.row + r) * args.masked_stride + (first_gate + g) * args.padded + unit;
#pragma GCC unroll Unroll(8)
          for (size_t v = 0; v < V; ++v)
            sums.v[r][v] = MulAdd(gate.v[r][v], Load(mask + v * kLanes), sums.v[r][v]);
        }
      }
    }
  }
  OSTINATO_OP_MEMBER float* Deltas(size_t r, size_t v) const {
    return args.deltas + (at.now + r) * args.delta_stride + unit + v * kLanes;
  }
  OSTINATO_OP_MEMBER float* Carry(size_t r, size_t v) const {
    return args.carry + (at.row + r) * args.state_stride + unit + v * kLanes;
  }
};

template <bool kDefault, bool kMasked>
struct LstmForward : TileBase {
  static constexpr bool kIsFast = kDefault;
  static constexpr size_t kGates = 4;

  template <size_t R>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Vec sums[R][4];
    States<R, kMasked>(a);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const float* x = Inputs(r);
#pragma GCC unroll Unroll(4)
      for (size_t g = 0; g < 4; ++g) sums[r][g] = Load(x + g * args.padded);
    }
    PrefetchInputs<R, 4, 1>();
    // Gates that do not take their inputs' place are new to the cache (LSTM(32): 0.98 of a step;
    // GRU(32): 1.02).
    if (args.gates && args.input_index) PrefetchGates<R, 4, 1>();
    MultiplyGates<R, 4, kMasked>(a, args.units, args.padded, panel, sums);
    Vec cells[R];
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      Vec i = sums[r][0], forget = sums[r][1], g = sums[r][2], o = sums[r][3];
      f.Lstm(i, forget, g, o);
      cells[r] = MulAdd(forget, Load(Cell(at.before + r)), Mul(i, g));
      Store(Cell(at.after + r), cells[r]);
      if (args.gates) {
        float* out = Gates(r);
        Store(out, f.Keep(sums[r][0], i));
        Store(out + args.padded, f.Keep(sums[r][1], forget));
        Store(out + 2 * args.padded, f.Keep(sums[r][2], g));
        Store(out + 3 * args.padded, f.Keep(sums[r][3], o));
      }
      sums[r][3] = o;
    }
    // Each row by itself: rows that shared a division would share a NaN, and their last bits.
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) StoreState<kMasked, 4>(r, Mul(sums[r][3], f.Act(cells[r])));
  }
};

template <bool kDefault, bool kMasked>
struct LstmBackward : TileBase {
  static constexpr bool kIsFast = kDefault;
  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    Sums<R, V> dh;
    PrefetchGates<R, 4, V>();
    PrefetchStates<R, V>(Cell(at.before));
    StateGradient<R, V, kMasked>(0, 4, dh);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      Vec squashed[V];
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) squashed[v] = Load(Cell(at.after + r) + v * kLanes);
      f.template ActAll<V>(squashed);
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const size_t lane = v * kLanes;
        const float* gates = Gates(r) + lane;
        const Vec xi = Load(gates), xf = Load(gates + args.padded);
        const Vec xg = Load(gates + 2 * args.padded), xo = Load(gates + 3 * args.padded);
        const Vec i = f.KeptGate(xi), forget = f.KeptGate(xf), g = f.KeptAct(xg), o = f.KeptGate(xo);
        const Vec c = Load(Cell(at.after + r) + lane);
        const Vec tc = squashed[v];
        Vec dc = f.ActGradient(c, tc, Mul(dh.v[r][v], o));
        if (!is_last || args.carry_given) dc = Add(dc, Load(Carry(r, v)));
        if (args.dcells) dc = Add(dc, Load(args.dcells + (at.now + r) * args.state_stride + unit + lane));
        Store(Carry(r, v), Mul(dc, forget));
        float* out = Deltas(r, v);
        Store(out, f.GateGradient(xi, i, Mul(dc, g)));
        Store(out + args.padded, f.GateGradient(xf, forget, Mul(dc, Load(Cell(at.before + r) + lane))));
        Store(out + 2 * args.padded, f.ActGradient(xg, g, Mul(dc, i)));
        Store(out + 3 * args.padded, f.GateGradient(xo, o, Mul(dh.v[r][v], tc)));
      }
    }
  }
};

// GRU with the reset gate after the product. Blocks of gates and deltas: recurrent candidate, z, r,
// candidate.
template <bool kDefault, bool kMasked>
struct GruForward : TileBase {
  static constexpr bool kIsFast = kDefault;
  static constexpr size_t kGates = 3;

  template <size_t R>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Vec sums[R][3];
    States<R, kMasked>(a);
    const Vec bias = args.recurrent_bias ? Load(args.recurrent_bias + unit) : Zero();
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const float* x = Inputs(r);
      sums[r][0] = bias;
      sums[r][1] = Load(x);
      sums[r][2] = Load(x + args.padded);
    }
    PrefetchInputs<R, 3, 1>();
    MultiplyGates<R, 3, kMasked>(a, args.units, args.padded, panel, sums);
    Vec candidates[R];
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      Vec z = sums[r][1], reset = sums[r][2];
      f.GatePair(z, reset);
      candidates[r] = MulAdd(reset, sums[r][0], Load(Inputs(r) + 2 * args.padded));
      if (args.gates) {
        float* out = Gates(r);
        Store(out, sums[r][0]);
        Store(out + args.padded, f.Keep(sums[r][1], z));
        Store(out + 2 * args.padded, f.Keep(sums[r][2], reset));
        if (!kDefault) Store(out + 3 * args.padded, candidates[r]);
      }
      sums[r][1] = z;
    }
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      candidates[r] = f.Act(candidates[r]);
      if (kDefault && args.gates) Store(Gates(r) + 3 * args.padded, candidates[r]);
      StoreState<kMasked, 3>(r, MulAdd(sums[r][1], Sub(Load(State(r)), candidates[r]), candidates[r]));
    }
  }
};

template <bool kDefault, bool kMasked>
struct GruBackward : TileBase {
  static constexpr bool kIsFast = kDefault;
  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    Sums<R, V> dh;
    PrefetchGates<R, 4, V>();
    PrefetchStates<R, V>(State(0));
    StateGradient<R, V, kMasked>(0, 3, dh);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const size_t lane = v * kLanes;
        const float* gates = Gates(r) + lane;
        const Vec recurrent = Load(gates), xz = Load(gates + args.padded);
        const Vec xr = Load(gates + 2 * args.padded), xc = Load(gates + 3 * args.padded);
        const Vec z = f.KeptGate(xz), reset = f.KeptGate(xr), candidate = f.KeptAct(xc);
        const Vec d = is_last ? dh.v[r][v] : Add(dh.v[r][v], Load(Carry(r, v)));
        Store(Carry(r, v), Mul(d, z));
        const Vec dc = f.ActGradient(xc, candidate, NegMulAdd(d, z, d));
        float* out = Deltas(r, v);
        Store(out, Mul(dc, reset));
        Store(out + args.padded, f.GateGradient(xz, z, Mul(d, Sub(Load(State(r) + lane), candidate))));
        Store(out + 2 * args.padded, f.GateGradient(xr, reset, Mul(dc, recurrent)));
        Store(out + 3 * args.padded, dc);
      }
  }
};

// GRU with the reset gate before the product takes two passes over the units: z and r first, then the
// candidate from the state that r has reset.
template <bool kDefault, bool kMasked>
struct GruGatesForward : TileBase {
  static constexpr bool kIsFast = false;
  static constexpr size_t kGates = 2;

  template <size_t R>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Vec sums[R][2];
    States<R, kMasked>(a, 1);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const float* x = Inputs(r);
      sums[r][0] = Load(x);
      sums[r][1] = Load(x + args.padded);
    }
    MultiplyGates<R, 2, kMasked>(a, args.units, args.padded, panel, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const Vec z = f.Gate(sums[r][0]), reset = f.Gate(sums[r][1]);
      Store(Gates(r) + args.padded, f.Keep(sums[r][0], z));
      Store(Gates(r) + 2 * args.padded, f.Keep(sums[r][1], reset));
      const float* state = kMasked ? args.masked + (at.before + r) * args.masked_stride + unit : State(r);
      Store(args.reset_states + (at.now + r) * args.state_stride + unit, Mul(reset, Load(state)));
    }
  }
};

template <bool kDefault, bool kMasked>
struct GruCandidateForward : TileBase {
  static constexpr bool kIsFast = false;
  static constexpr size_t kGates = 1;

  template <size_t R>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Vec sums[R][1];
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      a[r] = args.reset_states + (at.now + r) * args.state_stride;
      sums[r][0] = Load(Inputs(r) + 2 * args.padded);
    }
    MultiplyGates<R, 1, false>(a, args.units, args.padded, panel, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      const Vec z = f.KeptGate(Load(Gates(r) + args.padded));
      const Vec candidate = f.Act(sums[r][0]);
      Store(Gates(r) + 3 * args.padded, f.Keep(sums[r][0], candidate));
      StoreState<kMasked, 3>(r, MulAdd(z, Sub(Load(State(r)), candidate), candidate));
    }
  }
};

template <bool kDefault, bool kMasked>
struct GruCandidateBackward : TileBase {
  static constexpr bool kIsFast = false;
  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    Sums<R, V> dh;
    StateGradient<R, V, kMasked>(1, 2, dh);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const size_t lane = v * kLanes;
        const float* gates = Gates(r) + lane;
        const Vec xz = Load(gates + args.padded), xc = Load(gates + 3 * args.padded);
        const Vec z = f.KeptGate(xz), candidate = f.KeptAct(xc);
        const Vec d = is_last ? dh.v[r][v] : Add(dh.v[r][v], Load(Carry(r, v)));
        Store(Carry(r, v), Mul(d, z));
        float* out = Deltas(r, v);
        Store(out + args.padded, f.GateGradient(xz, z, Mul(d, Sub(Load(State(r) + lane), candidate))));
        Store(out + 3 * args.padded, f.ActGradient(xc, candidate, NegMulAdd(d, z, d)));
      }
  }
};

// The gradient of the reset state goes to r and to the state before the step.
template <bool kDefault, bool kMasked>
struct GruResetBackward : TileBase {
  static constexpr bool kIsFast = false;
  template <size_t R, size_t V>
  OSTINATO_OP_MEMBER void Run() const {
    const auto f = FunctionsOf<kDefault>(args);
    const float* a[R];
    Sums<R, V> sums;
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r) {
      a[r] = args.deltas + (at.now + r) * args.delta_stride + 3 * args.padded;
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) sums.v[r][v] = Zero();
    }
    Multiply<R, V>(a, args.padded, panel, sums);
#pragma GCC unroll Unroll(8)
    for (size_t r = 0; r < R; ++r)
#pragma GCC unroll Unroll(8)
      for (size_t v = 0; v < V; ++v) {
        const size_t lane = v * kLanes;
        Vec d = sums.v[r][v];
        if constexpr (kMasked) d = Mul(d, Load(args.masks + (at.row + r) * args.masked_stride + unit + lane));
        const Vec xr = Load(Gates(r) + 2 * args.padded + lane), reset = f.KeptGate(xr);
        Store(Deltas(r, v) + 2 * args.padded, f.GateGradient(xr, reset, Mul(d, Load(State(r) + lane))));
        Store(Carry(r, v), MulAdd(d, reset, Load(Carry(r, v))));
      }
  }
};

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_CELLS_INL_H_
