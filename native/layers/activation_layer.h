// SPDX-License-Identifier: MIT
// Activation: an activation as a layer of its own.
#ifndef OSTINATO_LAYERS_ACTIVATION_LAYER_H_
#define OSTINATO_LAYERS_ACTIVATION_LAYER_H_

#include "layers/layer.h"

namespace ostinato {

class ActivationLayer : public Layer {
 public:
  ActivationLayer(Activation activation, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override {
    return 2 * steps * PaddedStride(columns);
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

  bool CanStep() const override { return true; }
  size_t step_floats(size_t columns) const override { return PaddedStride(columns); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

  bool CanFuseWithLoss(Activation activation) const override { return activation_ == activation; }
  void FuseWithLoss(bool fused) override { fused_ = fused; }
  const float* Logits() const override { return fused_ ? input_.data() : nullptr; }

 private:
  Activation activation_;
  bool fused_ = false;
  size_t rows_ = 0, columns_ = 0, stride_ = 0;
  Buffer<float> input_, output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATION_LAYER_H_
