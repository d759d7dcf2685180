// SPDX-License-Identifier: MIT
#include "layers/simple_rnn.h"

#include <cstring>

namespace ostinato {
namespace {

constexpr size_t kKernel = 0, kRecurrent = 1, kBias = 2;
// Rows of a product per task: small enough to balance, large enough that a panel of the weights is read for
// many rows.
constexpr size_t kProductRows = 128;

}  // namespace

SimpleRnn::SimpleRnn(const SimpleRnnConfig& config, Arena* arena)
    : Layer(arena),
      config_(config),
      stride_(PaddedStride(config.units)),
      packed_kernel_(arena),
      packed_kernel_back_(arena),
      packed_recurrent_(arena),
      packed_recurrent_back_(arena),
      padded_bias_(arena),
      projected_(arena),
      states_(arena),
      deltas_(arena),
      joins_(arena),
      trunk_outputs_(arena),
      token_deltas_(arena),
      input_gradient_(arena),
      recurrent_gradient_(arena),
      trunk_gradient_(arena),
      kernel_gradient_(arena) {
  const std::vector<size_t> shapes[] = {
      {config.features, config.units}, {config.units, config.units}, {config.units}};
  for (size_t i = 0; i < (config.use_bias ? 3 : 2); ++i)
    parameters_.emplace_back(arena, shapes[i], config.trainable, config.weights[i]);
}

void SimpleRnn::PackWeights(BatchContext& batch) {
  if (packed_weights_) return;
  const size_t features = config_.features, units = config_.units;
  packed_kernel_.Resize(features * PaddedColumns(units));
  packed_kernel_back_.Resize(units * PaddedColumns(features));
  packed_recurrent_.Resize(units * PaddedColumns(units));
  packed_recurrent_back_.Resize(units * PaddedColumns(units));
  padded_bias_.Resize(stride_);
  const float* kernel = parameters_[kKernel].value.data();
  const float* recurrent = parameters_[kRecurrent].value.data();
  batch.pool.For(units >= 128 ? 4 : 1, [&](size_t task) {
    const size_t last = units >= 128 ? task + 1 : 4;
    for (size_t matrix = task; matrix < last; ++matrix) {
      if (matrix == 0) batch.kernels.pack({kernel, units, features, units, false, packed_kernel_.data()});
      if (matrix == 1) batch.kernels.pack({recurrent, units, units, units, false, packed_recurrent_.data()});
      if (matrix == 2)
        batch.kernels.pack({recurrent, units, units, units, true, packed_recurrent_back_.data()});
      if (matrix == 3) batch.kernels.pack({kernel, units, units, features, true, packed_kernel_back_.data()});
    }
  });
  padded_bias_.Zero();
  if (config_.use_bias)
    std::memcpy(padded_bias_.data(), parameters_[kBias].value.data(), units * sizeof(float));
  packed_weights_ = true;
}

WalkArgs SimpleRnn::RowWalk(const BatchLayout& layout) const {
  WalkArgs args = {};
  args.steps = args.t_end = layout.steps();
  args.active = layout.active();
  args.offsets = layout.offsets();
  args.block_rows = layout.block_rows();
  args.units = config_.units;
  args.stride = stride_;
  args.activation = config_.activation;
  const size_t base = layout.base() * stride_;
  args.states = const_cast<float*>(states_.data()) + base;
  if (by_token_) {
    args.inputs = projected_.data();
    args.input_index = input_.distinct->slot + layout.base();
  } else {
    args.inputs = projected_.data() + base;
  }
  return args;
}

// The trunk is a batch of one row that is active from the first step to the last.
WalkArgs SimpleRnn::TrunkWalk(const BatchLayout& layout) const {
  static const int32_t kOneBlock = 0;
  WalkArgs args = RowWalk(layout);
  args.steps = args.t_end = layout.trunk();
  args.active = layout.trunk_active();
  args.offsets = layout.trunk_offsets();
  args.blocks = &kOneBlock;
  args.block_count = args.block_rows = 1;
  args.states = const_cast<float*>(states_.data());
  args.inputs = projected_.data();
  args.input_index = by_token_ ? input_.distinct->slot : nullptr;
  return args;
}

// Calls walk(set, t_begin, t_end) for every set of blocks: over all of time at once, or (a switch for tests)
// with a barrier at every step.
template <class Walk>
void SimpleRnn::ForWalk(BatchContext& batch, bool backward, Walk&& walk) {
  const size_t steps = batch.layout.steps(), sets = batch.layout.set_count();
  if (batch.shortcuts.fused_walk) {
    batch.pool.For(sets, [&](size_t set) { walk(set, size_t{0}, steps); });
    return;
  }
  for (size_t i = 0; i < steps; ++i) {
    const size_t t = backward ? steps - 1 - i : i;
    batch.pool.For(sets, [&](size_t set) { walk(set, t, t + 1); });
  }
}

Tensor SimpleRnn::Forward(const Tensor& input, BatchContext& batch) {
  BatchLayout& layout = batch.layout;
  input_ = input;
  by_token_ = input.distinct && batch.shortcuts.token_projection;
  PackWeights(batch);
  const size_t rows = by_token_ ? input.distinct->count : layout.step_count();
  projected_.Resize(rows * stride_);
  states_.Resize(layout.state_count() * stride_);
  layout.DealBlocks(batch.pool.threads());

  GemmArgs projection = {input.data,
                         by_token_ ? input.distinct->tokens : input.index,
                         input.stride,
                         packed_kernel_.data(),
                         config_.features,
                         config_.units,
                         padded_bias_.data(),
                         false,
                         projected_.data(),
                         stride_,
                         0,
                         0};
  // The trunk is one chain of dependent steps, so it starts first, with its own inputs; the rest is projected
  // beside it.
  const size_t lead = layout.trunk() == 0 ? 0 : by_token_ ? 1 : layout.trunk();
  const size_t chunks = (rows - lead + kProductRows - 1) / kProductRows;
  batch.pool.For(2 + chunks, [&](size_t task) {
    GemmArgs args = projection;
    if (task == 0) {
      args.end = lead;
      ForwardTrunk(args, batch);
    } else if (task == 1) {
      // In training the backward pass has a longer region for it.
      if (!batch.training) batch.next_batch.Run();
    } else {
      args.begin = lead + (task - 2) * kProductRows;
      args.end = args.begin + kProductRows < rows ? args.begin + kProductRows : rows;
      batch.kernels.gemm(args);
    }
  });

  ForWalk(batch, false, [&](size_t set, size_t t_begin, size_t t_end) {
    if (t_begin == 0) JoinTrunk(set, batch);
    WalkArgs args = RowWalk(layout);
    args.t_begin = t_begin;
    args.t_end = t_end;
    args.blocks = layout.blocks() + layout.set_starts()[set];
    args.block_count = static_cast<size_t>(layout.set_starts()[set + 1] - layout.set_starts()[set]);
    args.packed = packed_recurrent_.data();
    batch.kernels.walk_forward(args);
  });

  if (config_.return_sequences)
    return {Space::kSteps, states_.data(), layout.next(), stride_, config_.units, nullptr};
  return {Space::kSamples, states_.data() + layout.step_count() * stride_, nullptr, stride_, config_.units,
          nullptr};
}

void SimpleRnn::ForwardTrunk(const GemmArgs& projection, BatchContext& batch) {
  std::memset(states_.data(), 0, stride_ * sizeof(float));
  if (batch.layout.trunk() == 0) return;
  batch.kernels.gemm(projection);
  WalkArgs args = TrunkWalk(batch.layout);
  args.packed = packed_recurrent_.data();
  batch.kernels.walk_forward(args);
}

// Each row begins in the state that the trunk (or the given initial state) has at its start.
void SimpleRnn::JoinTrunk(size_t set, BatchContext& batch) {
  const BatchLayout& layout = batch.layout;
  for (int32_t b = layout.set_starts()[set]; b < layout.set_starts()[set + 1]; ++b) {
    const size_t begin = static_cast<size_t>(layout.blocks()[b]) * layout.block_rows();
    for (size_t r = begin; r < begin + layout.block_rows() && r < layout.rows(); ++r) {
      const size_t start = layout.start(r);
      float* state =
          states_.data() + (layout.base() + static_cast<size_t>(layout.offsets()[start]) + r) * stride_;
      if (batch.initial_state) {
        const float* given = batch.initial_state + static_cast<size_t>(layout.samples()[r]) * config_.units;
        std::memset(state, 0, stride_ * sizeof(float));
        std::memcpy(state, given, config_.units * sizeof(float));
      } else {
        std::memcpy(state, states_.data() + start * stride_, stride_ * sizeof(float));
      }
    }
  }
}

Gradient SimpleRnn::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  BatchLayout& layout = batch.layout;
  const size_t trunk = layout.trunk();
  deltas_.Resize(layout.step_count() * stride_);
  joins_.Resize(layout.rows() * stride_);
  trunk_outputs_.Resize(trunk * stride_);
  std::memset(deltas_.data() + trunk * stride_, 0, stride_ * sizeof(float));  // the unused position

  ForWalk(batch, true, [&](size_t set, size_t t_begin, size_t t_end) {
    const float* dlast = config_.return_sequences ? nullptr : output.data;
    WalkArgs args = RowWalk(layout);
    args.t_begin = t_begin;
    args.t_end = t_end;
    args.blocks = layout.blocks() + layout.set_starts()[set];
    args.block_count = static_cast<size_t>(layout.set_starts()[set + 1] - layout.set_starts()[set]);
    args.packed = packed_recurrent_back_.data();
    args.deltas = deltas_.data() + layout.base() * stride_;
    args.dlast = dlast;
    if (config_.return_sequences) args.doutputs = output.data + layout.base() * stride_;
    batch.kernels.walk_backward(args);
    if (t_begin == 0 && trunk > 0) {
      for (size_t b = 0; b < args.block_count; ++b) {
        const size_t begin = static_cast<size_t>(args.blocks[b]) * layout.block_rows();
        const size_t end = begin + layout.block_rows();
        LeaveTrunk(begin, end < layout.rows() ? end : layout.rows(), dlast, batch);
      }
    }
  });

  // Equal positions of states and deltas: one product over the rows, another over the trunk when that is
  // walked back.
  recurrent_gradient_.Plan(states_.data(), nullptr, stride_, config_.units, deltas_.data(), stride_,
                           config_.units, layout.base(), layout.step_count(), config_.use_bias);
  trunk_gradient_.Plan(states_.data(), nullptr, stride_, config_.units, deltas_.data(), stride_,
                       config_.units, 0, trunk, config_.use_bias);
  batch.pool.For(2 + recurrent_gradient_.tasks(), [&](size_t task) {
    if (task > 1) return recurrent_gradient_.Run(batch.kernels, task - 2);
    if (task == 1) return batch.next_batch.Run();
    if (trunk == 0) return;
    BackwardTrunk(output, batch);
    for (size_t i = 0; i < trunk_gradient_.tasks(); ++i) trunk_gradient_.Run(batch.kernels, i);
    trunk_gradient_.Reduce(batch.kernels);
  });
  parameters_[kRecurrent].gradient = recurrent_gradient_.sum();
  parameters_[kRecurrent].gradient_stride = stride_;
  if (config_.use_bias) {
    parameters_[kBias].gradient = recurrent_gradient_.bias_sum();
    parameters_[kBias].gradient_stride = stride_;
  }
  return BackwardInput(batch, needs_input);
}

// joins[r] = gradient of the state in which row r leaves the trunk, rows [begin, end) of one block.
void SimpleRnn::LeaveTrunk(size_t begin, size_t end, const float* dlast, BatchContext& batch) {
  const BatchLayout& layout = batch.layout;
  // Rows that are padding to the end walk no step of their own: their gradient goes to the trunk as it is.
  size_t walking = begin;
  while (walking < end && layout.start(walking) < layout.steps()) ++walking;
  batch.kernels.gemm({deltas_.data() + layout.base() * stride_, layout.first_steps(), stride_,
                      packed_recurrent_back_.data(), config_.units, config_.units, nullptr, false,
                      joins_.data(), stride_, begin, walking});
  for (size_t r = walking; r < end; ++r) {
    float* join = joins_.data() + r * stride_;
    if (dlast) {
      std::memcpy(join, dlast + r * stride_, stride_ * sizeof(float));
    } else {
      std::memset(join, 0, stride_ * sizeof(float));
    }
  }
}

// By linearity the gradients of all rows that leave after a step are summed there, and one row walks back.
void SimpleRnn::BackwardTrunk(const Gradient& output, BatchContext& batch) {
  const BatchLayout& layout = batch.layout;
  if (config_.return_sequences) {
    std::memcpy(trunk_outputs_.data(), output.data, layout.trunk() * stride_ * sizeof(float));
  } else {
    trunk_outputs_.Zero();
  }
  for (size_t r = 0; r < layout.rows(); ++r) {
    if (layout.start(r) == 0) continue;
    batch.kernels.add(trunk_outputs_.data() + (layout.start(r) - 1) * stride_, joins_.data() + r * stride_,
                      stride_);
  }
  WalkArgs args = TrunkWalk(layout);
  args.packed = packed_recurrent_back_.data();
  args.deltas = deltas_.data();
  args.doutputs = trunk_outputs_.data();
  batch.kernels.walk_backward(args);
}

// The rows' part and the trunk's part of the gradients of the recurrent kernel and the bias.
void SimpleRnn::ReduceRecurrent(BatchContext& batch) {
  recurrent_gradient_.Reduce(batch.kernels);
  if (batch.layout.trunk() == 0) return;
  batch.kernels.add(recurrent_gradient_.mutable_sum(), trunk_gradient_.sum(), config_.units * stride_);
  if (config_.use_bias)
    batch.kernels.add(recurrent_gradient_.mutable_bias_sum(), trunk_gradient_.bias_sum(), stride_);
}

Gradient SimpleRnn::BackwardInput(BatchContext& batch, bool needs_input) {
  const bool per_token = input_.distinct && batch.shortcuts.reverse_projection;
  const size_t rows = per_token ? input_.distinct->count : batch.layout.step_count();
  const size_t input_stride = PaddedStride(config_.features);
  const float* deltas = deltas_.data();
  if (per_token) {
    token_deltas_.Resize(rows * stride_);
    deltas = token_deltas_.data();
  }
  if (needs_input) input_gradient_.Resize(rows * input_stride);
  if (per_token || needs_input) {
    ForChunks(batch.pool, 0, rows, kProductRows, [&](size_t begin, size_t end) {
      if (per_token)
        batch.kernels.group_sum({deltas_.data(), stride_, config_.units, input_.distinct->starts,
                                 input_.distinct->positions, begin, end, token_deltas_.data(), stride_});
      if (needs_input)
        batch.kernels.gemm({deltas, nullptr, stride_, packed_kernel_back_.data(), config_.units,
                            config_.features, nullptr, false, input_gradient_.data(), input_stride, begin,
                            end});
    });
  }
  const int32_t* index = per_token ? input_.distinct->tokens : input_.index;
  kernel_gradient_.Plan(input_.data, index, input_.stride, config_.features, deltas, stride_, config_.units,
                        0, rows, false);
  batch.pool.For(1 + kernel_gradient_.tasks(), [&](size_t task) {
    if (task > 0) return kernel_gradient_.Run(batch.kernels, task - 1);
    ReduceRecurrent(batch);
  });
  kernel_gradient_.Reduce(batch.kernels);
  parameters_[kKernel].gradient = kernel_gradient_.sum();
  parameters_[kKernel].gradient_stride = stride_;
  if (!needs_input) return {};
  return {input_gradient_.data(), input_stride, per_token};
}

}  // namespace ostinato
