// SPDX-License-Identifier: MIT
#include "layers/activity_regularization.h"

#include <cstring>

namespace ostinato {

ActivityRegularizationNode::ActivityRegularizationNode(const ActivityRegularizationConfig& config,
                                                       const NodeConfig& node)
    : l1_(config.l1), l2_(config.l2), expand_(node.arena), sums_(node.arena), slopes_(node.arena) {}

Tensor ActivityRegularizationNode::Forward(const Tensor& input, BatchContext& batch) {
  const bool sequence = input.space == Space::kSteps;
  rows_ = RowCount(input);
  input_ = sequence ? expand_.Forward(input) : input;
  const size_t first = sequence ? input_.layout->base() : 0;
  const double* sum = sums_.Over(batch.pool, first, RowCount(input_), 1, [&](size_t i, double* to) {
    *to += batch.kernels.penalty(RowAt(input_, i), input_.columns, l1_, l2_);
  });
  penalty_ = *sum / Samples();
  // Equal tokens no longer have one gradient for all of them: the penalty adds its own at every position.
  Tensor output = input;
  output.distinct = nullptr;
  return output;
}

Gradient ActivityRegularizationNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const bool sequence = input_.space == Space::kSteps;
  const size_t count = RowCount(input_), columns = input_.columns, stride = PaddedStride(columns);
  const size_t first = sequence ? input_.layout->base() : 0;
  const float scale = batch.loss_scale / static_cast<float>(Samples());
  const float l1 = l1_ * scale, l2 = 2.0f * l2_ * scale;
  slopes_.Resize(count * stride);
  std::memset(slopes_.data(), 0, first * stride * sizeof(float));
  ForChunks(batch.pool, first, count, 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* x = RowAt(input_, i);
      float* out = slopes_.data() + i * stride;
      for (size_t c = 0; c < columns; ++c) out[c] = l2 * x[c] + (x[c] > 0.0f ? l1 : x[c] < 0.0f ? -l1 : 0.0f);
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  const Gradient slopes = {slopes_.data(), stride, false};
  const Gradient own = sequence ? expand_.Backward(slopes, batch) : slopes;
  if (!output.data) return own;
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    batch.kernels.add(own.data + begin * stride, output.data + begin * stride, (end - begin) * stride);
  });
  return own;
}

}  // namespace ostinato
