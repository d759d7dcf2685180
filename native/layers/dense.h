// SPDX-License-Identifier: MIT
// Dense: y = f(x W + b) on the last axis, keras/src/layers/core/dense.py.
#ifndef OSTINATO_LAYERS_DENSE_H_
#define OSTINATO_LAYERS_DENSE_H_

#include "layers/layer.h"
#include "layers/weight_gradient.h"

namespace ostinato {

struct DenseConfig {
  size_t features, units;
  Activation activation;
  bool use_bias, trainable;
  std::vector<WeightConfig> weights;  // kernel, bias
};

class Dense : public Layer {
 public:
  Dense(const DenseConfig& config, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t) const override {
    return steps * stride_ * (NeedsLogits() ? 2 : 1);
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

  bool CanStep() const override { return true; }
  size_t step_columns(size_t) const override { return config_.units; }
  size_t step_floats(size_t) const override { return stride_; }
  void PrepareSteps(const KernelTable& kernels) override { PackWeights(kernels, nullptr); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

  bool CanFuseWithLoss(Activation activation) const override { return config_.activation == activation; }
  void FuseWithLoss(bool fused) override { fused_ = fused; }
  const float* Logits() const override { return fused_ ? logits_.data() : nullptr; }

 private:
  bool NeedsLogits() const { return fused_ || ActivationNeedsInput(config_.activation); }
  void PackWeights(const KernelTable& kernels, WorkerPool* pool);

  DenseConfig config_;
  size_t stride_;
  bool fused_ = false;
  Tensor input_;
  DerivedBuffer<float> packed_, packed_back_, padded_bias_;
  Buffer<float> logits_;  // before the activation, where NeedsLogits
  Buffer<float> output_;
  Buffer<float> deltas_;  // gradient of the logits, where there is an activation to go through
  Buffer<float> input_gradient_;
  WeightGradient kernel_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_DENSE_H_
