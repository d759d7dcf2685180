// SPDX-License-Identifier: MIT
// Reshape: the elements of each row, in order, as a vector or as steps of vectors.
#ifndef OSTINATO_LAYERS_RESHAPE_H_
#define OSTINATO_LAYERS_RESHAPE_H_

#include "layers/expand.h"

namespace ostinato {

class Reshape : public Layer {
 public:
  // To [N,columns], or with `steps` above 0 to [N,steps,columns].
  Reshape(size_t steps, size_t columns, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override {
    return Expand::Floats(steps) + steps_ * kLayoutFloats + 2 * steps * columns;
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Each row needs its padding for itself.
  bool SharesPadding(bool) const override { return false; }
  int64_t OutputSteps(int64_t) const override { return static_cast<int64_t>(steps_); }

 private:
  size_t steps_, columns_;
  Expand expand_;
  Tensor input_;
  BatchLayout layout_;
  Buffer<float> flat_;  // [rows + 1, elements of a row] without padding, the last zero
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RESHAPE_H_
