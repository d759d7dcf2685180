// SPDX-License-Identifier: MIT
// GaussianNoise: in training, normal noise is added to every element, from a counter-based stream, so that a
// run repeats bit for bit on any number of threads.
#ifndef OSTINATO_LAYERS_GAUSSIAN_NOISE_H_
#define OSTINATO_LAYERS_GAUSSIAN_NOISE_H_

#include "layers/layer.h"

namespace ostinato {

class GaussianNoise : public Layer {
 public:
  GaussianNoise(double stddev, uint64_t seed, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t, size_t) const override { return 0; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has noise of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || stddev_ == 0.0; }

  bool CanStep() const override { return true; }

 private:
  double stddev_;
  uint64_t seed_;
  Buffer<float> output_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GAUSSIAN_NOISE_H_
