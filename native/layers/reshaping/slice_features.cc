// SPDX-License-Identifier: MIT
#include "layers/reshaping/slice_features.h"

#include <cstring>

namespace ostinato {
namespace {

void SliceRow(const SliceFeaturesConfig& config, const float* x, float* out) {
  for (size_t c = 0; c < config.count; ++c) out[c] = x[config.Source(c)];
  std::memset(out + config.count, 0, (PaddedStride(config.count) - config.count) * sizeof(float));
}

}  // namespace

std::vector<ValueShape> SliceFeatures::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneInput(inputs, "slice_features");
  ExpectShape(
      config_.count > 0 && config_.begin < shape.columns && config_.Source(config_.count - 1) < shape.columns,
      "features that are sliced are there");
  shape.columns = config_.count;
  return {shape};
}

StreamRows SliceFeatures::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t stride = PaddedStride(config_.count);
  for (size_t i = 0; i < batch.rows; ++i) SliceRow(config_, RowAt(input, i), batch.work + i * stride);
  return {batch.work, nullptr, stride, config_.count, input.masked};
}

SliceFeaturesNode::SliceFeaturesNode(const SliceFeaturesConfig& config, const NodeConfig& node)
    : config_(config), output_(node.arena), gradient_(node.arena) {}

Tensor SliceFeaturesNode::Forward(const Tensor& input, BatchContext& batch) {
  rows_ = RowCount(input);
  columns_ = input.columns;
  const size_t stride = PaddedStride(config_.count);
  output_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) SliceRow(config_, RowAt(input, i), output_.data() + i * stride);
  });
  return RowsLike(input, output_.data(), stride, config_.count);
}

Gradient SliceFeaturesNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t stride = PaddedStride(columns_);
  gradient_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    std::memset(gradient_.data() + begin * stride, 0, (end - begin) * stride * sizeof(float));
    for (size_t i = begin; i < end; ++i)
      for (size_t c = 0; c < config_.count; ++c)
        gradient_[i * stride + config_.Source(c)] = output.data[i * output.stride + c];
  });
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
