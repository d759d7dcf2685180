// SPDX-License-Identifier: MIT
// Activation: an activation as a layer of its own.
#ifndef OSTINATO_LAYERS_ACTIVATION_LAYER_H_
#define OSTINATO_LAYERS_ACTIVATION_LAYER_H_

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

class ActivationLayer : public Layer, public UnaryStepping {
 public:
  explicit ActivationLayer(Activation activation) : activation_(activation) {}
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneInput(inputs, "activation")};
  }
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  bool CanFuseWithLoss(Activation activation) const override { return activation_ == activation; }

  size_t step_floats(const std::vector<ValueShape>& inputs) const override {
    return PaddedStride(inputs[0].columns);
  }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  Activation activation_;
};

class ActivationNode : public UnaryNode {
 public:
  ActivationNode(Activation activation, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void FuseWithLoss(bool fused) override { fused_ = fused; }
  const float* Logits() const override { return fused_ ? input_.data() : nullptr; }

 private:
  Activation activation_;
  bool fused_ = false;
  size_t rows_ = 0, columns_ = 0, stride_ = 0;
  Buffer<float> input_, output_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATION_LAYER_H_
