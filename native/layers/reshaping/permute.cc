// SPDX-License-Identifier: MIT
#include "layers/reshaping/permute.h"

#include <cstring>

namespace ostinato {

std::vector<ValueShape> Permute::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneSequence(inputs, "permute");
  ExpectShape(input.steps > 0, "permute needs the number of timesteps");
  return {{true, static_cast<int64_t>(input.columns), static_cast<size_t>(input.steps)}};
}

PermuteNode::PermuteNode(const PermuteConfig&, const NodeConfig& node)
    : expand_(node.arena), layout_(node.arena), output_(node.arena), gradient_(node.arena) {}

Tensor PermuteNode::Forward(const Tensor& input, BatchContext& batch) {
  view_ = expand_.Forward(input);
  const size_t rows = view_.layout->rows(), steps = view_.layout->steps(), columns = view_.columns;
  const size_t stride = PaddedStride(steps);
  layout_.BuildPlain(*view_.layout, columns);
  output_.Resize(layout_.step_count() * stride);
  output_.Zero();
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        const float* x = RowAt(view_, 1 + t * rows + r);
        for (size_t c = 0; c < columns; ++c) output_[(1 + c * rows + r) * stride + t] = x[c];
      }
  });
  Tensor output = RowsLike(view_, output_.data(), stride, steps);
  output.layout = &layout_;
  return output;
}

Gradient PermuteNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t rows = view_.layout->rows(), steps = view_.layout->steps(), columns = view_.columns;
  const size_t stride = PaddedStride(columns);
  gradient_.Resize(view_.layout->step_count() * stride);
  gradient_.Zero();
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        float* to = gradient_.data() + (1 + t * rows + r) * stride;
        for (size_t c = 0; c < columns; ++c) to[c] = output.data[(1 + c * rows + r) * output.stride + t];
      }
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

}  // namespace ostinato
