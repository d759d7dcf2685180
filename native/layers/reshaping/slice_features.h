// SPDX-License-Identifier: MIT
// Slice along the features: columns begin, begin + stride, ... of each row.
#ifndef OSTINATO_LAYERS_RESHAPING_SLICE_FEATURES_H_
#define OSTINATO_LAYERS_RESHAPING_SLICE_FEATURES_H_

#include <vector>

#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct SliceFeaturesConfig {
  size_t begin, count;
  int64_t stride;

  size_t Source(size_t c) const {
    return static_cast<size_t>(static_cast<int64_t>(begin) + static_cast<int64_t>(c) * stride);
  }
};

class SliceFeaturesNode : public UnaryNode {
 public:
  SliceFeaturesNode(const SliceFeaturesConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

 private:
  SliceFeaturesConfig config_;
  size_t rows_ = 0, columns_ = 0;
  Buffer<float> output_, gradient_;
};

class SliceFeatures : public PlainLayer<SliceFeaturesConfig, SliceFeaturesNode>, public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  size_t step_floats(const std::vector<ValueShape>&) const override { return PaddedStride(config_.count); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RESHAPING_SLICE_FEATURES_H_
