// SPDX-License-Identifier: MIT
// Embedding: the row of a token. Forward copies nothing: the output is a view of the table. The gradient
// holds only the rows of tokens that occurred.
#ifndef OSTINATO_LAYERS_EMBEDDING_H_
#define OSTINATO_LAYERS_EMBEDDING_H_

#include "layers/layer.h"
#include "layers/token_sums.h"

namespace ostinato {

struct EmbeddingConfig {
  size_t input_dim, output_dim;
  bool trainable;
  WeightConfig weight;
};

class Embedding : public Layer {
 public:
  Embedding(const EmbeddingConfig& config, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t, size_t) const override { return 0; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

  // The input has the tokens as its index.
  bool CanStep() const override { return true; }
  size_t step_columns(size_t) const override { return config_.output_dim; }
  StreamRows Step(const StreamRows& input, const StreamBatch&) const override {
    return {parameters_[0].value.data(), input.index, config_.output_dim, config_.output_dim};
  }

 private:
  EmbeddingConfig config_;
  TokenSums sums_;  // [distinct tokens, D], where the gradient comes per position
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_EMBEDDING_H_
