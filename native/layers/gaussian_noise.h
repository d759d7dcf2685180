// SPDX-License-Identifier: MIT
// GaussianNoise: in training, normal noise is added to every element, from a counter-based stream, so that a
// run repeats bit for bit on any number of threads.
#ifndef OSTINATO_LAYERS_GAUSSIAN_NOISE_H_
#define OSTINATO_LAYERS_GAUSSIAN_NOISE_H_

#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct GaussianNoiseConfig {
  double stddev;
  uint64_t seed;
};

class GaussianNoiseNode : public UnaryNode {
 public:
  GaussianNoiseNode(const GaussianNoiseConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has noise of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || config_.stddev == 0.0; }

 private:
  const GaussianNoiseConfig& config_;
  uint64_t use_;
  Buffer<float> output_;
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
