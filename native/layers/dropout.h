// SPDX-License-Identifier: MIT
// Dropout: inverted, from a counter-based stream, so that a run repeats bit for bit on any number of threads.
#ifndef OSTINATO_LAYERS_DROPOUT_H_
#define OSTINATO_LAYERS_DROPOUT_H_

#include "layers/layer.h"

namespace ostinato {

class Dropout : public Layer {
 public:
  Dropout(float rate, uint64_t seed, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t, size_t) const override { return 0; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has a mask of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || rate_ == 0.0f; }

  bool CanStep() const override { return true; }

 private:
  void Apply(const float* x, float* out, BatchContext& batch) const;

  float rate_;
  uint64_t seed_;
  size_t rows_ = 0, columns_ = 0, stride_ = 0;
  Buffer<float> input_, output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_DROPOUT_H_
