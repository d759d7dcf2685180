// SPDX-License-Identifier: MIT
// A mask as an input of its own: the first input with the steps that the second, [N, T] of numbers, does not
// leave out.
#ifndef OSTINATO_LAYERS_SET_MASK_H_
#define OSTINATO_LAYERS_SET_MASK_H_

#include <vector>

#include "layers/expand.h"
#include "layers/layer.h"

namespace ostinato {

struct SetMaskConfig {};

class SetMaskNode : public Node {
 public:
  SetMaskNode(const SetMaskConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Rows lose steps of their own.
  bool SharesPadding(bool) const override { return false; }

 private:
  Expand expand_;
  Align align_;
  Buffer<uint8_t> counts_;
};

class SetMask : public PlainLayer<SetMaskConfig, SetMaskNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    ExpectShape(inputs.size() == 2 && inputs[0].sequence && !inputs[1].sequence, "a sequence and its mask");
    return {inputs[0]};
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_SET_MASK_H_
