// SPDX-License-Identifier: MIT
// Softmax over the features that a mask keeps (keras/src/layers/activations/softmax.py): features whose mask
// is at most a half are zero, also where all of a row are.
#ifndef OSTINATO_LAYERS_ACTIVATIONS_MASKED_SOFTMAX_H_
#define OSTINATO_LAYERS_ACTIVATIONS_MASKED_SOFTMAX_H_

#include <vector>

#include "layers/layer.h"
#include "layers/merging/arrange.h"

namespace ostinato {

struct MaskedSoftmaxConfig {};

// Reads x and the mask, whose axes are x's or 1.
class MaskedSoftmaxNode : public Node {
 public:
  MaskedSoftmaxNode(const MaskedSoftmaxConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;

 private:
  const float* MaskOf(size_t row) const;

  Arrange arrange_;
  Buffer<float> output_;
};

class MaskedSoftmax : public PlainLayer<MaskedSoftmaxConfig, MaskedSoftmaxNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATIONS_MASKED_SOFTMAX_H_
