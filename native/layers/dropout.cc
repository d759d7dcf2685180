// SPDX-License-Identifier: MIT
#include "layers/dropout.h"

#include "base/random.h"
#include "layers/gather.h"

namespace ostinato {

DropoutNode::DropoutNode(const DropoutConfig& config, const NodeConfig& node)
    : config_(config), use_(node.use), input_(node.arena), output_(node.arena) {}

void DropoutNode::Apply(const float* x, float* out, BatchContext& batch) const {
  ForChunks(batch.pool, 0, rows_, 256, [&](size_t begin, size_t end) {
    const size_t at = begin * stride_;
    batch.kernels.dropout({x + at, out + at, end - begin, columns_, stride_, config_.rate,
                           SeedOfUse(config_.seed, use_), batch.iteration,
                           static_cast<uint64_t>(begin) * columns_});
  });
}

Tensor DropoutNode::Forward(const Tensor& input, BatchContext& batch) {
  if (!batch.training || config_.rate == 0.0f) return input;
  rows_ = RowCount(input);
  columns_ = input.columns;
  stride_ = PaddedStride(columns_);
  Gather(input, batch, &input_);
  output_.Resize(rows_ * stride_);
  Apply(input_.data(), output_.data(), batch);
  return RowsLike(input, output_.data(), stride_, columns_);
}

// The mask is drawn again rather than kept.
Gradient DropoutNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (needs_input && config_.rate > 0.0f) Apply(output.data, output.data, batch);
  return output;
}

}  // namespace ostinato
