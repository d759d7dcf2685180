// SPDX-License-Identifier: MIT
#include "layers/embedding.h"

#include <cstring>

namespace ostinato {

Embedding::Embedding(const EmbeddingConfig& config, Arena* arena)
    : Layer(arena), config_(config), sums_(arena), slot_(arena), last_tokens_(arena) {
  parameters_.emplace_back(arena, config.input_dim, config.output_dim, config.trainable, config.l1,
                           config.l2);
}

Tensor Embedding::Forward(const Tensor&, BatchContext& batch) {
  const DistinctTokens& distinct = batch.layout.distinct();
  return {Space::kSteps,      parameters_[0].value.data(), batch.layout.tokens(),
          config_.output_dim, config_.output_dim,          distinct.tokens ? &distinct : nullptr};
}

Gradient Embedding::Backward(const Gradient& output, BatchContext& batch, bool) {
  Parameter& table = parameters_[0];
  const DistinctTokens& distinct = batch.layout.distinct();
  if (output.per_distinct) {
    table.gradient = output.data;
    table.gradient_stride = output.stride;
  } else {
    const size_t stride = PaddedStride(config_.output_dim);
    sums_.Resize(distinct.count * stride);
    ForChunks(batch.pool, 0, distinct.count, 128, [&](size_t begin, size_t end) {
      batch.kernels.group_sum({output.data, output.stride, config_.output_dim, distinct.starts,
                               distinct.positions, begin, end, sums_.data(), stride});
    });
    table.gradient = sums_.data();
    table.gradient_stride = stride;
  }
  if (slot_.Resize(config_.input_dim)) std::memset(slot_.data(), 0xff, config_.input_dim * sizeof(int32_t));
  for (size_t u = 0; u < last_count_; ++u) slot_[static_cast<size_t>(last_tokens_[u])] = -1;
  last_tokens_.Resize(distinct.count);
  for (size_t u = 0; u < distinct.count; ++u) {
    slot_[static_cast<size_t>(distinct.tokens[u])] = static_cast<int32_t>(u);
    last_tokens_[u] = distinct.tokens[u];
  }
  last_count_ = distinct.count;
  table.gradient_slot = slot_.data();
  return {};
}

}  // namespace ostinato
