// SPDX-License-Identifier: MIT
// Conv1D: y_w = f(sum over taps k of x_(step of k in w) W_k + b), keras/src/layers/convolutional/conv1d.py.
#ifndef OSTINATO_LAYERS_CONV1D_H_
#define OSTINATO_LAYERS_CONV1D_H_

#include "layers/expand.h"
#include "layers/stepping.h"
#include "layers/weight_gradient.h"
#include "layers/windows.h"

namespace ostinato {

struct Conv1dConfig {
  size_t features, filters, groups;
  Windows windows;
  Activation activation;
  bool use_bias;
  std::vector<WeightConfig> weights;  // kernel [taps, features / groups, filters], bias

  size_t taps() const { return windows.size; }
  // What follows is there for each group, whose parts of rows lie in buffers of their own, padded: kernels
  // write padded columns.
  size_t depth() const { return features / groups; }
  size_t width() const { return filters / groups; }
};

class Conv1d : public Layer, public UnaryStepping {
 public:
  explicit Conv1d(const Conv1dConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  bool CanFuseWithLoss(Activation activation) const override { return config_.activation == activation; }

  // A stream keeps the inputs that later windows read, the oldest first.
  bool CanStep() const override {
    return config_.windows.padding == WindowPadding::kCausal && config_.windows.strides == 1 &&
           config_.groups == 1;
  }
  size_t stream_floats() const override {
    return static_cast<size_t>(config_.windows.reach()) * config_.features;
  }
  size_t step_floats(const std::vector<ValueShape>&) const override { return stride_; }
  void PrepareSteps(const KernelTable& kernels) override { PackWeights(kernels, nullptr); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class Conv1dNode;
  void PackWeights(const KernelTable& kernels, WorkerPool* pool);

  Conv1dConfig config_;
  size_t stride_;
  DerivedBuffer<float> packed_, packed_back_, padded_bias_;  // one after another: of group g and tap k
};

class Conv1dNode : public UnaryNode {
 public:
  Conv1dNode(Conv1d* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // A window that begins in the padding of a row may end behind it.
  bool SharesPadding(bool) const override { return false; }
  void FuseWithLoss(bool fused) override { fused_ = fused; }
  const float* Logits() const override { return fused_ ? sums_.data() : nullptr; }

 private:
  bool NeedsSums() const { return fused_ || ActivationNeedsInput(config_.activation); }
  void IndexTaps();
  void InputGradient(const float* deltas, BatchContext& batch);
  void WeightGradients(const float* deltas, BatchContext& batch);

  Conv1d& layer_;
  const Conv1dConfig& config_;
  const size_t stride_;
  bool fused_ = false;
  Expand expand_;
  BatchLayout layout_;
  Buffer<float> input_;  // the rows, zeros at the unused position
  // [taps, positions] what each tap reads at each output position, and the output that reads an input
  // position by it; the unused position, whose row is zero, where there is none.
  Buffer<int32_t> reads_, read_by_;
  Buffer<float> grouped_;  // [groups, positions, width] where there is more than one group
  Buffer<float> sums_;     // before the activation
  Buffer<float> output_;
  Buffer<float> input_gradient_;
  WeightGradient tap_gradient_;
  Buffer<float> kernel_gradient_, bias_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_CONV1D_H_
