// SPDX-License-Identifier: MIT
#include "layers/masking.h"

#include <cstring>

namespace ostinato {
namespace {

// NaN differs from everything, as in Keras.
bool Counts(const float* x, size_t columns, float value) {
  for (size_t c = 0; c < columns; ++c)
    if (x[c] != value) return true;
  return false;
}

}  // namespace

MaskingNode::MaskingNode(const MaskingConfig& config, const NodeConfig& node)
    : value_(config.value),
      expand_(node.arena),
      layout_(node.arena),
      counts_(node.arena),
      output_(node.arena),
      gradient_(node.arena) {}

Tensor MaskingNode::Forward(const Tensor& given, BatchContext& batch) {
  input_ = expand_.Forward(given);
  const size_t columns = input_.columns, stride = PaddedStride(columns);
  const auto row = [&](size_t p) {
    return input_.data + (input_.index ? static_cast<size_t>(input_.index[p]) : p) * input_.stride;
  };
  counts_.Resize(input_.layout->step_count());
  ForChunks(batch.pool, 0, counts_.size(), 256, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p) counts_[p] = Counts(row(p), columns, value_);
  });
  layout_.BuildMasked(*input_.layout, counts_.data());
  output_.Resize(layout_.step_count() * stride);
  std::memset(output_.data(), 0, stride * sizeof(float));
  ForChunks(batch.pool, layout_.base(), layout_.step_count(), 256, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p) {
      float* out = output_.data() + p * stride;
      std::memcpy(out, row(static_cast<size_t>(layout_.values()[p])), columns * sizeof(float));
      std::memset(out + columns, 0, (stride - columns) * sizeof(float));
    }
  });
  Tensor output = RowsLike(input_, output_.data(), stride, columns);
  output.layout = &layout_;
  output.fill = MaskFill::kUnused;
  return output;
}

StreamRows Masking::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t columns = input.columns, stride = PaddedStride(columns);
  std::memset(batch.work, 0, batch.rows * stride * sizeof(float));
  for (size_t i = 0; i < batch.rows; ++i) {
    const float* x = RowAt(input, i);
    batch.masked[i] = !Counts(x, columns, config_.value);
    if (!batch.masked[i]) std::memcpy(batch.work + i * stride, x, columns * sizeof(float));
  }
  return {batch.work, nullptr, stride, columns, batch.masked};
}

Gradient MaskingNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t stride = output.stride;
  gradient_.Resize(input_.layout->step_count() * stride);
  ZeroAll(batch.pool, &gradient_);
  ForChunks(batch.pool, layout_.base(), layout_.step_count(), 256, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p)
      std::memcpy(gradient_.data() + static_cast<size_t>(layout_.values()[p]) * stride,
                  output.data + p * stride, stride * sizeof(float));
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

}  // namespace ostinato
