// SPDX-License-Identifier: MIT
// Permute: timesteps and features change places, [N,T,C] to [N,C,T].
#ifndef OSTINATO_LAYERS_RESHAPING_PERMUTE_H_
#define OSTINATO_LAYERS_RESHAPING_PERMUTE_H_

#include <vector>

#include "layers/expand.h"

namespace ostinato {

struct PermuteConfig {};

class PermuteNode : public UnaryNode {
 public:
  PermuteNode(const PermuteConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Each row needs its padding for itself.
  bool SharesPadding(bool) const override { return false; }

 private:
  Expand expand_;
  Tensor view_;  // the input, all steps
  BatchLayout layout_;
  Buffer<float> output_, gradient_;
};

class Permute : public PlainLayer<PermuteConfig, PermuteNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RESHAPING_PERMUTE_H_
