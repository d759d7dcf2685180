// SPDX-License-Identifier: MIT
// Reshape: the elements of each row, in order, as a vector or as steps of vectors.
#ifndef OSTINATO_LAYERS_RESHAPE_H_
#define OSTINATO_LAYERS_RESHAPE_H_

#include <vector>

#include "layers/expand.h"

namespace ostinato {

// To [N,columns], or with `steps` above 0 to [N,steps,columns].
struct ReshapeConfig {
  size_t steps, columns;
};

class ReshapeNode : public UnaryNode {
 public:
  ReshapeNode(const ReshapeConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // Each row needs its padding for itself.
  bool SharesPadding(bool) const override { return false; }

 private:
  size_t steps_, columns_;
  Expand expand_;
  Tensor input_;
  BatchLayout layout_;
  Buffer<float> flat_;  // [rows + 1, elements of a row] without padding, the last zero
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

class Reshape : public PlainLayer<ReshapeConfig, ReshapeNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RESHAPE_H_
