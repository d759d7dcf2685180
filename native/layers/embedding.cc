// SPDX-License-Identifier: MIT
#include "layers/embedding.h"

namespace ostinato {

Embedding::Embedding(const EmbeddingConfig& config) : config_(config) {
  AddParameter({config.input_dim, config.output_dim}, config.weight);
}

std::vector<ValueShape> Embedding::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneSequence(inputs, "embedding");
  ExpectShape(shape.columns == 1, "an embedding reads one id a timestep");
  shape.columns = config_.output_dim;
  return {shape};
}

std::unique_ptr<Node> Embedding::MakeNode(const NodeConfig& node) {
  return std::make_unique<EmbeddingNode>(this, node.arena);
}

StreamRows Embedding::Step(const StreamRows& input, const StreamBatch& batch) const {
  if (config_.mask_zero)
    for (size_t i = 0; i < batch.rows; ++i) batch.masked[i] = input.index[i] == 0;
  return {parameters()[0].value.data(), input.index, config_.output_dim, config_.output_dim,
          config_.mask_zero ? batch.masked : nullptr};
}

EmbeddingNode::EmbeddingNode(Embedding* layer, Arena* arena)
    : layer_(*layer), sums_(arena), expand_(arena), own_layout_(arena), ids_(arena) {}

// Numbers that hold ids, as layers pass them on that only move rows: floats are exact up to 2^24.
const BatchLayout& EmbeddingNode::LayOutIds(const Tensor& input) {
  const Tensor plain = expand_.Forward(input);
  ids_.Resize(plain.layout->step_count());
  const float most = static_cast<float>(layer_.vocabulary() - 1);
  for (size_t p = 0; p < ids_.size(); ++p) {
    const float id = *RowAt(plain, p);
    ids_[p] = id >= 0.0f && id <= most ? static_cast<int32_t>(id) : 0;
  }
  own_layout_.BuildIds(*plain.layout, ids_.data(), layer_.vocabulary(), layer_.mask_zero());
  return own_layout_;
}

Tensor EmbeddingNode::Forward(const Tensor& input, BatchContext&) {
  layout_ = input.tokens ? input.layout : &LayOutIds(input);
  const DistinctTokens& distinct = layout_->distinct();
  Tensor output = RowsLike(input, layer_.parameters()[0].value.data(), layer_.columns(), layer_.columns());
  output.layout = layout_;
  output.index = layout_->tokens();
  output.distinct = distinct.tokens ? &distinct : nullptr;
  output.tokens = nullptr;
  output.counts = nullptr;
  return output;
}

Gradient EmbeddingNode::Backward(const Gradient& output, BatchContext& batch, bool) {
  const DistinctTokens& distinct = layout_->distinct();
  WeightRows rows = {output.data, output.stride, layout_->slot_of_token(), &distinct};
  if (!output.per_distinct) {
    sums_.Plan(distinct, output.data, output.stride, layer_.columns(), 0, layout_->step_count());
    batch.pool.For(sums_.chunks().count(), [&](size_t chunk) { sums_.Run(batch.kernels, chunk); });
    sums_.Reduce(batch.kernels);
    rows.data = sums_.sums();
    rows.stride = sums_.stride();
  }
  batch.weights.Add(layer_.parameters()[0], rows);
  return {};
}

}  // namespace ostinato
