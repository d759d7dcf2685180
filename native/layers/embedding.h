// SPDX-License-Identifier: MIT
// Embedding: the row of a token. Forward copies nothing: the output is a view of the table. The gradient
// holds only the rows of tokens that occurred.
#ifndef OSTINATO_LAYERS_EMBEDDING_H_
#define OSTINATO_LAYERS_EMBEDDING_H_

#include "layers/layer.h"

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
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

 private:
  EmbeddingConfig config_;
  Buffer<float> sums_;  // [distinct tokens, D], where the gradient comes per position
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_EMBEDDING_H_
