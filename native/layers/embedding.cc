// SPDX-License-Identifier: MIT
#include "layers/embedding.h"

namespace ostinato {

Embedding::Embedding(const EmbeddingConfig& config, Arena* arena)
    : Layer(arena), config_(config), sums_(arena) {
  parameters_.emplace_back(arena, std::vector<size_t>{config.input_dim, config.output_dim}, config.trainable,
                           config.weight);
}

Tensor Embedding::Forward(const Tensor& input, BatchContext& batch) {
  const DistinctTokens& distinct = batch.layout.distinct();
  Tensor output = RowsLike(input, parameters_[0].value.data(), config_.output_dim, config_.output_dim);
  output.index = batch.layout.tokens();
  output.distinct = distinct.tokens ? &distinct : nullptr;
  return output;
}

Gradient Embedding::Backward(const Gradient& output, BatchContext& batch, bool) {
  Parameter& table = parameters_[0];
  const DistinctTokens& distinct = batch.layout.distinct();
  if (output.per_distinct) {
    table.gradient = output.data;
    table.gradient_stride = output.stride;
  } else {
    sums_.Plan(distinct, output.data, output.stride, config_.output_dim, 0, batch.layout.step_count());
    batch.pool.For(sums_.chunks().count(), [&](size_t chunk) { sums_.Run(batch.kernels, chunk); });
    sums_.Reduce(batch.kernels);
    table.gradient = sums_.sums();
    table.gradient_stride = sums_.stride();
  }
  table.gradient_slot = batch.layout.slot_of_token();
  return {};
}

}  // namespace ostinato
