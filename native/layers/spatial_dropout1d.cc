// SPDX-License-Identifier: MIT
#include "layers/spatial_dropout1d.h"

#include <algorithm>

#include "base/random.h"

namespace ostinato {

SpatialDropout1dNode::SpatialDropout1dNode(const DropoutConfig& config, const NodeConfig& node)
    : config_(config), use_(node.use), ones_(node.arena), factors_(node.arena), output_(node.arena) {}

void SpatialDropout1dNode::Apply(const Tensor& input, WorkerPool& pool, float* out) const {
  const BatchLayout& layout = *input_.layout;
  const auto scale = [&](size_t position, size_t row) {
    const float *x = RowAt(input, position), *factors = factors_.data() + row * stride_;
    float* to = out + position * stride_;
    for (size_t c = 0; c < input_.columns; ++c) to[c] = x[c] * factors[c];
    for (size_t c = input_.columns; c < stride_; ++c) to[c] = 0.0f;
  };
  for (size_t p = 0; p < layout.base(); ++p) scale(p, layout.rows());
  ForChunks(pool, 0, layout.steps(), 16, [&](size_t begin, size_t end) {
    for (size_t t = begin; t < end; ++t)
      for (size_t r = 0; r < static_cast<size_t>(layout.active()[t]); ++r)
        scale(layout.base() + static_cast<size_t>(layout.offsets()[t]) + r, r);
  });
}

Tensor SpatialDropout1dNode::Forward(const Tensor& input, BatchContext& batch) {
  if (!batch.training || config_.rate == 0.0f) return input;
  input_ = input;
  stride_ = PaddedStride(input.columns);
  const size_t rows = input.layout->rows() + 1;
  ones_.Resize(rows * stride_);
  factors_.Resize(rows * stride_);
  std::fill_n(ones_.data(), ones_.size(), 1.0f);
  batch.kernels.dropout({ones_.data(), factors_.data(), rows, input.columns, stride_, config_.rate,
                         SeedOfUse(config_.seed, use_), batch.iteration, 0});
  output_.Resize(RowCount(input) * stride_);
  Apply(input, batch.pool, output_.data());
  return RowsLike(input, output_.data(), stride_, input.columns);
}

Gradient SpatialDropout1dNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (needs_input && config_.rate > 0.0f)
    Apply(RowsLike(input_, output.data, output.stride, input_.columns), batch.pool, output.data);
  return output;
}

}  // namespace ostinato
