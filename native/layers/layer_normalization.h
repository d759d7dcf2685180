// SPDX-License-Identifier: MIT
// LayerNormalization over the last axis: gamma (x - mean) / sqrt(variance + epsilon) + beta of each row by
// itself (Ba, Kiros, Hinton 2016; keras/src/layers/normalization/layer_normalization.py).
#ifndef OSTINATO_LAYERS_LAYER_NORMALIZATION_H_
#define OSTINATO_LAYERS_LAYER_NORMALIZATION_H_

#include "layers/column_sums.h"
#include "layers/layer.h"

namespace ostinato {

struct LayerNormalizationConfig {
  size_t features;
  double epsilon;
  bool center, scale, trainable;
  std::vector<WeightConfig> weights;  // gamma, beta
};

class LayerNormalization : public Layer {
 public:
  LayerNormalization(const LayerNormalizationConfig& config, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t) const override { return steps * (2 * stride_ + 1); }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;

  bool CanStep() const override { return true; }
  size_t step_floats(size_t) const override { return 2 * stride_; }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  // One row: sets `normal` and `out`, returns 1 / deviation.
  double Normalize(const float* x, float* normal, float* out) const;

  LayerNormalizationConfig config_;
  size_t rows_ = 0, stride_;
  Buffer<float> normal_;   // (x - mean) / deviation
  Buffer<float> inverse_;  // [rows] 1 / deviation
  Buffer<float> output_, gradient_;
  ColumnSums sums_;
  Buffer<float> weight_gradients_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_LAYER_NORMALIZATION_H_
