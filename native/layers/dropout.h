// SPDX-License-Identifier: MIT
// Dropout: inverted, from a counter-based stream, so that a run repeats bit for bit on any number of threads.
#ifndef OSTINATO_LAYERS_DROPOUT_H_
#define OSTINATO_LAYERS_DROPOUT_H_

#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct DropoutConfig {
  float rate;
  uint64_t seed;
};

class DropoutNode : public UnaryNode {
 public:
  DropoutNode(const DropoutConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(const std::vector<ValueShape>&, const std::vector<ValueShape>&) const override {
    return 0;
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has a mask of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || config_.rate == 0.0f; }

 private:
  void Apply(const float* x, float* out, BatchContext& batch) const;

  const DropoutConfig& config_;
  uint64_t use_;
  size_t rows_ = 0, columns_ = 0, stride_ = 0;
  Buffer<float> input_, output_;
};

class Dropout : public PlainLayer<DropoutConfig, DropoutNode>, public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneInput(inputs, "dropout")};
  }
  void SetSeed(uint64_t seed) override { config_.seed = seed; }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_DROPOUT_H_
