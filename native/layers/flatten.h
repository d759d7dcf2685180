// SPDX-License-Identifier: MIT
// Flatten: [N,T,C] to [N,T*C].
#ifndef OSTINATO_LAYERS_FLATTEN_H_
#define OSTINATO_LAYERS_FLATTEN_H_

#include "layers/expand.h"

namespace ostinato {

class Flatten : public Layer {
 public:
  explicit Flatten(Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override {
    return Expand::Floats(steps) + PaddedStride(steps * columns);
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Each row needs its padding for itself.
  bool SharesPadding(bool) const override { return false; }

 private:
  Expand expand_;
  Space space_ = Space::kSamples;
  Tensor input_;
  Buffer<float> output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_FLATTEN_H_
