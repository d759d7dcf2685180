// SPDX-License-Identifier: MIT
#include "layers/flatten.h"

#include <cstring>

namespace ostinato {

std::vector<ValueShape> Flatten::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneInput(inputs, "flatten");
  if (!input.sequence) return {input};
  ExpectShape(input.steps > 0, "flatten needs the number of timesteps");
  return {{false, 1, static_cast<size_t>(input.steps) * input.columns}};
}

FlattenNode::FlattenNode(const FlattenConfig&, const NodeConfig& node)
    : expand_(node.arena), output_(node.arena), gradient_(node.arena) {}

Tensor FlattenNode::Forward(const Tensor& input, BatchContext& batch) {
  space_ = input.space;
  if (space_ == Space::kSamples) return input;
  input_ = expand_.Forward(input);
  const BatchLayout& layout = *input_.layout;
  const size_t rows = layout.rows(), steps = layout.steps(), base = layout.base(), columns = input_.columns;
  const size_t stride = PaddedStride(steps * columns);
  output_.Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      float* out = output_.data() + r * stride;
      for (size_t t = 0; t < steps; ++t) {
        const size_t p = base + t * rows + r;
        const size_t from = input_.index ? static_cast<size_t>(input_.index[p]) : p;
        std::memcpy(out + t * columns, input_.data + from * input_.stride, columns * sizeof(float));
      }
      std::memset(out + steps * columns, 0, (stride - steps * columns) * sizeof(float));
    }
  });
  Tensor output = RowsLike(input_, output_.data(), stride, steps * columns);
  output.space = Space::kSamples;
  return output;
}

Gradient FlattenNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (space_ == Space::kSamples || !needs_input) return output;
  const BatchLayout& layout = *input_.layout;
  const size_t rows = layout.rows(), steps = layout.steps(), base = layout.base(), columns = input_.columns;
  const size_t stride = PaddedStride(columns);
  gradient_.Resize(layout.step_count() * stride);
  std::memset(gradient_.data(), 0, base * stride * sizeof(float));
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        float* out = gradient_.data() + (base + t * rows + r) * stride;
        std::memcpy(out, output.data + r * output.stride + t * columns, columns * sizeof(float));
        std::memset(out + columns, 0, (stride - columns) * sizeof(float));
      }
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

}  // namespace ostinato
