// SPDX-License-Identifier: MIT
// RepeatVector: [N,C] to [N,n,C], n times the same rows: a view, copying nothing.
#ifndef OSTINATO_LAYERS_REPEAT_VECTOR_H_
#define OSTINATO_LAYERS_REPEAT_VECTOR_H_

#include <vector>

#include "layers/layer.h"

namespace ostinato {

struct RepeatVectorConfig {
  size_t times;
};

class RepeatVectorNode : public UnaryNode {
 public:
  RepeatVectorNode(const RepeatVectorConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

 private:
  size_t times_;
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

class RepeatVector : public PlainLayer<RepeatVectorConfig, RepeatVectorNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_REPEAT_VECTOR_H_
