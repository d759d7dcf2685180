// SPDX-License-Identifier: MIT
// Masking: steps whose features all equal a value are masked from here on (keras/src/layers/core/masking.py).
#ifndef OSTINATO_LAYERS_MASKING_H_
#define OSTINATO_LAYERS_MASKING_H_

#include "layers/expand.h"

namespace ostinato {

class Masking : public Layer {
 public:
  Masking(float value, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override {
    return Expand::Floats(steps) + steps * (kLayoutFloats + PaddedStride(columns));
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Rows lose steps of their own.
  bool SharesPadding(bool) const override { return false; }

  bool CanStep() const override { return true; }
  size_t step_floats(size_t columns) const override { return PaddedStride(columns); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  // NaN differs from everything, as in Keras.
  bool Counts(const float* x, size_t columns) const {
    for (size_t c = 0; c < columns; ++c)
      if (x[c] != value_) return true;
    return false;
  }

  float value_;
  Expand expand_;
  Tensor input_;
  BatchLayout layout_;
  Buffer<uint8_t> counts_;
  Buffer<float> output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MASKING_H_
