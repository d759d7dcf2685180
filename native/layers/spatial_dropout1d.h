// SPDX-License-Identifier: MIT
// SpatialDropout1D: dropout of whole features, one mask [N,C] for all steps of a row, from a counter-based
// stream. Steps that were masked before any recurrent layer share a mask of their own, as they share a value.
#ifndef OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_
#define OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_

#include <vector>

#include "layers/dropout.h"
#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

class SpatialDropout1dNode : public UnaryNode {
 public:
  SpatialDropout1dNode(const DropoutConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(const std::vector<ValueShape>&, const std::vector<ValueShape>&) const override {
    return 0;
  }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has a mask of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || config_.rate == 0.0f; }

 private:
  // out = input times the mask of each row.
  void Apply(const Tensor& input, WorkerPool& pool, float* out) const;

  const DropoutConfig& config_;
  uint64_t use_;
  size_t stride_ = 0;
  Tensor input_;
  Buffer<float> ones_, factors_;  // [rows + 1]; the last is that of the unused position
  Buffer<float> output_;
};

class SpatialDropout1d : public PlainLayer<DropoutConfig, SpatialDropout1dNode>, public UnaryStepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneSequence(inputs, "spatial_dropout1d")};
  }
  void SetSeed(uint64_t seed) override { config_.seed = seed; }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_
