// SPDX-License-Identifier: MIT
// LayerNormalization over the last axis: gamma (x - mean) / sqrt(variance + epsilon) + beta of each row by
// itself (Ba, Kiros, Hinton 2016; keras/src/layers/normalization/layer_normalization.py).
#ifndef OSTINATO_LAYERS_LAYER_NORMALIZATION_H_
#define OSTINATO_LAYERS_LAYER_NORMALIZATION_H_

#include "layers/column_sums.h"
#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct LayerNormalizationConfig {
  size_t features;
  double epsilon;
  bool center, scale;
  std::vector<WeightConfig> weights;  // gamma, beta
};

class LayerNormalization : public Layer, public UnaryStepping {
 public:
  explicit LayerNormalization(const LayerNormalizationConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;

  size_t step_floats(const std::vector<ValueShape>&) const override { return 2 * stride_; }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class LayerNormalizationNode;
  const float* gamma() const { return config_.scale ? parameters().front().value.data() : nullptr; }
  const float* beta() const { return config_.center ? parameters().back().value.data() : nullptr; }
  // One row: sets `normal` and `out`, returns 1 / deviation.
  double Normalize(const float* x, float* normal, float* out) const;

  LayerNormalizationConfig config_;
  size_t stride_;
};

class LayerNormalizationNode : public UnaryNode {
 public:
  LayerNormalizationNode(LayerNormalization* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

 private:
  LayerNormalization& layer_;
  size_t rows_ = 0;
  Buffer<float> normal_;   // (x - mean) / deviation
  Buffer<float> inverse_;  // [rows] 1 / deviation
  Buffer<float> output_, gradient_;
  ColumnSums sums_;
  Buffer<float> weight_gradients_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_LAYER_NORMALIZATION_H_
