// SPDX-License-Identifier: MIT
// Every kernel of the engine, as one table of function pointers per ISA. Plain structs of pointers and sizes:
// no std containers, so that ISA objects may include this. Callers have checked everything.
//
// Shapes: N rows of a batch, T timesteps, C input features, H units. A "row" in memory is `stride` floats,
// zero-padded to PaddedColumns. `packed` is a right-hand matrix rearranged by `pack` into the panels of this
// ISA. An `index` maps a logical row to a row of the data; null means the identity.
#ifndef OSTINATO_KERNELS_KERNEL_LIST_H_
#define OSTINATO_KERNELS_KERNEL_LIST_H_

#include "base/plain.h"

namespace ostinato {

enum class Activation : int32_t {
  kLinear,
  kTanh,
  kSigmoid,
  kRelu,
  kSoftmax,
  kElu,
  kExponential,
  kHardSigmoid,
  kLegacyHardSigmoid,
  kSoftsign,
  kLeakyRelu,
  kRelu6,
  kCelu,
  kSelu,
  kGelu,
  kSilu,
  kSoftplus,
  kSquareplus,
  kSoftShrink,
  kHardShrink,
  kTanhShrink,
  kHardTanh,
  kHardSilu,
  kLogSigmoid,
  kLogSoftmax,
  kMish,
  kSparsePlus,
  kSparseSigmoid,
  kSparsemax,
};

// Whether an activation mixes the columns of a row.
constexpr bool IsRowActivation(Activation kind) {
  return kind == Activation::kSoftmax || kind == Activation::kLogSoftmax || kind == Activation::kSparsemax;
}

// Whether the derivative of an activation cannot be told from its output: layers keep the input then.
constexpr bool ActivationNeedsInput(Activation kind) {
  return kind == Activation::kGelu || kind == Activation::kSilu || kind == Activation::kTanhShrink ||
         kind == Activation::kHardSilu || kind == Activation::kMish || kind == Activation::kSparsemax;
}

// out = panels of B [k,n] (or of its transpose: B is [n,k] then). `out` holds k * PaddedColumns(n) floats.
// With `gates` > 0, B is gates matrices of n / gates (padded) columns side by side, and a panel holds one
// vector of columns of each: the panels of a walk.
struct PackArgs {
  const float* b;
  size_t ldb;
  size_t k, n;
  bool transposed;
  float* out;
  size_t gates;
};

// C[i] = init + A[index[i]] B for rows i in [begin, end): A has k columns (no padding read), B is packed
// [k,n]. init: the bias row [PaddedColumns(n)] if not null, else C itself if `accumulate`, else 0.
struct GemmArgs {
  const float* a;
  const int32_t* index;
  size_t lda;
  const float* packed;
  size_t k, n;
  const float* bias;
  bool accumulate;
  float* c;
  size_t ldc;
  size_t begin, end;
};

// C[k, n] (ldc, padded columns) (+)= sum over rows r = rows[i] (null: i), i in [begin, end), of
// A[index[r]]^T B[r], ascending i: weight gradients. Rows up to `ahead` (>= end) will be read soon.
struct OuterArgs {
  const float* a;
  const int32_t* index;
  size_t lda;
  size_t k;
  const float* b;
  size_t ldb;
  size_t n;
  const int32_t* rows;
  size_t begin, end, ahead;
  bool accumulate;
  float* c;
  size_t ldc;
};

// out[n] (+)= sum over i in [begin, end) of B[rows[i]] (null: B[i]): bias gradients, and the
// trunk's sums per token.
struct ColumnSumArgs {
  const float* b;
  size_t ldb;
  size_t n;
  const int32_t* rows;
  size_t begin, end;
  bool accumulate;
  float* out;
};

// out[u] = sum of B[rows[i]] over the group of slot u, ascending i in [begin, end): groups lie side by side
// in `rows`, that of slot u at [starts[u], starts[u + 1]). What is here of a group that began before `begin`
// is added to the row `begun`.
struct GroupSumArgs {
  const float* b;
  size_t ldb;
  size_t n;
  const int32_t* rows;
  const int32_t* slot;  // of each row
  const int32_t* starts;
  size_t begin, end;
  float* out;
  size_t ldo;
  float* begun;
};

enum class CellKind : int32_t { kSimpleRnn, kLstm, kGru };

// The time loop of a recurrent layer over rows that join at different steps (batch/batch_layout.h). active[t]
// rows walk at step t, the first ones in order; row r stands at p = offsets[t] + r, t = 0..steps (included).
// `blocks` lists, ascending, the blocks of `block_rows` rows that this call walks. The state after step t
// lies at offsets[t+1] + r and the one before it at p; with `reverse`, t descends and they change places.
//
// Hp = `padded` = PaddedColumns(units). A row of inputs, gates or deltas is made of blocks of Hp, one per
// gate. x: the block of inputs[input_index[p]]; a: activation; s: recurrent activation; h, c: state and cell
// before.
//   simple:  h' = a(x + h W)
//   lstm:    i, f, o = s(x + h W), g = a(x + h W); c' = f c + i g; h' = o a(c')          blocks i, f, g, o
//   gru:     z, r = s(x + h W); n = a(x + r (h W + recurrent_bias)), or with reset_before a(x + (r h) W)
//            h' = z h + (1 - z) n       blocks of inputs: z, r, n; of the product, gates and deltas: see
//            below
// Blocks of a GRU's gates: h W + recurrent_bias (unused with reset_before), z, r, n; of its deltas the same,
// so that the first three belong to the product and the last three to the inputs. Its packed kernel holds the
// blocks n, z, r. `gates` keeps values where both activations are the defaults (tanh, sigmoid) and nothing is
// dropped, else what the activations are computed from; simple_rnn has none unless its activation needs its
// input. With recurrent dropout the product reads masked[] instead of h: h times masks[r], one block per
// gate. Backward, against the order of the walk: deltas[p] = gradients of what the activations are computed
// from, given the gradient of the state after the step: doutputs[p], and dlast[r] after the last step or else
// what the later step passes on. Gates may take the place of the inputs of their own position, and deltas
// that of the gates.
struct WalkArgs {
  CellKind cell;
  bool reverse, reset_before;
  size_t t_begin, t_end;  // part of [0, steps) to walk
  size_t steps;
  const int32_t* active;
  const int32_t* offsets;
  const int32_t* blocks;
  size_t block_count;
  size_t block_rows;
  size_t units, padded;
  // The part of [0, padded) to compute, whole multiples of kLaneAlign * 2 or the end. With reset_before, and
  // for more than one step, all of it.
  size_t unit_begin, unit_end;
  Activation activation, recurrent_activation;
  // Recurrent kernel. Forward: gates side by side (PackArgs); backward: transposed, gates one below the
  // other. reset_before: z and r; the candidate's part is packed_candidate.
  const float* packed;
  const float* packed_candidate;
  const float* recurrent_bias;  // gru, or null
  size_t state_stride;          // of states, cells, outputs' gradients and all rows of one block
  float* states;
  float* cells;  // lstm
  size_t gate_stride;
  float* gates;         // or null where nothing will be walked back
  float* reset_states;  // gru with reset_before: r h, [p]
  // recurrent dropout, or null
  size_t masked_stride;
  const float* masks;
  float* masked;
  // forward
  const float* inputs;
  size_t input_stride;
  const int32_t* input_index;
  // backward
  const float* doutputs;  // or null
  const float* dlast;     // or null
  const float* dcells;    // lstm: further gradient of the cell after the step, [p], or null
  float* carry;           // [rows] lstm, gru: what a step passes on past the product
  bool carry_given;       // lstm: it begins as the gradient of the last cells
  size_t delta_stride;
  float* deltas;
};

// y = f(x) or dx = f' dy, elementwise over `rows` rows (in place allowed). Row activations work on `columns`
// of each row.
struct ActivationArgs {
  Activation activation;
  const float* x;    // forward: x; backward: dy
  const float* y;    // backward only
  const float* pre;  // backward only: the x of forward, where ActivationNeedsInput; else null
  float* out;
  size_t rows, columns, stride;
};

// Inverted dropout: out = x * keep / (1 - rate); the mask is Philox4x32-10(key; counter = element), so the
// same call gives the same mask backward and on any thread. Elements are numbered first + row * columns +
// column.
struct DropoutArgs {
  const float* x;
  float* out;
  size_t rows, columns, stride;
  float rate;
  uint64_t key;
  uint64_t stream;
  uint64_t first;
};

// What a query does that may attend to no key: it attends to all as if all scores were 1e9 lower, or to all
// alike whatever their scores, or to none.
enum class NoKeys : int32_t { kLower, kAlike, kNone };

// Weights of attention: of row i, y_j = softmax of scale * x_j over the keys j that query i may attend to, 0
// for others. Backward: dx_j = scale * y_j (dy_j - sum_k dy_k y_k), 0 for all where a query attends to all
// alike.
struct AttentionWeightsArgs {
  size_t rows, columns, stride;
  float scale;
  const uint8_t* queries;  // row i may attend where queries[i * query_stride] is not 0; or null
  size_t query_stride;
  const float*
      keys;  // of row i at keys + i * key_stride: 0 where a key counts, else -infinity; padded; or null
  size_t key_stride;
  bool causal;  // row i may attend to columns 0..i
  NoKeys no_keys;
  float* weights;   // forward: x, becomes y with zeros behind; backward: y
  float* gradient;  // backward: dy with zeros behind, becomes dx
};

// scores[i, j] = sum over c of weights[c] t, t = tanh(scale (query[i, c] + key[j, c])). All rows have zeros
// up to PaddedColumns. Backward, with d = scores[i, j] the gradient of it and u = d weights[c] (1 - t^2):
// dquery[i, c] = sum over j of scale u, dkey[j, c] (+)= sum over i of scale u, dweights[c] = sum of d t,
// dscale[c] = sum of u (query[i, c] + key[j, c]).
struct AdditiveScoresArgs {
  const float* query;
  size_t query_stride, rows;
  const float* key;
  size_t key_stride, columns;
  size_t features;
  float scale;
  const float* weights;
  float* scores;  // forward: written, with zeros behind; backward: read
  size_t stride;
  float* dquery;
  size_t dquery_stride;
  bool accumulate;  // dkey
  float* dkey;
  size_t dkey_stride;
  float* dweights;
  float* dscale;
};

enum class OptimizerKind : int32_t { kSgd, kRmsprop, kAdam, kNadam, kAdamax, kAdagrad, kAdadelta, kLion };

// One step on rows [begin, end) of a weight [rows, columns] (no padding). The gradient of row i is
// gradient[slot ? slot[i] : i] times gradient_scale, 0 where slot[i] < 0; the penalties' gradients are added.
// Then it is clipped: multiplied by clip_scale, and kept within clip_value of 0 unless that is 0; and the
// weight gives away its part `decay`. Scalars are made in double once per step (optimizers/).
struct UpdateArgs {
  OptimizerKind kind;
  float* weight;
  float* slots[3];
  const float* gradient;
  size_t gradient_stride;
  const int32_t* slot;
  size_t begin, end, columns;
  float l1, l2;
  const float* penalty_gradient;  // of other penalties, [rows, columns] without padding, or null
  float gradient_scale, clip_scale, clip_value, decay;
  float rate;  // Adam, Adamax: with the bias corrections in it
  float momentum, rho, beta1, beta2, epsilon;
  float momentum_factor, gradient_factor, velocity_factor;  // Nadam: a, b, c
  bool nesterov, centered, amsgrad;
};

enum class ConstraintKind : int32_t { kNone, kMaxNorm, kNonNeg, kUnitNorm, kMinMaxNorm };

// A constraint on the lines [begin, end) of a weight that lies as [outer, length, inner]: line o * inner + i
// is all of [o, :, i], and norms are of lines (keras/src/constraints/constraints.py).
struct ConstrainArgs {
  ConstraintKind kind;
  float min_value, max_value, rate;
  float* weight;
  size_t length, inner;
  size_t begin, end;
};

// The unit vectors of a weight [rows, columns], laid side by side for `orthogonal`: vector i is row i, or
// column i unless `by_rows`. scales[i] = 1 / |w_i|, at most 1e7 (Keras' epsilon).
struct UnitVectorsArgs {
  const float* weight;
  size_t rows, columns;
  bool by_rows;
  size_t begin, end;  // vectors
  float* units;       // [vectors, stride], zeros behind
  size_t stride;
  float* scales;
};

// For the unit vectors i in [begin, end) of all `count`: returns the sum of |u_i . u_j| over j != i, and
// where `gradient` is not null writes factor * (the derivative of that sum by w_i) into the weight's layout.
struct OrthogonalArgs {
  const float* units;
  size_t stride;
  const float* scales;
  size_t count, length;
  size_t begin, end;
  bool by_rows;
  float factor;
  float* work;  // [stride]
  float* gradient;
};

struct KernelTable {
  const char* isa;
  size_t lanes;
  size_t tile_rows;  // rows of the register block
  size_t walk_rows;  // rows per block of a walk whose weights are small
  // Columns [begin, end) of the padded ones, or of those of each gate: multiples of 32, or the last.
  void (*pack)(const PackArgs&, size_t begin, size_t end);
  void (*gemm)(const GemmArgs&);
  void (*outer)(const OuterArgs&);
  void (*column_sum)(const ColumnSumArgs&);
  void (*group_sum)(const GroupSumArgs&);
  void (*walk_forward)(const WalkArgs&);
  void (*walk_backward)(const WalkArgs&);
  void (*activate)(const ActivationArgs&);
  void (*activation_gradient)(const ActivationArgs&);
  void (*dropout)(const DropoutArgs&);
  void (*attention_weights)(const AttentionWeightsArgs&);
  void (*attention_weights_gradient)(const AttentionWeightsArgs&);
  void (*additive_scores)(const AdditiveScoresArgs&);
  void (*additive_scores_gradient)(const AdditiveScoresArgs&);
  void (*update)(const UpdateArgs&);
  // Of the same rows, before clipping: the sum of the squares of the gradient, and sums += the gradient (both
  // without slots and rule).
  double (*gradient_squares)(const UpdateArgs&);
  void (*accumulate)(const UpdateArgs&, float* sums);
  // average = momentum * average + (1 - momentum) * weight
  void (*average_weights)(const float* weight, float* average, size_t n, float momentum);
  double (*penalty)(const float* weight, size_t n, float l1, float l2);
  void (*unit_vectors)(const UnitVectorsArgs&);
  double (*orthogonal)(const OrthogonalArgs&);
  void (*constrain)(const ConstrainArgs&);
  void (*add)(float* out, const float* x, size_t n);
  // `iterations` rounds of independent multiply-adds, nothing else: returns the number of FLOP done. For
  // bench/.
  double (*peak)(size_t iterations, float* sink);
};

}  // namespace ostinato

#endif  // OSTINATO_KERNELS_KERNEL_LIST_H_
