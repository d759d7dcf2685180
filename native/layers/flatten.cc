// SPDX-License-Identifier: MIT
#include "layers/flatten.h"

#include <cstring>

namespace ostinato {

Flatten::Flatten(Arena* arena) : Layer(arena), output_(arena), gradient_(arena) {}

Tensor Flatten::Forward(const Tensor& input, BatchContext& batch) {
  space_ = input.space;
  columns_ = input.columns;
  if (space_ == Space::kSamples) return input;
  const size_t rows = batch.layout.rows(), steps = batch.layout.steps(), base = batch.layout.base();
  const size_t stride = PaddedStride(steps * columns_);
  output_.Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      float* out = output_.data() + r * stride;
      for (size_t t = 0; t < steps; ++t) {
        const size_t p = base + t * rows + r;
        const size_t from = input.index ? static_cast<size_t>(input.index[p]) : p;
        std::memcpy(out + t * columns_, input.data + from * input.stride, columns_ * sizeof(float));
      }
      std::memset(out + steps * columns_, 0, (stride - steps * columns_) * sizeof(float));
    }
  });
  return {Space::kSamples, output_.data(), nullptr, stride, steps * columns_, nullptr};
}

Gradient Flatten::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (space_ == Space::kSamples || !needs_input) return output;
  const size_t rows = batch.layout.rows(), steps = batch.layout.steps(), base = batch.layout.base();
  const size_t stride = PaddedStride(columns_);
  gradient_.Resize(batch.layout.step_count() * stride);
  std::memset(gradient_.data(), 0, base * stride * sizeof(float));
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        float* out = gradient_.data() + (base + t * rows + r) * stride;
        std::memcpy(out, output.data + r * output.stride + t * columns_, columns_ * sizeof(float));
        std::memset(out + columns_, 0, (stride - columns_) * sizeof(float));
      }
  });
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
