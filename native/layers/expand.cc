// SPDX-License-Identifier: MIT
#include "layers/expand.h"

#include <cstring>

namespace ostinato {

Tensor Expand::Forward(const Tensor& input) {
  input_ = input;
  const BatchLayout& from = *input.layout;
  is_plain_ = !from.masked() && from.trunk() == 0;
  if (is_plain_) return input;
  layout_.BuildPlain(from, from.source_steps());
  from.ExpandIndex(input.fill == MaskFill::kCarry, &index_);
  Tensor output = input;
  output.layout = &layout_;
  output.fill = MaskFill::kUnused;
  output.distinct = nullptr;
  if (input.index) {
    for (size_t i = 0; i < index_.size(); ++i) index_[i] = input.index[index_[i]];
  }
  output.index = index_.data();
  return output;
}

Gradient Expand::Backward(const Gradient& output, BatchContext& batch) {
  if (is_plain_) return output;
  const BatchLayout& to = *input_.layout;
  const size_t rows = to.rows(), steps = to.source_steps(), stride = output.stride;
  to.ExpandIndex(input_.fill == MaskFill::kCarry, &index_);
  gradient_.Resize(to.step_count() * stride);
  std::memset(gradient_.data(), 0, to.base() * stride * sizeof(float));
  const int32_t own = static_cast<int32_t>(to.base());
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      for (size_t t = to.start(r); t < to.steps(); ++t)
        std::memset(gradient_.data() + (to.base() + static_cast<size_t>(to.offsets()[t]) + r) * stride, 0,
                    stride * sizeof(float));
      for (size_t t = 0; t < steps; ++t) {
        const int32_t position = index_[1 + t * rows + r];
        if (position >= own)
          batch.kernels.add(gradient_.data() + static_cast<size_t>(position) * stride,
                            output.data + (1 + t * rows + r) * stride, stride);
      }
    }
  });
  // Positions that rows share are summed by one thread, in order.
  for (size_t q = 1; q < index_.size(); ++q) {
    if (index_[q] >= own) continue;
    if (q % 256 == 0) WorkerPool::YieldOrThrow();
    batch.kernels.add(gradient_.data() + static_cast<size_t>(index_[q]) * stride, output.data + q * stride,
                      stride);
  }
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
