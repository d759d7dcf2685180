// SPDX-License-Identifier: MIT
// Dense: activation(x W + b) of every row (keras/src/layers/core/dense.py), where features and units may be
// several axes of the weights (keras/src/layers/core/einsum_dense.py).
#ifndef OSTINATO_LAYERS_DENSE_H_
#define OSTINATO_LAYERS_DENSE_H_

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"
#include "layers/weight_gradient.h"

namespace ostinato {

struct DenseConfig {
  // Axes of the kernel that are summed over and that are given; both lie as one axis in a row.
  std::vector<size_t> feature_shape, unit_shape;
  Activation activation;
  bool use_bias;
  std::vector<WeightConfig> weights;  // kernel, bias
};

class Dense : public Layer, public UnaryStepping {
 public:
  explicit Dense(const DenseConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  bool CanFuseWithLoss(Activation activation) const override { return config_.activation == activation; }

  size_t step_floats(const std::vector<ValueShape>&) const override { return stride_; }
  void PrepareSteps(const KernelTable& kernels) override { PackWeights(kernels, nullptr); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class DenseNode;
  void PackWeights(const KernelTable& kernels, WorkerPool* pool);

  DenseConfig config_;
  size_t features_, units_, stride_;
  DerivedBuffer<float> packed_, packed_back_, padded_bias_;
};

class DenseNode : public UnaryNode {
 public:
  DenseNode(Dense* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void FuseWithLoss(bool fused) override { fused_ = fused; }
  const float* Logits() const override { return fused_ ? logits_.data() : nullptr; }

 private:
  bool NeedsLogits() const { return fused_ || ActivationNeedsInput(layer_.config_.activation); }

  Dense& layer_;
  bool fused_ = false;
  Tensor input_;
  Buffer<float> logits_;  // before the activation, where NeedsLogits
  Buffer<float> output_;
  Buffer<float> input_gradient_;
  WeightGradient kernel_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_DENSE_H_
