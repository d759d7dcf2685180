// SPDX-License-Identifier: MIT
// Flatten: [N,T,C] to [N,T*C].
#ifndef OSTINATO_LAYERS_FLATTEN_H_
#define OSTINATO_LAYERS_FLATTEN_H_

#include <vector>

#include "layers/expand.h"

namespace ostinato {

struct FlattenConfig {};

class FlattenNode : public UnaryNode {
 public:
  FlattenNode(const FlattenConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
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

class Flatten : public PlainLayer<FlattenConfig, FlattenNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_FLATTEN_H_
