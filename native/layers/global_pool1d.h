// SPDX-License-Identifier: MIT
// GlobalMaxPooling1D, which knows no mask, and GlobalAveragePooling1D, the mean over the steps that count: 0
// where none does (keras/src/layers/pooling).
#ifndef OSTINATO_LAYERS_GLOBAL_POOL1D_H_
#define OSTINATO_LAYERS_GLOBAL_POOL1D_H_

#include <vector>

#include "layers/expand.h"
#include "layers/pool1d.h"

namespace ostinato {

struct GlobalPool1dConfig {
  PoolKind kind;
  bool keep_steps;  // the output is a sequence of one step
};

class GlobalPool1dNode : public UnaryNode {
 public:
  GlobalPool1dNode(const GlobalPool1dConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return kind_ == PoolKind::kMax ? MaskUse::kNone : MaskUse::kOwn; }
  // Each row needs its padding for itself.
  bool SharesPadding(bool) const override { return false; }

 private:
  size_t Position(size_t r, size_t t) const {
    return input_.layout->base() + static_cast<size_t>(input_.layout->offsets()[t]) + r;
  }
  void Max(size_t r, float* out) const;
  void MaxGradient(size_t r, const float* max, const float* d);
  void Average(size_t r, float* out) const;

  PoolKind kind_;
  bool keep_steps_;  // the output is a sequence of one step
  Expand expand_;
  Compact compact_;
  Tensor input_;
  BatchLayout layout_;
  Buffer<float> output_, gradient_;
  Buffer<float> shares_;  // of each maximum's gradient, for every step that has it
};

class GlobalPool1d : public PlainLayer<GlobalPool1dConfig, GlobalPool1dNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GLOBAL_POOL1D_H_
