// SPDX-License-Identifier: MIT
// Concatenate: inputs one after another, along the features or along the timesteps
// (keras/src/layers/merging/concatenate.py).
#ifndef OSTINATO_LAYERS_MERGING_CONCATENATE_H_
#define OSTINATO_LAYERS_MERGING_CONCATENATE_H_

#include <deque>
#include <vector>

#include "layers/layer.h"
#include "layers/merging/arrange.h"
#include "layers/stepping.h"

namespace ostinato {

struct ConcatenateConfig {
  bool along_steps;
};

class ConcatenateNode : public Node {
 public:
  ConcatenateNode(const ConcatenateConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  // Rows get other steps.
  bool SharesPadding(bool) const override { return !along_steps_; }
  MaskUse mask_use(bool) const override { return along_steps_ ? MaskUse::kNone : MaskUse::kStepwise; }

 private:
  Tensor Features(BatchContext& batch);
  Tensor Steps(BatchContext& batch);
  Gradient FeaturesGradient(size_t i, size_t first, const Gradient& output, BatchContext& batch);
  Gradient StepsGradient(size_t i, size_t first, const Gradient& output, BatchContext& batch);

  bool along_steps_;
  Arrange arrange_;
  BatchLayout layout_;
  Buffer<uint8_t> counts_;
  Buffer<float> output_;
  std::deque<Buffer<float>> gradients_;
};

class Concatenate : public PlainLayer<ConcatenateConfig, ConcatenateNode>, public Stepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;

  bool CanStep() const override { return !config_.along_steps; }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override;
  void Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MERGING_CONCATENATE_H_
