// SPDX-License-Identifier: MIT
#include "layers/activation_layer.h"

#include <cstring>

#include "layers/gather.h"

namespace ostinato {

std::unique_ptr<Node> ActivationLayer::MakeNode(const NodeConfig& node) {
  return std::make_unique<ActivationNode>(activation_, node.arena);
}

ActivationNode::ActivationNode(Activation activation, Arena* arena)
    : activation_(activation), input_(arena), output_(arena) {}

Tensor ActivationNode::Forward(const Tensor& input, BatchContext& batch) {
  rows_ = RowCount(input);
  columns_ = input.columns;
  stride_ = PaddedStride(columns_);
  Gather(input, batch, &input_);
  output_.Resize(rows_ * stride_);
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    const size_t at = begin * stride_;
    batch.kernels.activate({activation_, input_.data() + at, nullptr, nullptr, output_.data() + at,
                            end - begin, columns_, stride_});
  });
  return RowsLike(input, output_.data(), stride_, columns_);
}

StreamRows ActivationLayer::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t columns = input.columns, stride = PaddedStride(columns);
  for (size_t i = 0; i < batch.rows; ++i) {
    float* row = batch.work + i * stride;
    std::memcpy(row, RowAt(input, i), columns * sizeof(float));
    std::memset(row + columns, 0, (stride - columns) * sizeof(float));
  }
  batch.kernels.activate(
      {activation_, batch.work, nullptr, nullptr, batch.work, batch.rows, columns, stride});
  return {batch.work, nullptr, stride, columns, input.masked};
}

Gradient ActivationNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input || fused_) return output;
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    const size_t at = begin * stride_;
    const float* before = ActivationNeedsInput(activation_) ? input_.data() + at : nullptr;
    batch.kernels.activation_gradient({activation_, output.data + at, output_.data() + at, before,
                                       output.data + at, end - begin, columns_, stride_});
  });
  return output;
}

}  // namespace ostinato
