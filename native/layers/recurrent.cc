// SPDX-License-Identifier: MIT
#include "layers/recurrent.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "layers/pack.h"
#include "threading/ordered_work.h"

namespace ostinato {
namespace {

constexpr size_t kKernel = 0, kRecurrent = 1, kBias = 2;
// Rows of a product per task: small enough to balance, large enough that a panel of the weights is read for
// many rows. A few rows (one sequence of a server) are dealt evenly, or one thread would have them all.
constexpr size_t kProductRows = 128, kFewRows = 512, kFewProductRows = 32;
size_t ProductRows(size_t rows) {
  if (rows > kFewRows || rows == 0) return kProductRows;
  const size_t tasks = (rows + kFewProductRows - 1) / kFewProductRows;
  return (rows + tasks - 1) / tasks;
}
// Recurrent kernels of this many floats (192 KB) are read from L2 in every step; two threads read half each.
constexpr size_t kTeamFloats = size_t{3} << 14;
// Units of a part are whole panels; more parts than this spend their time waiting for each other.
constexpr size_t kTeamUnits = 32, kTeamMost = 4;
// Floats of a task that copies weights.
constexpr size_t kSpreadFloats = size_t{1} << 16;
// Rows of deltas that are summed per token and multiplied while L2 holds them.
constexpr size_t kPartRows = 128;
constexpr size_t kGateOrder[] = {0, 1, 2, 3};
// State masks come from another stream than input masks of the same step.
constexpr uint64_t kStateStream = uint64_t{1} << 63;

}  // namespace

Recurrent::Recurrent(const RecurrentConfig& config, const CellShape& cell, bool reset_before, Arena* arena)
    : Layer(arena),
      config_(config),
      cell_(cell),
      reset_before_(reset_before),
      padded_(PaddedColumns(config.units)),
      stride_(PaddedStride(config.units)),
      back_rows_(cell.gates == 1 ? config.units : (cell.gates - reset_before) * padded_),
      input_stride_(PaddedStride(cell.gates * padded_)),
      delta_stride_(PaddedStride(cell.kept * padded_)),
      masked_stride_(PaddedStride(cell.gates * padded_)),
      output_layout_(arena),
      spread_kernel_(arena),
      spread_recurrent_(arena),
      spread_bias_(arena),
      recurrent_bias_(arena),
      packed_kernel_(arena),
      packed_kernel_back_(arena),
      packed_recurrent_(arena),
      packed_recurrent_back_(arena),
      packed_candidate_(arena),
      packed_candidate_back_(arena),
      packed_gate_(arena),
      projected_(arena),
      states_(arena),
      cells_(arena),
      gates_(arena),
      reset_states_(arena),
      carry_(arena),
      joins_(arena),
      trunk_outputs_(arena),
      trunk_cells_(arena),
      token_sums_(arena),
      input_gradient_(arena),
      gate_gradient_(arena),
      input_masks_(arena),
      state_masks_(arena),
      ones_(arena),
      masked_x_(arena),
      masked_h_(arena),
      ordered_gradient_(arena),
      last_index_(arena),
      output_index_(arena),
      kernel_sum_(arena),
      recurrent_sum_(arena),
      bias_sum_(arena),
      carried_(arena, state_size()) {
  const size_t columns = cell.gates * config.units;
  parameters_.emplace_back(arena, std::vector<size_t>{config.features, columns}, config.trainable,
                           config.weights[kKernel]);
  parameters_.emplace_back(arena, std::vector<size_t>{config.units, columns}, config.trainable,
                           config.weights[kRecurrent]);
  if (config.use_bias)
    parameters_.emplace_back(arena,
                             two_biases() ? std::vector<size_t>{2, columns} : std::vector<size_t>{columns},
                             config.trainable, config.weights[kBias]);
  for (size_t i = 0; i < cell.gates; ++i) {
    recurrent_gradients_.emplace_back(arena);
    trunk_gradients_.emplace_back(arena);
    kernel_gradients_.emplace_back(arena);
  }
}

bool Recurrent::SharesPadding(bool training) const {
  const bool same_for_all_rows =
      !config_.stateful && (!training || (config_.dropout == 0.0f && config_.recurrent_dropout == 0.0f));
  return same_for_all_rows && !config_.go_backwards;
}

// A weight of Keras' layout with every gate padded to whole vectors, gates in `order`; the weight itself
// where that is the same.
const float* Recurrent::Spread(const Parameter& from, size_t rows, const size_t* order, WorkerPool* pool,
                               Buffer<float>* to) const {
  const size_t units = config_.units, gates = cell_.gates;
  if (units == padded_ && std::equal(order, order + gates, kGateOrder)) return from.value.data();
  if (to->Resize(rows * gates * padded_) == false) to->Zero();
  const auto spread = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      for (size_t g = 0; g < gates; ++g)
        std::memcpy(to->data() + (i * gates + g) * padded_,
                    from.value.data() + (i * gates + order[g]) * units, units * sizeof(float));
  };
  if (pool) {
    ForChunks(*pool, 0, rows, std::max<size_t>(1, kSpreadFloats / (gates * padded_)), spread);
  } else {
    spread(0, rows);
  }
  return to->data();
}

// On the threads of `pool`, or where that is null on this one.
void Recurrent::PackWeights(const KernelTable& kernels, WorkerPool* pool) {
  if (packed_weights_) return;
  const size_t features = config_.features, units = config_.units, columns = cell_.gates * padded_;
  packed_kernel_.Resize(features * columns);
  packed_kernel_back_.Resize(columns * PaddedColumns(features));
  packed_recurrent_.Resize(units * columns);
  packed_recurrent_back_.Resize(columns * padded_);
  spread_bias_.Resize(columns);
  spread_bias_.Zero();
  recurrent_bias_.Resize(padded_);
  recurrent_bias_.Zero();
  if (reset_before_) {
    packed_candidate_.Resize(units * padded_);
    packed_candidate_back_.Resize(padded_ * padded_);
  }
  const float* kernel = Spread(parameters_[kKernel], features, kGateOrder, pool, &spread_kernel_);
  const float* recurrent =
      Spread(parameters_[kRecurrent], units, cell_.recurrent_order, pool, &spread_recurrent_);
  // Where the candidate is computed after the other gates, its block (the first) is a product of its own.
  const size_t first = reset_before_ ? padded_ : 0, width = columns - first;
  const size_t side_by_side = cell_.kind == CellKind::kSimpleRnn ? 0 : width / padded_;
  const PackArgs packs[] = {
      {kernel, columns, features, columns, false, packed_kernel_.data(), 0},
      {recurrent + first, columns, units, width, false, packed_recurrent_.data(), side_by_side},
      {recurrent + first, columns, back_rows_, units, true, packed_recurrent_back_.data(), 0},
      {kernel, columns, columns, features, true, packed_kernel_back_.data(), 0},
      {recurrent, columns, units, padded_, false, packed_candidate_.data(), 1},
      {recurrent, columns, padded_, units, true, packed_candidate_back_.data(), 0},
  };
  Pack(kernels, pool, packs, reset_before_ ? 6 : 4);
  if (config_.use_bias) PackBias();
  packed_weights_ = true;
}

// What is added before a gate's activation is added with the inputs; only the recurrent bias of a GRU's
// candidate is scaled by its reset gate.
void Recurrent::PackBias() {
  const size_t units = config_.units, gates = cell_.gates;
  const float* bias = parameters_[kBias].value.data();
  for (size_t g = 0; g < gates; ++g)
    std::memcpy(spread_bias_.data() + g * padded_, bias + g * units, units * sizeof(float));
  if (!two_biases()) return;
  const float* recurrent = bias + gates * units;
  for (size_t g = 0; g + 1 < gates; ++g)
    for (size_t u = 0; u < units; ++u) spread_bias_[g * padded_ + u] += recurrent[g * units + u];
  std::memcpy(recurrent_bias_.data(), recurrent + (gates - 1) * units, units * sizeof(float));
}

// What every walk of this layer has, whatever its rows.
WalkArgs Recurrent::WalkOf(bool backward) const {
  WalkArgs args = {};
  args.cell = cell_.kind;
  args.reverse = config_.go_backwards;
  args.reset_before = reset_before_;
  args.units = config_.units;
  args.padded = args.unit_end = padded_;
  args.activation = config_.activation;
  args.recurrent_activation = config_.recurrent_activation;
  args.packed = backward ? packed_recurrent_back_.data() : packed_recurrent_.data();
  args.packed_candidate = backward ? packed_candidate_back_.data() : packed_candidate_.data();
  args.recurrent_bias = two_biases() ? recurrent_bias_.data() : nullptr;
  args.state_stride = stride_;
  args.gate_stride = args.delta_stride = delta_stride_;
  args.input_stride = input_stride_;
  return args;
}

WalkArgs Recurrent::RowWalk(bool backward) {
  const BatchLayout& layout = *input_.layout;
  const size_t base = layout.base();
  WalkArgs args = WalkOf(backward);
  args.steps = args.t_end = layout.steps();
  args.active = layout.active();
  args.offsets = layout.offsets();
  args.block_rows = layout.block_rows();
  args.states = states_.data() + base * stride_;
  if (has_cell()) args.cells = cells_.data() + base * stride_;
  if (keeps_gates_) args.gates = gates_.data() + base * delta_stride_;
  if (reset_before_) args.reset_states = reset_states_.data() + base * stride_;
  if (masked_states_) {
    args.masked_stride = masked_stride_;
    args.masks = state_masks_.data();
    args.masked = masked_h_.data() + base * masked_stride_;
  }
  args.input_stride = projected_stride();
  if (by_token_) {
    args.inputs = projected();
    args.input_index = input_.distinct->slot + base;
  } else {
    args.inputs = projected() + base * args.input_stride;
  }
  if (backward) {
    args.carry = carry_.data();
    args.deltas = delta_rows() + base * delta_stride_;
  }
  return args;
}

// The trunk is a batch of one row that is active from the first step to the last.
WalkArgs Recurrent::TrunkWalk(bool backward) {
  static const int32_t kOneBlock = 0;
  const BatchLayout& layout = *input_.layout;
  WalkArgs args = RowWalk(backward);
  args.steps = args.t_end = layout.trunk();
  args.active = layout.trunk_active();
  args.offsets = layout.trunk_offsets();
  args.blocks = &kOneBlock;
  args.block_count = args.block_rows = 1;
  args.states = states_.data();
  args.cells = cells_.data();
  if (keeps_gates_) args.gates = gates_.data();
  args.reset_states = reset_states_.data();
  args.inputs = projected();
  args.input_index = by_token_ ? input_.distinct->slot : nullptr;
  if (backward) {
    args.carry = carry_.data() + layout.rows() * stride_;
    args.deltas = delta_rows();
  }
  return args;
}

// Calls walk(set, args) for every set of blocks: over all of time at once, or (a switch for tests) with a
// barrier at every step.
template <class Walk>
void Recurrent::ForWalk(BatchContext& batch, bool backward, Walk&& walk) {
  const BatchLayout& layout = *input_.layout;
  const size_t steps = layout.steps(), sets = layout.set_count();
  const auto run = [&](size_t set, size_t t_begin, size_t t_end) {
    WalkArgs args = RowWalk(backward);
    args.t_begin = t_begin;
    args.t_end = t_end;
    args.blocks = layout.blocks() + layout.set_starts()[set];
    args.block_count = static_cast<size_t>(layout.set_starts()[set + 1] - layout.set_starts()[set]);
    walk(set, args);
  };
  if (batch.shortcuts.fused_walk) {
    batch.pool.For(sets, [&](size_t set) { run(set, 0, steps); });
    return;
  }
  const bool descending = backward != config_.go_backwards;
  for (size_t i = 0; i < steps; ++i) {
    const size_t t = descending ? steps - 1 - i : i;
    batch.pool.For(sets, [&](size_t set) { run(set, t, t + 1); });
  }
}

// Everything but the arithmetic: what this batch is, weights as the walk wants them, and room.
void Recurrent::Prepare(const Tensor& input, BatchContext& batch) {
  const BatchLayout& layout = *input.layout;
  if (config_.stateful && carried_.rows != 0 && carried_.rows != layout.rows())
    throw Error(ErrorCode::kShape, "ostinato: expected batches of " + std::to_string(carried_.rows) +
                                       " rows for a stateful layer, received " +
                                       std::to_string(layout.rows()) +
                                       ". Choose a batchSize that divides the data, or call resetStates().");
  input_ = input;
  masked_inputs_ = batch.training && config_.dropout > 0.0f;
  masked_states_ = batch.training && config_.recurrent_dropout > 0.0f;
  by_token_ = input.distinct && batch.shortcuts.token_projection && !masked_inputs_;
  keeps_gates_ = cell_.kind == CellKind::kSimpleRnn
                     ? batch.training && ActivationNeedsInput(config_.activation)
                     : batch.training || reset_before_;
  PackWeights(batch.kernels, &batch.pool);
  if (by_token_) projected_.Resize(input.distinct->count * input_stride_);
  states_.Resize(layout.state_count() * stride_);
  if (has_cell()) cells_.Resize(layout.state_count() * stride_);
  if (keeps_gates_ || !by_token_) gates_.Resize(layout.step_count() * delta_stride_);
  if (reset_before_) reset_states_.Resize(layout.step_count() * stride_);
  layout.DealBlocks(batch.pool.threads());
  if (config_.stateful) carried_.MakeRoom(layout.rows());
  if (masked_states_) DrawStateMasks(batch);
}

GemmArgs Recurrent::Projection() {
  return {input_.data,
          by_token_ ? input_.distinct->tokens : input_.index,
          input_.stride,
          packed_kernel_.data(),
          config_.features,
          cell_.gates * padded_,
          spread_bias_.data(),
          false,
          projected(),
          projected_stride(),
          0,
          0};
}

// Inputs are projected per token, or per position to where gates are kept.
size_t Recurrent::ForwardFloats(size_t steps, size_t) const {
  const size_t kept = reset_before_ ? delta_stride_ + stride_ : 0;
  return (steps + 1) *
         (std::max(input_stride_, delta_stride_) + kept + stride_ * (has_cell() ? 2 : 1) + kLayoutFloats + 1);
}

Tensor Recurrent::Forward(const Tensor& input, BatchContext& batch) {
  Prepare(input, batch);
  const BatchLayout& layout = *input.layout;
  if (masked_inputs_) {
    ProjectMasked(batch);
    ForwardTrunk({}, batch);
    batch.next_batch.Run();
  } else {
    // The trunk is one chain of dependent steps, so it starts first, with its own inputs; the rest is
    // projected beside it.
    const size_t rows = by_token_ ? input.distinct->count : layout.step_count();
    const size_t lead = layout.trunk() == 0 ? 0 : by_token_ ? 1 : layout.trunk();
    const size_t each = ProductRows(rows - lead), chunks = (rows - lead + each - 1) / each;
    batch.pool.For(2 + chunks, [&](size_t task) {
      GemmArgs args = Projection();
      if (task == 0) {
        args.end = lead;
        ForwardTrunk(args, batch);
      } else if (task == 1) {
        // In training the backward pass has a longer region for it.
        if (!batch.training) batch.next_batch.Run();
      } else {
        args.begin = lead + (task - 2) * each;
        args.end = std::min(args.begin + each, rows);
        batch.kernels.gemm(args);
      }
    });
  }
  if (WalksAsTeam(batch)) {
    WalkAsTeam(batch);
  } else {
    ForWalk(batch, false, [&](size_t set, const WalkArgs& args) {
      if (config_.go_backwards ? args.t_end == args.steps : args.t_begin == 0) JoinTrunk(set, batch);
      batch.kernels.walk_forward(args);
    });
  }
  return Output();
}

// A few rows and weights that one core's cache does not hold: every thread walks a part of the units.
bool Recurrent::WalksAsTeam(const BatchContext& batch) const {
  return batch.shortcuts.fused_walk && batch.pool.threads() > 1 && input_.layout->set_count() == 1 &&
         !reset_before_ && walk_floats() >= kTeamFloats;
}

void Recurrent::WalkAsTeam(BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  JoinTrunk(0, batch);
  WalkArgs whole = RowWalk(false);
  whole.blocks = layout.blocks();
  whole.block_count = layout.block_count();
  const size_t panels = (padded_ + kTeamUnits - 1) / kTeamUnits;
  const size_t parts = std::min({batch.pool.threads(), panels, kTeamMost});
  ForTeam(batch.pool, layout.steps(), parts, [&](size_t step, size_t part) {
    WalkArgs args = whole;
    args.t_begin = config_.go_backwards ? layout.steps() - 1 - step : step;
    args.t_end = args.t_begin + 1;
    args.unit_begin = panels * part / parts * kTeamUnits;
    args.unit_end = std::min(padded_, panels * (part + 1) / parts * kTeamUnits);
    batch.kernels.walk_forward(args);
  });
}

// Projected inputs, states and cells before and after the step, and what a GRU with reset_before needs.
size_t Recurrent::step_floats(size_t) const {
  const size_t kept = reset_before_ ? delta_stride_ + stride_ : 0;
  return input_stride_ + (has_cell() ? 4 : 2) * stride_ + kept;
}

// A walk of one step: states are gathered before it and put back after it. A masked row keeps its states, and
// its output is the state that it kept.
StreamRows Recurrent::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t rows = batch.rows;
  const int32_t active = static_cast<int32_t>(rows), offsets[] = {0, active}, first_block = 0;
  float* projected = batch.work;
  float* states = projected + rows * input_stride_;
  float* cells = states + 2 * rows * stride_;
  float* rest = has_cell() ? cells + 2 * rows * stride_ : cells;
  // Calls body(the row's state or cell in the walk before the step, that of its stream).
  const auto for_states = [&](auto&& body) {
    for (size_t r = 0; r < rows; ++r) {
      float* kept = batch.states + static_cast<size_t>(batch.places[r]) * batch.state_stride;
      body(r, states + r * stride_, kept);
      if (has_cell()) body(r, cells + r * stride_, kept + padded_);
    }
  };
  for_states([&](size_t, float* now, float* kept) { std::memcpy(now, kept, padded_ * sizeof(float)); });
  batch.kernels.gemm({input.data, input.index, input.stride, packed_kernel_.data(), config_.features,
                      cell_.gates * padded_, spread_bias_.data(), false, projected, input_stride_, 0, rows});
  WalkArgs args = WalkOf(false);
  args.steps = args.t_end = 1;
  args.active = &active;
  args.offsets = offsets;
  args.blocks = &first_block;
  args.block_count = 1;
  args.block_rows = rows;
  args.states = states;
  if (has_cell()) args.cells = cells;
  if (reset_before_) {
    args.gates = rest;
    args.reset_states = rest + rows * delta_stride_;
  }
  args.inputs = projected;
  batch.kernels.walk_forward(args);
  const size_t after = rows * stride_;
  for_states([&](size_t r, float* now, float* kept) {
    if (!batch.masked[r]) {
      std::memcpy(kept, now + after, padded_ * sizeof(float));
    } else if (config_.zero_output && config_.return_sequences) {
      std::memset(now + after, 0, padded_ * sizeof(float));
    } else {
      std::memcpy(now + after, now, padded_ * sizeof(float));
    }
  });
  return {states + after, nullptr, stride_, config_.units};
}

bool Recurrent::Overlaps(const Tensor& input, const BatchContext& batch) const {
  const bool drops = batch.training && (config_.dropout > 0.0f || config_.recurrent_dropout > 0.0f);
  return !config_.go_backwards && !drops && input.space == Space::kSteps &&
         input.layout->block_count() == 1 && walk_floats() < kTeamFloats;
}

Tensor Recurrent::Begin(const Tensor& input, BatchContext& batch) {
  Prepare(input, batch);
  GemmArgs args = Projection();
  args.end = by_token_ ? input.distinct->count : input.layout->base();
  ForwardTrunk(args, batch);
  if (input.layout->trunk() == 0) batch.kernels.gemm(args);
  JoinTrunk(0, batch);
  return Output();
}

void Recurrent::Advance(size_t t_begin, size_t t_end, BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  if (!by_token_) {
    GemmArgs args = Projection();
    args.begin = layout.base() + static_cast<size_t>(layout.offsets()[t_begin]);
    args.end = layout.base() + static_cast<size_t>(layout.offsets()[t_end]);
    batch.kernels.gemm(args);
  }
  WalkArgs args = RowWalk(false);
  args.blocks = layout.blocks();
  args.block_count = layout.block_count();
  args.t_begin = t_begin;
  args.t_end = t_end;
  batch.kernels.walk_forward(args);
}

void Recurrent::Commit() {
  if (!config_.stateful) return;
  carried_.SetRows(input_.layout->rows());
  ReadStates(carried_.values.data(), state_size());
}

void Recurrent::ForwardTrunk(const GemmArgs& projection, BatchContext& batch) {
  std::memset(states_.data(), 0, stride_ * sizeof(float));
  if (has_cell()) std::memset(cells_.data(), 0, stride_ * sizeof(float));
  if (input_.layout->trunk() == 0) return;
  batch.kernels.gemm(projection);
  batch.kernels.walk_forward(TrunkWalk(false));
}

// Each row begins in the state that the trunk (or the given initial state) has at its start.
void Recurrent::JoinTrunk(size_t set, BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  const size_t units = config_.units, size = state_size();
  for (int32_t b = layout.set_starts()[set]; b < layout.set_starts()[set + 1]; ++b) {
    const size_t begin = static_cast<size_t>(layout.blocks()[b]) * layout.block_rows();
    for (size_t r = begin; r < begin + layout.block_rows() && r < layout.rows(); ++r) {
      const size_t first_step = config_.go_backwards ? layout.steps() : layout.start(r);
      const size_t to = layout.base() + static_cast<size_t>(layout.offsets()[first_step]) + r;
      const float* given = nullptr;
      if (batch.initial_state) {
        given = batch.initial_state + static_cast<size_t>(layout.samples()[r]) * batch.initial_stride;
      } else if (config_.stateful && carried_.rows > 0) {
        given = carried_.values.data() + static_cast<size_t>(layout.order()[r]) * size;
      }
      const auto begin_in = [&](Buffer<float>& states, const float* first) {
        float* state = states.data() + to * stride_;
        if (!first) {
          std::memcpy(state, states.data() + layout.origin(r) * stride_, stride_ * sizeof(float));
          return;
        }
        std::memset(state, 0, stride_ * sizeof(float));
        std::memcpy(state, first, units * sizeof(float));
      };
      begin_in(states_, given);
      if (has_cell()) begin_in(cells_, given ? given + units : nullptr);
      if (!masked_states_) continue;
      for (size_t g = 0; g < cell_.gates; ++g)
        for (size_t u = 0; u < padded_; ++u)
          masked_h_[to * masked_stride_ + g * padded_ + u] =
              states_[to * stride_ + u] * state_masks_[r * masked_stride_ + g * padded_ + u];
    }
  }
}

// State position of the state of row r after step t, which counts.
size_t Recurrent::StateAfter(size_t r, size_t t) const {
  const BatchLayout& layout = *input_.layout;
  return layout.base() + static_cast<size_t>(layout.offsets()[config_.go_backwards ? t : t + 1]) + r;
}

// State position of the last state of row r.
size_t Recurrent::LastState(size_t r) const {
  const BatchLayout& layout = *input_.layout;
  const size_t t = config_.go_backwards ? layout.start(r) : layout.steps();
  return layout.base() + static_cast<size_t>(layout.offsets()[t]) + r;
}

void Recurrent::ReadStates(float* out, size_t stride) const {
  const BatchLayout& layout = *input_.layout;
  const size_t units = config_.units;
  for (size_t r = 0; r < layout.rows(); ++r) {
    float* row = out + static_cast<size_t>(layout.order()[r]) * stride;
    std::memcpy(row, states_.data() + LastState(r) * stride_, units * sizeof(float));
    if (has_cell()) std::memcpy(row + units, cells_.data() + LastState(r) * stride_, units * sizeof(float));
  }
}

Tensor Recurrent::Output() {
  const BatchLayout& layout = *input_.layout;
  Tensor output = RowsLike(input_, states_.data(), stride_, config_.units);
  if (!config_.return_sequences) {
    output.space = Space::kSamples;
    last_index_.Resize(layout.rows());
    for (size_t r = 0; r < layout.rows(); ++r) last_index_[r] = static_cast<int32_t>(LastState(r));
    output.index = last_index_.data();
    return output;
  }
  output.fill = config_.zero_output ? MaskFill::kUnused : MaskFill::kCarry;
  if (returns_unmasked() || reverses()) {
    if (returns_unmasked())
      ExpandOutputs();
    else
      ReverseOutputs();
    output.index = output_index_.data();
    if (layout.masked()) output.layout = &output_layout_;
  } else if (!config_.go_backwards) {
    output.index = layout.next();
  }
  return output;
}

// Outputs in the reverse order of the steps, in which a layer that goes backwards walks them. Their mask is
// reversed with them; in Keras it stays as it was (keras/src/layers/rnn/rnn.py, compute_mask), so that it
// hides outputs of steps that count.
void Recurrent::ReverseOutputs() {
  const BatchLayout& layout = *input_.layout;
  if (layout.masked()) output_layout_.BuildReversed(layout);
  output_index_.Resize(layout.step_count());
  output_index_[0] = 0;
  for (size_t r = 0; r < layout.rows(); ++r)
    for (size_t t = layout.start(r); t < layout.steps(); ++t)
      output_index_[layout.base() + static_cast<size_t>(layout.offsets()[t]) + r] =
          static_cast<int32_t>(StateAfter(r, layout.reversed_step(r, t)));
}

// Outputs of all steps, masked ones too: these hold the state before them in the order of the walk, which is
// at first the state that the row began in, or with `zero_output` zero.
void Recurrent::ExpandOutputs() {
  const BatchLayout& layout = *input_.layout;
  const size_t rows = layout.rows(), steps = layout.source_steps();
  const bool backwards = config_.go_backwards;
  output_layout_.BuildPlain(layout, steps);
  output_index_.Resize(1 + steps * rows);
  output_index_[0] = 0;
  for (size_t r = 0; r < rows; ++r) {
    // Of the steps that count, the next one to be walked is t, or t - 1 backwards.
    size_t t = backwards ? layout.steps() : layout.start(r);
    size_t position = layout.base() + static_cast<size_t>(layout.offsets()[t]) + r;
    for (size_t i = 0; i < steps; ++i) {
      const size_t source = backwards ? steps - 1 - i : i;
      const bool counts = backwards ? t > layout.start(r) && layout.source_step(r, t - 1) == source
                                    : t < layout.steps() && layout.source_step(r, t) == source;
      if (counts) position = StateAfter(r, backwards ? --t : t++);
      const size_t s = reverses() ? steps - 1 - source : source;
      output_index_[1 + s * rows + r] = counts || !config_.zero_output ? static_cast<int32_t>(position) : 0;
    }
  }
}

// The gradient of the outputs in the order of the steps.
const float* Recurrent::SequenceGradient(const Gradient& output, BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  if (!returns_unmasked() && !reverses()) return output.data;
  ordered_gradient_.Resize(layout.step_count() * stride_);
  ZeroAll(batch.pool, &ordered_gradient_);
  // The step that a state comes after; 0 for the state that a row began in and for the zero of a masked step,
  // which are outputs of none.
  std::vector<size_t> step_of(layout.state_count());
  for (size_t p = layout.base(); p < layout.step_count(); ++p)
    step_of[config_.go_backwards ? p : static_cast<size_t>(layout.next()[p])] = p;
  ForChunks(batch.pool, 0, layout.rows(), 16, [&](size_t begin, size_t end) {
    const auto add = [&](size_t p) {
      const size_t to = step_of[static_cast<size_t>(output_index_[p])];
      if (to > 0)
        batch.kernels.add(ordered_gradient_.data() + to * stride_, output.data + p * stride_, stride_);
    };
    for (size_t r = begin; r < end; ++r) {
      if (returns_unmasked()) {
        for (size_t s = 0; s < layout.source_steps(); ++s) add(1 + s * layout.rows() + r);
      } else {
        for (size_t t = layout.start(r); t < layout.steps(); ++t)
          add(layout.base() + static_cast<size_t>(layout.offsets()[t]) + r);
      }
    }
  });
  return ordered_gradient_.data();
}

Gradient Recurrent::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const BatchLayout& layout = *input_.layout;
  const size_t trunk = layout.trunk();
  gates_.Resize(layout.step_count() * delta_stride_);
  joins_.Resize(layout.rows() * stride_);
  trunk_outputs_.Resize(trunk * stride_);
  if (has_cell()) trunk_cells_.Resize(trunk * stride_);
  carry_.Resize((layout.rows() + 1) * stride_);
  std::memset(delta_rows() + trunk * delta_stride_, 0, delta_stride_ * sizeof(float));  // unused position
  const float* doutputs = config_.return_sequences ? SequenceGradient(output, batch) : nullptr;
  const float* dlast = config_.return_sequences ? nullptr : output.data;

  ForWalk(batch, true, [&](size_t, WalkArgs& args) {
    args.dlast = dlast;
    if (doutputs) args.doutputs = doutputs + layout.base() * stride_;
    batch.kernels.walk_backward(args);
    if (args.t_begin > 0 || trunk == 0) return;
    for (size_t b = 0; b < args.block_count; ++b) {
      const size_t begin = static_cast<size_t>(args.blocks[b]) * layout.block_rows();
      LeaveTrunk(begin, std::min(begin + layout.block_rows(), layout.rows()), dlast, batch);
    }
  });

  SumOverRows(doutputs, batch);
  return masked_inputs_ ? BackwardMasked(batch, needs_input) : BackwardInput(batch, needs_input);
}

// All that is summed over the rows' deltas: per token, and the recurrent kernel's gradient; beside it the
// trunk walks back.
void Recurrent::SumOverRows(const float* doutputs, BatchContext& batch) {
  PlanSums(batch);
  const size_t runs = chunk_runs_.size() - 1;
  // Gradients that follow the order of the tokens are run with their chunks and have no tasks of their own.
  const auto own_tasks = [&](size_t i) {
    return recurrent_gradients_[i].follows_order() ? 0 : recurrent_gradients_[i].tasks();
  };
  size_t tasks = 2 + runs;
  for (size_t i = 0; i < products_.size(); ++i) tasks += own_tasks(i);
  batch.pool.For(tasks, [&](size_t task) {
    if (task == 0) {
      if (input_.layout->trunk() > 0) BackwardTrunk(doutputs, batch);
      if (sums_tokens_) token_sums_.RunLead(batch.kernels);
      return;
    }
    if (task == 1) return batch.next_batch.Run();
    task -= 2;
    if (task < runs) return RunChunks(chunk_runs_[task], chunk_runs_[task + 1], batch);
    task -= runs;
    size_t i = 0;
    for (; task >= own_tasks(i); ++i) task -= own_tasks(i);
    recurrent_gradients_[i].Run(batch.kernels, task);
  });
  if (sums_tokens_) token_sums_.Reduce(batch.kernels);
}

void Recurrent::PlanSums(const BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  sums_tokens_ = input_.distinct && batch.shortcuts.reverse_projection && !masked_inputs_;
  size_t chunks = 0;
  if (sums_tokens_) {
    token_sums_.Plan(*input_.distinct, delta_rows() + cell_.input_deltas * padded_, delta_stride_,
                     cell_.gates * padded_, layout.base(), layout.step_count());
    chunks = token_sums_.chunks().count();
  }
  PlanRecurrent(sums_tokens_ ? token_sums_.positions() : nullptr);
  // Long runs first, for a thread asks ahead for rows of its own run alone (LSTM(32): 0.98 of a step), short
  // ones last, to end together.
  chunk_runs_.clear();
  for (size_t chunk = 0; chunk < chunks;) {
    chunk_runs_.push_back(chunk);
    chunk += std::max<size_t>(1, (chunks - chunk) / (2 * batch.pool.threads()));
  }
  chunk_runs_.push_back(chunks);
}

// Chunks [from, to) of the rows in the order of their tokens, each part read once for all of its sums.
void Recurrent::RunChunks(size_t from, size_t to, const BatchContext& batch) {
  const GradientChunks& chunks = token_sums_.chunks();
  for (size_t chunk = from; chunk < to; ++chunk) {
    for (size_t begin = chunks.first(chunk); begin < chunks.last(chunk); begin += kPartRows) {
      const size_t end = std::min(begin + kPartRows, chunks.last(chunk));
      token_sums_.RunPart(batch.kernels, chunk, begin, end);
      for (size_t i = 0; i < products_.size(); ++i)
        if (recurrent_gradients_[i].follows_order())
          recurrent_gradients_[i].RunPart(batch.kernels, chunk, begin, end, chunks.last(to - 1));
    }
  }
}

// joins[r] = gradient of the state in which row r leaves the trunk, rows [begin, end) of one block; of its
// cell in carry[r].
void Recurrent::LeaveTrunk(size_t begin, size_t end, const float* dlast, BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  // Rows that are padding to the end walk no step of their own: their gradient goes to the trunk as it is.
  size_t walking = begin;
  while (walking < end && layout.start(walking) < layout.steps()) ++walking;
  const size_t first = reset_before_ ? padded_ : 0;
  batch.kernels.gemm({delta_rows() + layout.base() * delta_stride_ + first, layout.first_steps(),
                      delta_stride_, packed_recurrent_back_.data(), back_rows_, config_.units, nullptr, false,
                      joins_.data(), stride_, begin, walking});
  for (size_t r = begin; r < end; ++r) {
    float* join = joins_.data() + r * stride_;
    float* carry = carry_.data() + r * stride_;
    if (r < walking) {
      if (cell_.kind == CellKind::kGru) batch.kernels.add(join, carry, stride_);
      continue;
    }
    if (dlast) {
      std::memcpy(join, dlast + r * stride_, stride_ * sizeof(float));
    } else {
      std::memset(join, 0, stride_ * sizeof(float));
    }
    std::memset(carry, 0, stride_ * sizeof(float));
  }
}

// By linearity the gradients of all rows that leave after a step are summed there, and one row walks back.
// Then its part of the recurrent kernel's gradient.
void Recurrent::BackwardTrunk(const float* doutputs, BatchContext& batch) {
  const BatchLayout& layout = *input_.layout;
  if (doutputs) {
    std::memcpy(trunk_outputs_.data(), doutputs, layout.trunk() * stride_ * sizeof(float));
  } else {
    trunk_outputs_.Zero();
  }
  if (has_cell()) trunk_cells_.Zero();
  for (size_t r = 0; r < layout.rows(); ++r) {
    if (layout.start(r) == 0) continue;
    const size_t at = (layout.start(r) - 1) * stride_;
    batch.kernels.add(trunk_outputs_.data() + at, joins_.data() + r * stride_, stride_);
    if (has_cell()) batch.kernels.add(trunk_cells_.data() + at, carry_.data() + r * stride_, stride_);
  }
  WalkArgs args = TrunkWalk(true);
  args.doutputs = trunk_outputs_.data();
  if (has_cell()) args.dcells = trunk_cells_.data();
  batch.kernels.walk_backward(args);
  for (size_t i = 0; i < products_.size(); ++i) {
    WeightGradient& gradient = trunk_gradients_[i];
    for (size_t task = 0; task < gradient.tasks(); ++task) gradient.Run(batch.kernels, task);
    gradient.Reduce(batch.kernels);
  }
}

// The recurrent kernel's gradient: equal positions of states and deltas, one product over the rows, another
// over the trunk when that is walked back. With dropout every gate has states of its own, and a candidate
// that is computed from the reset state has that.
void Recurrent::PlanRecurrent(const int32_t* order) {
  const BatchLayout& layout = *input_.layout;
  const int32_t* before = config_.go_backwards ? layout.next() : nullptr;
  products_.clear();
  if (masked_states_) {
    for (size_t g = 0; g < cell_.gates; ++g)
      products_.push_back({masked_h_.data() + g * padded_, before, masked_stride_, g, 1, g});
  } else {
    products_.push_back({states_.data(), before, stride_, 0, cell_.gates, 0});
  }
  if (reset_before_) {
    const Product candidate = {reset_states_.data(), nullptr, stride_, cell_.kept - 1, 1, 0};
    if (masked_states_) {
      products_[0] = candidate;
    } else {
      products_[0] = {states_.data(), before, stride_, 1, cell_.gates - 1, 1};
      products_.push_back(candidate);
    }
  }
  if (!recurrent_in_place()) recurrent_sum_.Resize(config_.units * cell_.gates * config_.units);
  if (two_biases()) bias_sum_.Resize(2 * cell_.gates * config_.units);
  for (size_t i = 0; i < products_.size(); ++i) {
    const Product& p = products_[i];
    const float* deltas = delta_rows() + p.first_delta * padded_;
    const size_t columns = p.gates * padded_;
    recurrent_gradients_[i].Plan(p.a, p.index, p.lda, config_.units, deltas, delta_stride_, columns,
                                 layout.base(), layout.step_count(), two_biases(), order);
    trunk_gradients_[i].Plan(p.a, p.index, p.lda, config_.units, deltas, delta_stride_, columns, 0,
                             layout.trunk(), two_biases());
  }
}

// Whether the sums lie as Keras lays out the recurrent kernel.
bool Recurrent::recurrent_in_place() const {
  return products_.size() == 1 && config_.units == padded_ &&
         std::equal(cell_.recurrent_order, cell_.recurrent_order + cell_.gates, kGateOrder);
}

// The rows' part and the trunk's part of the gradients of the recurrent kernel and its bias, in Keras' order.
void Recurrent::ReduceRecurrent(BatchContext& batch) {
  const size_t units = config_.units, gates = cell_.gates;
  Parameter& parameter = parameters_[kRecurrent];
  const bool in_place = recurrent_in_place();
  for (size_t i = 0; i < products_.size(); ++i) {
    WeightGradient& gradient = recurrent_gradients_[i];
    const size_t stride = gradient.stride();
    gradient.Reduce(batch.kernels);
    if (input_.layout->trunk() > 0) {
      batch.kernels.add(gradient.mutable_sum(), trunk_gradients_[i].sum(), units * stride);
      if (two_biases())
        batch.kernels.add(gradient.mutable_bias_sum(), trunk_gradients_[i].bias_sum(), stride);
    }
    const Product& p = products_[i];
    for (size_t g = 0; g < p.gates; ++g) {
      const size_t to = cell_.recurrent_order[p.first_gate + g] * units;
      if (!in_place)
        for (size_t k = 0; k < units && WorkerPool::Yield(); ++k)
          std::memcpy(recurrent_sum_.data() + k * gates * units + to,
                      gradient.sum() + k * stride + g * padded_, units * sizeof(float));
      if (two_biases())
        std::memcpy(bias_sum_.data() + gates * units + to, gradient.bias_sum() + g * padded_,
                    units * sizeof(float));
    }
  }
  parameter.gradient = in_place ? recurrent_gradients_[0].sum() : recurrent_sum_.data();
  parameter.gradient_stride = in_place ? recurrent_gradients_[0].stride() : gates * units;
}

// The gradients of kernel and bias: gradient i holds gates [i * n, (i + 1) * n) of the inputs.
void Recurrent::ReduceKernel(size_t count, BatchContext& batch) {
  const size_t units = config_.units, gates = cell_.gates, each = gates / count;
  Parameter& parameter = parameters_[kKernel];
  const bool in_place = count == 1 && units == padded_;
  if (!in_place) kernel_sum_.Resize(config_.features * gates * units);
  if (config_.use_bias && !two_biases()) bias_sum_.Resize(gates * units);
  for (size_t i = 0; i < count; ++i) {
    WeightGradient& gradient = kernel_gradients_[i];
    gradient.Reduce(batch.kernels);
    for (size_t g = 0; g < each; ++g) {
      const size_t to = (i * each + g) * units;
      if (!in_place)
        for (size_t k = 0; k < config_.features && WorkerPool::Yield(); ++k)
          std::memcpy(kernel_sum_.data() + k * gates * units + to,
                      gradient.sum() + k * gradient.stride() + g * padded_, units * sizeof(float));
      if (config_.use_bias)
        std::memcpy(bias_sum_.data() + to, gradient.bias_sum() + g * padded_, units * sizeof(float));
    }
  }
  parameter.gradient = in_place ? kernel_gradients_[0].sum() : kernel_sum_.data();
  parameter.gradient_stride = in_place ? kernel_gradients_[0].stride() : gates * units;
  if (!config_.use_bias) return;
  parameters_[kBias].gradient = bias_sum_.data();
  parameters_[kBias].gradient_stride = gates * units;
}

Gradient Recurrent::BackwardInput(BatchContext& batch, bool needs_input) {
  const size_t rows = sums_tokens_ ? input_.distinct->count : input_.layout->step_count();
  const size_t gradient_stride = PaddedStride(config_.features), columns = cell_.gates * padded_;
  const float* deltas = sums_tokens_ ? token_sums_.sums() : delta_rows() + cell_.input_deltas * padded_;
  const size_t stride = sums_tokens_ ? token_sums_.stride() : delta_stride_;
  const int32_t* index = sums_tokens_ ? input_.distinct->tokens : input_.index;
  WeightGradient& kernel = kernel_gradients_[0];
  kernel.Plan(input_.data, index, input_.stride, config_.features, deltas, stride, columns, 0, rows,
              config_.use_bias);
  const size_t each = ProductRows(rows), products = needs_input ? (rows + each - 1) / each : 0;
  if (needs_input) input_gradient_.Resize(rows * gradient_stride);
  batch.pool.For(1 + kernel.tasks() + products, [&](size_t task) {
    if (task == 0) return ReduceRecurrent(batch);
    if (task <= kernel.tasks()) return kernel.Run(batch.kernels, task - 1);
    const size_t begin = (task - 1 - kernel.tasks()) * each;
    batch.kernels.gemm({deltas, nullptr, stride, packed_kernel_back_.data(), columns, config_.features,
                        nullptr, false, input_gradient_.data(), gradient_stride, begin,
                        std::min(begin + each, rows)});
  });
  ReduceKernel(1, batch);
  if (!needs_input) return {};
  return {input_gradient_.data(), gradient_stride, sums_tokens_};
}

// masks[r] of `count` blocks of `columns`, each element 0 or 1 / (1 - rate).
void Recurrent::DrawMasks(float rate, uint64_t stream, size_t count, size_t columns, size_t stride,
                          Buffer<float>* masks, BatchContext& batch) {
  const size_t rows = input_.layout->rows(), width = PaddedColumns(columns);
  masks->Resize(rows * stride);
  ones_.Resize(width);
  std::fill(ones_.data(), ones_.data() + width, 1.0f);
  ForChunks(batch.pool, 0, rows, 32, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t block = 0; block < count; ++block)
        batch.kernels.dropout({ones_.data(), masks->data() + r * stride + block * width, 1, columns, width,
                               rate, config_.seed, stream, (block * rows + r) * columns});
  });
}

void Recurrent::DrawStateMasks(BatchContext& batch) {
  DrawMasks(config_.recurrent_dropout, batch.iteration | kStateStream, cell_.gates, config_.units,
            masked_stride_, &state_masks_, batch);
  masked_h_.Resize(input_.layout->state_count() * masked_stride_);
}

// Keras draws an input mask for each gate where there is recurrent dropout, else one for all
// (keras/src/layers/rnn/lstm.py, implementations 1 and 2).
size_t Recurrent::input_masks() const {
  return config_.recurrent_dropout > 0.0f && cell_.kind != CellKind::kSimpleRnn ? cell_.gates : 1;
}

// Calls body(begin, end, rows of each position in it) for chunks of all step positions but the unused one.
template <class Body>
void Recurrent::ForPositions(BatchContext& batch, Body&& body) {
  const BatchLayout& layout = *input_.layout;
  batch.pool.For(layout.steps(), [&](size_t t) {
    const size_t begin = layout.base() + static_cast<size_t>(layout.offsets()[t]);
    body(begin, begin + static_cast<size_t>(layout.active()[t]));
  });
}

// Every row has masks of its own, so inputs are projected per position: no token is like another.
void Recurrent::ProjectMasked(BatchContext& batch) {
  const size_t features = config_.features, width = PaddedColumns(features), count = input_masks();
  const size_t each = cell_.gates / count * padded_, columns = cell_.gates * padded_;
  const size_t positions = input_.layout->step_count();
  mask_stride_ = PaddedStride(count * width);
  DrawMasks(config_.dropout, batch.iteration, count, features, mask_stride_, &input_masks_, batch);
  masked_x_.Resize(positions * mask_stride_);
  std::memset(masked_x_.data(), 0, mask_stride_ * sizeof(float));
  std::memset(projected(), 0, columns * sizeof(float));
  packed_gate_.Resize(features * columns);
  const float* kernel = Spread(parameters_[kKernel], features, kGateOrder, &batch.pool, &spread_kernel_);
  for (size_t i = 0; i < count; ++i) {
    const PackArgs packs[] = {
        {kernel + i * each, columns, features, each, false, packed_gate_.data() + i * features * each, 0}};
    Pack(batch.kernels, &batch.pool, packs);
  }
  ForPositions(batch, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p) {
      const float* x =
          input_.data + (input_.index ? static_cast<size_t>(input_.index[p]) : p) * input_.stride;
      const float* mask = input_masks_.data() + (p - begin) * mask_stride_;
      float* out = masked_x_.data() + p * mask_stride_;
      for (size_t i = 0; i < count; ++i)
        for (size_t c = 0; c < features; ++c) out[i * width + c] = x[c] * mask[i * width + c];
    }
    for (size_t i = 0; i < count; ++i)
      batch.kernels.gemm({masked_x_.data() + i * width, nullptr, mask_stride_,
                          packed_gate_.data() + i * features * each, features, each,
                          spread_bias_.data() + i * each, false, projected() + i * each, projected_stride(),
                          begin, end});
  });
}

Gradient Recurrent::BackwardMasked(BatchContext& batch, bool needs_input) {
  const size_t features = config_.features, width = PaddedColumns(features), count = input_masks();
  const size_t each = cell_.gates / count * padded_, columns = cell_.gates * padded_;
  const size_t positions = input_.layout->step_count(), stride = PaddedStride(features);
  const float* deltas = delta_rows() + cell_.input_deltas * padded_;
  for (size_t i = 0; i < count; ++i) {
    WeightGradient& gradient = kernel_gradients_[i];
    gradient.Plan(masked_x_.data() + i * width, nullptr, mask_stride_, features, deltas + i * each,
                  delta_stride_, each, 0, positions, config_.use_bias);
    batch.pool.For(gradient.tasks(), [&](size_t task) { gradient.Run(batch.kernels, task); });
  }
  ReduceRecurrent(batch);
  ReduceKernel(count, batch);
  if (!needs_input) return {};
  packed_gate_.Resize(columns * width);
  const float* kernel = Spread(parameters_[kKernel], features, kGateOrder, &batch.pool, &spread_kernel_);
  for (size_t i = 0; i < count; ++i) {
    const PackArgs packs[] = {
        {kernel + i * each, columns, each, features, true, packed_gate_.data() + i * each * width, 0}};
    Pack(batch.kernels, &batch.pool, packs);
  }
  input_gradient_.Resize(positions * stride);
  gate_gradient_.Resize(positions * stride);
  std::memset(input_gradient_.data(), 0, stride * sizeof(float));
  ForPositions(batch, [&](size_t begin, size_t end) {
    std::memset(input_gradient_.data() + begin * stride, 0, (end - begin) * stride * sizeof(float));
    for (size_t i = 0; i < count; ++i) {
      batch.kernels.gemm({deltas + i * each, nullptr, delta_stride_, packed_gate_.data() + i * each * width,
                          each, features, nullptr, false, gate_gradient_.data(), stride, begin, end});
      for (size_t p = begin; p < end; ++p)
        for (size_t c = 0; c < features; ++c)
          input_gradient_[p * stride + c] +=
              gate_gradient_[p * stride + c] * input_masks_[(p - begin) * mask_stride_ + i * width + c];
    }
  });
  return {input_gradient_.data(), stride, false};
}

}  // namespace ostinato
