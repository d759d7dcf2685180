// SPDX-License-Identifier: MIT
// MaxPooling1D and AveragePooling1D: one step of each window (keras/src/layers/pooling). Padding is no step:
// it is in no maximum and no average. The gradient of a maximum goes to the first step that has it.
#ifndef OSTINATO_LAYERS_POOL1D_H_
#define OSTINATO_LAYERS_POOL1D_H_

#include <vector>

#include "layers/expand.h"
#include "layers/windows.h"

namespace ostinato {

enum class PoolKind { kMax, kAverage };

struct Pool1dConfig {
  PoolKind kind;
  Windows windows;
};

class Pool1dNode : public UnaryNode {
 public:
  Pool1dNode(const Pool1dConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // A window that begins in the padding of a row may end behind it.
  bool SharesPadding(bool) const override { return false; }

 private:
  // The steps [*first, return value) that window w reads.
  size_t StepsOf(size_t w, size_t* first) const;

  PoolKind kind_;
  Windows windows_;
  Expand expand_;
  BatchLayout layout_;
  size_t steps_ = 0, columns_ = 0;
  Buffer<float> output_, gradient_;
  Buffer<int32_t> step_of_;  // of each maximum
};

class Pool1d : public PlainLayer<Pool1dConfig, Pool1dNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_POOL1D_H_
