// SPDX-License-Identifier: MIT
#include "layers/repeat_vector.h"

#include <cstring>

namespace ostinato {

std::vector<ValueShape> RepeatVector::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneInput(inputs, "repeat_vector");
  ExpectShape(!input.sequence, "repeat_vector needs vectors");
  return {{true, static_cast<int64_t>(config_.times), input.columns}};
}

RepeatVectorNode::RepeatVectorNode(const RepeatVectorConfig& config, const NodeConfig& node)
    : times_(config.times), layout_(node.arena), index_(node.arena), gradient_(node.arena) {}

Tensor RepeatVectorNode::Forward(const Tensor& input, BatchContext&) {
  layout_.BuildPlain(*input.layout, times_);
  const size_t rows = layout_.rows();
  index_.Resize(layout_.step_count());
  for (size_t r = 0; r < rows; ++r) {
    const int32_t row = input.index ? input.index[r] : static_cast<int32_t>(r);
    for (size_t t = 0; t < times_; ++t) index_[1 + t * rows + r] = row;
  }
  index_[0] = index_[1];
  Tensor output = input;
  output.space = Space::kSteps;
  output.index = index_.data();
  output.layout = &layout_;
  output.fill = MaskFill::kUnused;
  return output;
}

Gradient RepeatVectorNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t rows = layout_.rows(), stride = output.stride;
  gradient_.Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    float* const sum = gradient_.data() + begin * stride;
    const size_t size = (end - begin) * stride;
    std::memcpy(sum, output.data + (1 + begin) * stride, size * sizeof(float));
    for (size_t t = 1; t < times_; ++t)
      batch.kernels.add(sum, output.data + (1 + t * rows + begin) * stride, size);
  });
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
