// SPDX-License-Identifier: MIT
// Embedding: a row of the table for every token (keras/src/layers/core/embedding.py).
#ifndef OSTINATO_LAYERS_EMBEDDING_H_
#define OSTINATO_LAYERS_EMBEDDING_H_

#include <memory>
#include <vector>

#include "layers/expand.h"
#include "layers/layer.h"
#include "layers/stepping.h"
#include "layers/token_sums.h"

namespace ostinato {

struct EmbeddingConfig {
  size_t input_dim, output_dim;
  bool mask_zero;
  WeightConfig weight;
};

class Embedding : public Layer, public UnaryStepping {
 public:
  explicit Embedding(const EmbeddingConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  size_t vocabulary() const { return config_.input_dim; }
  size_t columns() const { return config_.output_dim; }
  bool mask_zero() const { return config_.mask_zero; }

  // The input has the tokens as its index.
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  EmbeddingConfig config_;
};

class EmbeddingNode : public UnaryNode {
 public:
  EmbeddingNode(Embedding* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(const std::vector<ValueShape>&, const std::vector<ValueShape>&) const override {
    return 0;
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

 private:
  const BatchLayout& LayOutIds(const Tensor& input);

  Embedding& layer_;
  const BatchLayout* layout_ = nullptr;  // of the tokens
  TokenSums sums_;                       // [distinct tokens, D], where the gradient comes per position
  // Of ids that were computed from others, which come as numbers:
  Expand expand_;
  BatchLayout own_layout_;
  Buffer<int32_t> ids_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_EMBEDDING_H_
