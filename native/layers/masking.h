// SPDX-License-Identifier: MIT
// Masking: steps whose features all equal a value are masked from here on (keras/src/layers/core/masking.py).
#ifndef OSTINATO_LAYERS_MASKING_H_
#define OSTINATO_LAYERS_MASKING_H_

#include <vector>

#include "layers/expand.h"
#include "layers/stepping.h"

namespace ostinato {

struct MaskingConfig {
  float value;
};

class MaskingNode : public UnaryNode {
 public:
  MaskingNode(const MaskingConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Rows lose steps of their own.
  bool SharesPadding(bool) const override { return false; }

 private:
  float value_;
  Expand expand_;
  Tensor input_;
  BatchLayout layout_;
  Buffer<uint8_t> counts_;
  Buffer<float> output_, gradient_;
};

class Masking : public PlainLayer<MaskingConfig, MaskingNode>, public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneSequence(inputs, "masking")};
  }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override {
    return PaddedStride(inputs[0].columns);
  }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MASKING_H_
