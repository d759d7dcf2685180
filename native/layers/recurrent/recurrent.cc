// SPDX-License-Identifier: MIT
#include "layers/recurrent/recurrent.h"

#include <cstring>

#include "layers/recurrent/recurrent_node.h"
#include "layers/recurrent/unit_parts.h"

namespace ostinato {
namespace {

// A recurrent kernel of this many floats (768 KB) is read in halves by two threads, each of which keeps its
// own in L2. LSTM(192), of 590 KB, gains nothing.
constexpr size_t kPartedFloats = size_t{3} << 16;

}  // namespace

Recurrent::Recurrent(const RecurrentConfig& config, const CellShape& cell, bool reset_before)
    : config_(config), weights_(config.features, config.units, config.use_bias, cell, reset_before, arena()) {
  const size_t columns = cell.gates * config.units;
  AddParameter({config.features, columns}, config.weights[CellWeights::kKernel]);
  AddParameter({config.units, columns}, config.weights[CellWeights::kRecurrent]);
  if (!config.use_bias) return;
  AddParameter(weights_.two_biases() ? std::vector<size_t>{2, columns} : std::vector<size_t>{columns},
               config.weights[CellWeights::kBias]);
}

std::vector<ValueShape> Recurrent::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(inputs.size() == 1 || inputs.size() == 1 + states(), "all initial states, or none");
  ExpectShape(inputs[0].sequence && inputs[0].columns == config_.features,
              "a recurrent layer reads a sequence of its features");
  for (size_t i = 1; i < inputs.size(); ++i)
    ExpectShape(!inputs[i].sequence && inputs[i].columns == config_.units,
                "an initial state has the layer's units");
  std::vector<ValueShape> shapes(1 + states(), {false, 1, config_.units});
  if (config_.return_sequences) shapes[0] = {true, inputs[0].steps, config_.units};
  return shapes;
}

std::unique_ptr<Node> Recurrent::MakeNode(const NodeConfig& node) {
  return std::make_unique<RecurrentNode>(this, node);
}

void Recurrent::PackWeights(const KernelTable& kernels, WorkerPool* pool) {
  PackOnce(pool, [&] { weights_.Pack(parameters(), kernels, pool); });
}

WalkArgs Recurrent::WalkOf(bool backward) const {
  const CellSizes& sizes = weights_.sizes();
  WalkArgs args = {};
  args.cell = cell().kind;
  args.reverse = config_.go_backwards;
  args.reset_before = weights_.reset_before();
  args.units = config_.units;
  args.padded = args.unit_end = sizes.padded;
  args.activation = config_.activation;
  args.recurrent_activation = config_.recurrent_activation;
  args.packed = backward ? weights_.packed_recurrent_back() : weights_.packed_recurrent();
  args.packed_candidate = backward ? weights_.packed_candidate_back() : weights_.packed_candidate();
  args.recurrent_bias = weights_.recurrent_bias();
  args.state_stride = sizes.stride;
  args.gate_stride = args.delta_stride = sizes.delta_stride;
  args.input_stride = sizes.input_stride;
  return args;
}

// Projected inputs, states and cells before and after the step, and what a GRU with reset_before needs.
size_t Recurrent::step_floats(const std::vector<ValueShape>&) const {
  const CellSizes& sizes = weights_.sizes();
  const size_t kept = weights_.reset_before() ? sizes.delta_stride + sizes.stride : 0;
  return sizes.input_stride + 2 * states() * sizes.stride + kept;
}

// A walk of one step: states are gathered before it and put back after it. A masked row keeps its states, and
// its output is the state that it kept.
void Recurrent::Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const {
  const StreamRows& input = inputs[0];
  const CellSizes& sizes = weights_.sizes();
  const size_t rows = batch.rows, stride = sizes.stride, padded = sizes.padded;
  const bool has_cell = states() == 2;
  const int32_t active = static_cast<int32_t>(rows), offsets[] = {0, active}, first_block = 0;
  float* projected = batch.work;
  float* states = projected + rows * sizes.input_stride;
  float* cells = states + 2 * rows * stride;
  float* rest = has_cell ? cells + 2 * rows * stride : cells;
  // Calls body(the row's state or cell in the walk before the step, that of its stream).
  const auto for_states = [&](auto&& body) {
    for (size_t r = 0; r < rows; ++r) {
      float* kept = batch.states + static_cast<size_t>(batch.places[r]) * batch.state_stride;
      body(r, states + r * stride, kept);
      if (has_cell) body(r, cells + r * stride, kept + padded);
    }
  };
  for_states([&](size_t, float* now, float* kept) { std::memcpy(now, kept, padded * sizeof(float)); });
  batch.kernels.gemm({input.data, input.index, input.stride, weights_.packed_kernel(), config_.features,
                      cell().gates * padded, weights_.bias(), false, projected, sizes.input_stride, 0, rows});
  WalkArgs args = WalkOf(false);
  args.steps = args.t_end = 1;
  args.active = &active;
  args.offsets = offsets;
  args.blocks = &first_block;
  args.block_count = 1;
  args.block_rows = rows;
  args.states = states;
  if (has_cell) args.cells = cells;
  if (weights_.reset_before()) {
    args.gates = rest;
    args.reset_states = rest + rows * sizes.delta_stride;
  }
  args.inputs = projected;
  if (batch.pool && walk_floats() >= kPartedFloats && !weights_.reset_before())
    batch.pool->ForCaller(2, [&](size_t part) { batch.kernels.walk_forward(UnitsOf(args, part, 2)); });
  else
    batch.kernels.walk_forward(args);
  const size_t after = rows * stride;
  for_states([&](size_t r, float* now, float* kept) {
    if (!input.masked || !input.masked[r]) {
      std::memcpy(kept, now + after, padded * sizeof(float));
    } else if (config_.zero_output && config_.return_sequences) {
      std::memset(now + after, 0, padded * sizeof(float));
    } else {
      std::memcpy(now + after, now, padded * sizeof(float));
    }
  });
  // A vector has no mask.
  const uint8_t* masked = config_.return_sequences ? input.masked : nullptr;
  outputs[0] = {states + after, nullptr, stride, config_.units, masked};
  for (size_t state = 0; state < this->states(); ++state)
    outputs[1 + state] = {batch.states + state * padded, batch.places, batch.state_stride, config_.units};
}

}  // namespace ostinato
