// SPDX-License-Identifier: MIT
// ActivityRegularization, and what an activityRegularizer of any layer is: a penalty on what passes through,
// l1 sum|x| + l2 sum x^2 over all steps, masked ones too, divided by the samples of the batch
// (keras/src/layers/layer.py).
#ifndef OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_
#define OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_

#include "layers/column_sums.h"
#include "layers/expand.h"
#include "layers/stepping.h"

namespace ostinato {

struct ActivityRegularizationConfig {
  float l1, l2;
};

class ActivityRegularizationNode : public UnaryNode {
 public:
  ActivityRegularizationNode(const ActivityRegularizationConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Outside of training masked steps pass through like all others.
  MaskUse mask_use(bool training) const override { return training ? MaskUse::kOwn : MaskUse::kStepwise; }
  double ActivityPenalty() const override { return penalty_; }
  bool AddsPenalty() const override { return l1_ != 0.0f || l2_ != 0.0f; }

 private:
  double Samples() const {
    const size_t rows = input_.layout->rows();
    return static_cast<double>(input_.parts > 0 ? rows / input_.parts : rows);
  }

  float l1_, l2_;
  size_t rows_ = 0;
  Expand expand_;
  Tensor input_;  // with all its steps
  double penalty_ = 0.0;
  ColumnSums sums_;
  Buffer<float> slopes_;
};

class ActivityRegularization : public PlainLayer<ActivityRegularizationConfig, ActivityRegularizationNode>,
                               public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneInput(inputs, "activity_regularization")};
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_
