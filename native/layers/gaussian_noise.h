// SPDX-License-Identifier: MIT
// GaussianNoise and GaussianDropout: in training, normal noise is added to every element, or every element is
// multiplied by 1 and noise. It comes from a counter-based stream, so that a run repeats bit for bit on any
// number of threads.
#ifndef OSTINATO_LAYERS_GAUSSIAN_NOISE_H_
#define OSTINATO_LAYERS_GAUSSIAN_NOISE_H_

#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct GaussianNoiseConfig {
  double stddev;
  bool multiplies;
  uint64_t seed;
};

class GaussianNoiseNode : public UnaryNode {
 public:
  GaussianNoiseNode(const GaussianNoiseConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(const std::vector<ValueShape>&, const std::vector<ValueShape>&) const override {
    return 0;
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has noise of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || config_.stddev == 0.0; }

 private:
  const GaussianNoiseConfig& config_;
  uint64_t use_;
  bool acts_ = false;
  size_t rows_ = 0, columns_ = 0;
  Buffer<float> output_;
  Buffer<float> factors_;  // where noise multiplies
};

class GaussianNoise : public PlainLayer<GaussianNoiseConfig, GaussianNoiseNode>, public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneInput(inputs, "gaussian_noise")};
  }
  void SetSeed(uint64_t seed) override { config_.seed = seed; }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GAUSSIAN_NOISE_H_
