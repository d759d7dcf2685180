// SPDX-License-Identifier: MIT
#include "layers/dropout.h"

#include "layers/gather.h"

namespace ostinato {

Dropout::Dropout(float rate, uint64_t seed, Arena* arena)
    : Layer(arena), rate_(rate), seed_(seed), input_(arena), output_(arena), gradient_(arena) {}

void Dropout::Apply(const float* x, float* out, BatchContext& batch) const {
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    const size_t at = begin * stride_;
    batch.kernels.dropout({x + at, out + at, end - begin, columns_, stride_, rate_, seed_, batch.iteration,
                           static_cast<uint64_t>(begin) * columns_});
  });
}

Tensor Dropout::Forward(const Tensor& input, BatchContext& batch) {
  if (!batch.training || rate_ == 0.0f) return input;
  rows_ = RowCount(input);
  columns_ = input.columns;
  stride_ = PaddedStride(columns_);
  Gather(input, batch, &input_);
  output_.Resize(rows_ * stride_);
  Apply(input_.data(), output_.data(), batch);
  return RowsLike(input, output_.data(), stride_, columns_);
}

// The mask is drawn again rather than kept.
Gradient Dropout::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (rate_ == 0.0f) return output;
  if (!needs_input) return {};
  gradient_.Resize(rows_ * stride_);
  Apply(output.data, gradient_.data(), batch);
  return {gradient_.data(), stride_, false};
}

}  // namespace ostinato
