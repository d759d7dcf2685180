// SPDX-License-Identifier: MIT
// ActivityRegularization, and what an activityRegularizer of any layer is: a penalty on what passes through,
// l1 sum|x| + l2 sum x^2 over all steps, masked ones too, divided by the rows of the batch
// (keras/src/layers/layer.py).
#ifndef OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_
#define OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_

#include "layers/column_sums.h"
#include "layers/expand.h"

namespace ostinato {

class ActivityRegularization : public Layer {
 public:
  ActivityRegularization(float l1, float l2, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t) const override { return Expand::Floats(steps); }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Outside of training masked steps pass through like all others.
  MaskUse mask_use(bool training) const override { return training ? MaskUse::kOwn : MaskUse::kStepwise; }
  double ActivityPenalty() const override { return penalty_; }

  bool CanStep() const override { return true; }

 private:
  float l1_, l2_;
  size_t rows_ = 0;
  Expand expand_;
  Tensor input_;  // with all its steps
  double penalty_ = 0.0;
  ColumnSums sums_;
  Buffer<float> slopes_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVITY_REGULARIZATION_H_
