// SPDX-License-Identifier: MIT
#include "layers/recurrent/recurrent_node.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/error.h"
#include "layers/recurrent/product_rows.h"

namespace ostinato {

RecurrentNode::RecurrentNode(Recurrent* layer, const NodeConfig& node)
    : use_(layer, node.flips, node.arena),
      walk_(&use_),
      outputs_(&use_, node.arena),
      dropout_(&use_, node.use, node.arena),
      gradients_(&use_, node.arena),
      compact_(node.arena),
      initial_(node.inputs - 1),
      carried_(node.arena, layer->state_size()),
      joins_(node.arena),
      trunk_outputs_(node.arena),
      trunk_cells_(node.arena),
      first_steps_(node.arena) {
  for (size_t i = 1; i < node.inputs; ++i) align_.emplace_back(node.arena);
}

bool RecurrentNode::SharesPadding(bool training) const {
  const RecurrentConfig& config = use_.config;
  const bool same_for_all_rows = !config.stateful && initial_.empty() &&
                                 (!training || (config.dropout == 0.0f && config.recurrent_dropout == 0.0f));
  return same_for_all_rows && !config.go_backwards;
}

// Everything but the arithmetic: what this batch is, weights as the walk wants them, and room.
void RecurrentNode::Prepare(const Tensor& input, BatchContext& batch) {
  use_.input = compact_.Forward(input);
  const BatchLayout& layout = use_.layout();
  const RecurrentConfig& config = use_.config;
  const CellSizes& sizes = use_.sizes;
  if (config.stateful && carried_.rows != 0 && carried_.rows != layout.rows())
    throw Error(ErrorCode::kShape, "ostinato: expected batches of " + std::to_string(carried_.rows) +
                                       " rows for a stateful layer, received " +
                                       std::to_string(layout.rows()) +
                                       ". Choose a batchSize that divides the data, or call resetStates().");
  use_.drops_inputs = batch.training && config.dropout > 0.0f;
  use_.drops_states = batch.training && config.recurrent_dropout > 0.0f;
  use_.by_token = use_.input.distinct && batch.shortcuts.token_projection && !use_.drops_inputs;
  use_.keeps_gates = use_.cell.kind == CellKind::kSimpleRnn
                         ? batch.training && ActivationNeedsInput(config.activation)
                         : batch.training || use_.weights.reset_before();
  use_.layer.PackWeights(batch.kernels, batch.packing_pool());
  if (use_.by_token) use_.projected_tokens.Resize(use_.input.distinct->count * sizes.input_stride);
  use_.states.Resize(layout.state_count() * sizes.stride);
  if (use_.has_cell()) use_.cells.Resize(layout.state_count() * sizes.stride);
  if (use_.keeps_gates || !use_.by_token) use_.gates.Resize(layout.step_count() * sizes.delta_stride);
  if (use_.weights.reset_before()) use_.reset_states.Resize(layout.step_count() * sizes.stride);
  layout.DealBlocks(batch.pool.threads());
  if (config.stateful) carried_.MakeRoom(layout.rows());
  if (use_.drops_states) dropout_.DrawStateMasks(batch);
}

GemmArgs RecurrentNode::Projection() {
  const Tensor& input = use_.input;
  return {input.data,
          use_.by_token ? input.distinct->tokens : input.index,
          input.stride,
          use_.weights.packed_kernel(),
          use_.config.features,
          use_.cell.gates * use_.sizes.padded,
          use_.weights.bias(),
          false,
          use_.projected(),
          use_.projected_stride(),
          0,
          0};
}

void RecurrentNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  Prepare(inputs[0], batch);
  const BatchLayout& layout = use_.layout();
  for (size_t i = 0; i < initial_.size(); ++i) initial_[i] = align_[i].Forward(inputs[1 + i], layout);
  if (use_.drops_inputs) {
    dropout_.Project(batch);
    ForwardTrunk({}, batch);
    batch.next_batch.Run();
  } else {
    // The trunk is one chain of dependent steps, so it starts first, with its own inputs; the rest is
    // projected meanwhile.
    const size_t rows = use_.by_token ? use_.input.distinct->count : layout.step_count();
    const size_t lead = layout.trunk() == 0 ? 0 : use_.by_token ? 1 : layout.trunk();
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
  if (walk_.IsForTeam(batch)) {
    JoinTrunk(0);
    walk_.AsTeam(batch);
  } else {
    walk_.ForSets(batch, false, [&](size_t set, const WalkArgs& args) {
      if (walk_.Begins(args, false)) JoinTrunk(set);
      batch.kernels.walk_forward(args);
    });
  }
  End(outputs);
}

bool RecurrentNode::Overlaps(const Tensor& input, const BatchContext& batch) const {
  const RecurrentConfig& config = use_.config;
  const bool drops = batch.training && (config.dropout > 0.0f || config.recurrent_dropout > 0.0f);
  return !config.go_backwards && !drops && input.space == Space::kSteps && !input.counts &&
         initial_.empty() && input.layout->block_count() == 1 && !CellWalk::IsLarge(use_.layer);
}

Tensor RecurrentNode::Begin(const Tensor& input, BatchContext& batch) {
  Prepare(input, batch);
  GemmArgs args = Projection();
  args.end = use_.by_token ? input.distinct->count : input.layout->base();
  ForwardTrunk(args, batch);
  if (input.layout->trunk() == 0) batch.kernels.gemm(args);
  JoinTrunk(0);
  return outputs_.Output();
}

void RecurrentNode::Advance(size_t t_begin, size_t t_end, BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  if (!use_.by_token) {
    GemmArgs args = Projection();
    args.begin = layout.base() + static_cast<size_t>(layout.offsets()[t_begin]);
    args.end = layout.base() + static_cast<size_t>(layout.offsets()[t_end]);
    batch.kernels.gemm(args);
  }
  WalkArgs args = walk_.Rows(false);
  args.blocks = layout.blocks();
  args.block_count = layout.block_count();
  args.t_begin = t_begin;
  args.t_end = t_end;
  batch.kernels.walk_forward(args);
}

void RecurrentNode::End(Tensor* outputs) {
  outputs[0] = outputs_.Output();
  for (size_t i = 0; i < use_.layer.states(); ++i) outputs[1 + i] = outputs_.State(i);
}

// Inputs are projected per token, or per position to where gates are kept.
size_t RecurrentNode::ForwardFloats(const std::vector<ValueShape>& inputs,
                                    const std::vector<ValueShape>&) const {
  const CellSizes& sizes = use_.sizes;
  const size_t kept = use_.weights.reset_before() ? sizes.delta_stride + sizes.stride : 0;
  return (inputs[0].rows() + 1) * (std::max(sizes.input_stride, sizes.delta_stride) + kept +
                                   sizes.stride * use_.layer.states() + kLayoutFloats + 1);
}

// The last states are those that the next batch begins in.
void RecurrentNode::Commit() {
  if (!use_.config.stateful) return;
  const BatchLayout& layout = use_.layout();
  const size_t units = use_.config.units, stride = use_.sizes.stride;
  carried_.SetRows(layout.rows());
  for (size_t r = 0; r < layout.rows(); ++r) {
    float* row = carried_.values.data() + static_cast<size_t>(layout.order()[r]) * carried_.size;
    const size_t from = use_.LastState(r) * stride;
    std::memcpy(row, use_.states.data() + from, units * sizeof(float));
    if (use_.has_cell()) std::memcpy(row + units, use_.cells.data() + from, units * sizeof(float));
  }
}

void RecurrentNode::ForwardTrunk(const GemmArgs& projection, BatchContext& batch) {
  std::memset(use_.states.data(), 0, use_.sizes.stride * sizeof(float));
  if (use_.has_cell()) std::memset(use_.cells.data(), 0, use_.sizes.stride * sizeof(float));
  if (use_.layout().trunk() == 0) return;
  batch.kernels.gemm(projection);
  batch.kernels.walk_forward(walk_.Trunk(false));
}

// Each row begins in the state that the trunk (or the given or carried initial state) has at its start.
void RecurrentNode::JoinTrunk(size_t set) {
  const BatchLayout& layout = use_.layout();
  const CellSizes& sizes = use_.sizes;
  const size_t units = use_.config.units, stride = sizes.stride;
  for (int32_t b = layout.set_starts()[set]; b < layout.set_starts()[set + 1]; ++b) {
    const size_t begin = static_cast<size_t>(layout.blocks()[b]) * layout.block_rows();
    for (size_t r = begin; r < begin + layout.block_rows() && r < layout.rows(); ++r) {
      const size_t first_step = use_.config.go_backwards ? layout.steps() : layout.start(r);
      const size_t to = layout.base() + static_cast<size_t>(layout.offsets()[first_step]) + r;
      const auto given = [&](size_t state) -> const float* {
        if (!initial_.empty()) return RowAt(initial_[state], r);
        if (!use_.config.stateful || carried_.rows == 0) return nullptr;
        return carried_.values.data() + static_cast<size_t>(layout.order()[r]) * carried_.size +
               state * units;
      };
      const auto begin_in = [&](Buffer<float>& states, const float* first) {
        float* state = states.data() + to * stride;
        if (!first) {
          std::memcpy(state, states.data() + layout.origin(r) * stride, stride * sizeof(float));
          return;
        }
        std::memset(state, 0, stride * sizeof(float));
        std::memcpy(state, first, units * sizeof(float));
      };
      begin_in(use_.states, given(0));
      if (use_.has_cell()) begin_in(use_.cells, given(1));
      if (!use_.drops_states) continue;
      for (size_t g = 0; g < use_.cell.gates; ++g)
        for (size_t u = 0; u < sizes.padded; ++u)
          use_.masked_states[to * sizes.masked_stride + g * sizes.padded + u] =
              use_.states[to * stride + u] * use_.state_masks[r * sizes.masked_stride + g * sizes.padded + u];
    }
  }
}

void RecurrentNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                             BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  const size_t trunk = layout.trunk(), stride = use_.sizes.stride, delta_stride = use_.sizes.delta_stride;
  use_.gates.Resize(layout.step_count() * delta_stride);
  joins_.Resize(layout.rows() * stride);
  trunk_outputs_.Resize(trunk * stride);
  if (use_.has_cell()) trunk_cells_.Resize(trunk * stride);
  use_.carry.Resize((layout.rows() + 1) * stride);
  std::memset(use_.deltas() + trunk * delta_stride, 0, delta_stride * sizeof(float));  // unused position
  const float* sequence =
      use_.config.return_sequences ? outputs_.SequenceGradient(outputs[0], batch) : nullptr;
  const float* last = outputs_.LastGradient(outputs[0], outputs[1], batch);
  last_cells_given_ = use_.has_cell() && outputs[2].data;
  if (last_cells_given_)
    std::memcpy(use_.carry.data(), outputs[2].data, layout.rows() * stride * sizeof(float));

  walk_.ForSets(batch, true, [&](size_t, WalkArgs& args) {
    args.dlast = last;
    args.carry_given = last_cells_given_;
    if (sequence) args.doutputs = sequence + layout.base() * stride;
    batch.kernels.walk_backward(args);
    if (trunk == 0 || !walk_.Ends(args, true)) return;
    for (size_t b = 0; b < args.block_count; ++b) {
      const size_t begin = static_cast<size_t>(args.blocks[b]) * layout.block_rows();
      LeaveTrunk(begin, std::min(begin + layout.block_rows(), layout.rows()), last, batch);
    }
  });
  InitialGradients(last, needs, inputs, batch);
  gradients_.SumOverRows(batch, [&] {
    if (trunk > 0) BackwardTrunk(sequence, batch);
  });
  const Gradient input = gradients_.Finish(&dropout_, batch, needs[0]);
  if (needs[0]) inputs[0] = compact_.Backward(input);
}

// joins[r] = gradient of the state in which row r leaves the trunk, rows [begin, end) of one block; of its
// cell in carry[r].
void RecurrentNode::LeaveTrunk(size_t begin, size_t end, const float* last, BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  const CellSizes& sizes = use_.sizes;
  const size_t stride = sizes.stride;
  // Rows that are padding to the end walk no step of their own: their gradient goes to the trunk as it is.
  size_t walking = begin;
  while (walking < end && layout.start(walking) < layout.steps()) ++walking;
  const size_t first = use_.weights.reset_before() ? sizes.padded : 0;
  batch.kernels.gemm({use_.deltas() + layout.base() * sizes.delta_stride + first, layout.first_steps(),
                      sizes.delta_stride, use_.weights.packed_recurrent_back(), sizes.back_rows,
                      use_.config.units, nullptr, false, joins_.data(), stride, begin, walking});
  for (size_t r = begin; r < end; ++r) {
    float* join = joins_.data() + r * stride;
    float* carry = use_.carry.data() + r * stride;
    if (r < walking) {
      if (use_.cell.kind == CellKind::kGru) batch.kernels.add(join, carry, stride);
      continue;
    }
    if (last) {
      std::memcpy(join, last + r * stride, stride * sizeof(float));
    } else {
      std::memset(join, 0, stride * sizeof(float));
    }
    if (!last_cells_given_) std::memset(carry, 0, stride * sizeof(float));
  }
}

// The gradients of initial states: those of the states before each row's first step.
void RecurrentNode::InitialGradients(const float* last, const bool* needs, Gradient* inputs,
                                     BatchContext& batch) {
  if (std::none_of(needs + 1, needs + 1 + initial_.size(), [](bool need) { return need; })) return;
  const BatchLayout& layout = use_.layout();
  const CellSizes& sizes = use_.sizes;
  const size_t rows = layout.rows(), stride = sizes.stride;
  first_steps_.Resize(rows);
  for (size_t r = 0; r < rows; ++r) {
    // Of rows without steps any will do: they are set below.
    const size_t t =
        use_.config.go_backwards ? layout.steps() - 1 : std::min(layout.start(r), layout.steps() - 1);
    const int32_t step = layout.offsets()[t] + static_cast<int32_t>(r);
    first_steps_[r] = layout.start(r) < layout.steps() ? step : 0;
  }
  if (use_.drops_states) {
    dropout_.StateGradient(first_steps_.data(), rows, joins_.data(), batch);
  } else {
    const size_t first = use_.weights.reset_before() ? sizes.padded : 0;
    ForChunks(batch.pool, 0, rows, 32, [&](size_t begin, size_t end) {
      batch.kernels.gemm({use_.deltas() + layout.base() * sizes.delta_stride + first, first_steps_.data(),
                          sizes.delta_stride, use_.weights.packed_recurrent_back(), sizes.back_rows,
                          use_.config.units, nullptr, false, joins_.data(), stride, begin, end});
    });
  }
  for (size_t r = 0; r < rows; ++r) {
    float* join = joins_.data() + r * stride;
    float* carry = use_.carry.data() + r * stride;
    if (layout.start(r) < layout.steps()) {
      if (use_.cell.kind == CellKind::kGru) batch.kernels.add(join, carry, stride);
    } else {
      std::memset(join, 0, stride * sizeof(float));
      if (last) std::memcpy(join, last + r * stride, stride * sizeof(float));
      if (use_.has_cell() && !last_cells_given_) std::memset(carry, 0, stride * sizeof(float));
    }
  }
  if (needs[1]) inputs[1] = align_[0].Backward({joins_.data(), stride, false});
  if (use_.has_cell() && needs[2]) inputs[2] = align_[1].Backward({use_.carry.data(), stride, false});
}

// By linearity the gradients of all rows that leave after a step are summed there, and one row walks back.
// Then its part of the recurrent kernel's gradient.
void RecurrentNode::BackwardTrunk(const float* outputs, BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  const size_t stride = use_.sizes.stride;
  if (outputs) {
    std::memcpy(trunk_outputs_.data(), outputs, layout.trunk() * stride * sizeof(float));
  } else {
    trunk_outputs_.Zero();
  }
  if (use_.has_cell()) trunk_cells_.Zero();
  for (size_t r = 0; r < layout.rows(); ++r) {
    if (layout.start(r) == 0) continue;
    const size_t at = (layout.start(r) - 1) * stride;
    batch.kernels.add(trunk_outputs_.data() + at, joins_.data() + r * stride, stride);
    if (use_.has_cell()) batch.kernels.add(trunk_cells_.data() + at, use_.carry.data() + r * stride, stride);
  }
  WalkArgs args = walk_.Trunk(true);
  args.doutputs = trunk_outputs_.data();
  if (use_.has_cell()) args.dcells = trunk_cells_.data();
  batch.kernels.walk_backward(args);
  gradients_.AddTrunk(batch);
}

}  // namespace ostinato
