// SPDX-License-Identifier: MIT
#include "layers/layer_normalization.h"

#include <cmath>
#include <cstring>

namespace ostinato {

LayerNormalization::LayerNormalization(const LayerNormalizationConfig& config)
    : config_(config), stride_(PaddedStride(config.features)) {
  const size_t count = (config.scale ? 1 : 0) + (config.center ? 1 : 0);
  for (size_t i = 0; i < count; ++i) AddParameter({config.features}, config.weights[i]);
}

std::vector<ValueShape> LayerNormalization::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& shape = OneInput(inputs, "layer_normalization");
  ExpectShape(shape.columns == config_.features, "a normalization reads its features");
  return {shape};
}

std::unique_ptr<Node> LayerNormalization::MakeNode(const NodeConfig& node) {
  return std::make_unique<LayerNormalizationNode>(this, node.arena);
}

double LayerNormalization::Normalize(const float* x, float* normal, float* out) const {
  const size_t columns = config_.features;
  const float *scale = gamma(), *shift = beta();
  double sum = 0.0, squares = 0.0;
  for (size_t c = 0; c < columns; ++c) sum += x[c];
  const double mean = sum / static_cast<double>(columns);
  for (size_t c = 0; c < columns; ++c) squares += (x[c] - mean) * (x[c] - mean);
  const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(columns) + config_.epsilon);
  for (size_t c = 0; c < columns; ++c) {
    normal[c] = static_cast<float>((x[c] - mean) * inverse);
    out[c] = normal[c] * (scale ? scale[c] : 1.0f) + (shift ? shift[c] : 0.0f);
  }
  for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
  return inverse;
}

StreamRows LayerNormalization::Step(const StreamRows& input, const StreamBatch& batch) const {
  float *out = batch.work, *normal = out + batch.rows * stride_;
  for (size_t i = 0; i < batch.rows; ++i) Normalize(RowAt(input, i), normal, out + i * stride_);
  return {out, nullptr, stride_, config_.features, input.masked};
}

LayerNormalizationNode::LayerNormalizationNode(LayerNormalization* layer, Arena* arena)
    : layer_(*layer),
      normal_(arena),
      inverse_(arena),
      output_(arena),
      gradient_(arena),
      sums_(arena),
      weight_gradients_(arena) {}

// The unused position stands for masked steps and is computed like the others.
Tensor LayerNormalizationNode::Forward(const Tensor& input, BatchContext& batch) {
  const size_t stride = layer_.stride_;
  rows_ = RowCount(input);
  normal_.Resize(rows_ * stride);
  output_.Resize(rows_ * stride);
  inverse_.Resize(rows_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      inverse_[i] = static_cast<float>(
          layer_.Normalize(RowAt(input, i), normal_.data() + i * stride, output_.data() + i * stride));
  });
  return RowsLike(input, output_.data(), stride, layer_.config_.features);
}

// With n the normalized row and g = dy gamma: dx = (g - mean(g) - n mean(g n)) / deviation.
Gradient LayerNormalizationNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const LayerNormalizationConfig& config = layer_.config_;
  const size_t columns = config.features, stride = layer_.stride_;
  if (config.scale || config.center) {
    const double* sums = sums_.Over(batch.pool, 0, rows_, 2 * columns, [&](size_t i, double* to) {
      const float *d = output.data + i * stride, *normal = normal_.data() + i * stride;
      for (size_t c = 0; c < columns; ++c) {
        to[c] += static_cast<double>(d[c]) * normal[c];
        to[columns + c] += d[c];
      }
    });
    weight_gradients_.Resize(2 * stride);
    for (size_t c = 0; c < columns; ++c) {
      weight_gradients_[c] = static_cast<float>(sums[c]);
      weight_gradients_[stride + c] = static_cast<float>(sums[columns + c]);
    }
    if (config.scale) batch.weights.Add(layer_.parameters().front(), {weight_gradients_.data(), stride});
    if (config.center)
      batch.weights.Add(layer_.parameters().back(), {weight_gradients_.data() + stride, stride});
  }
  if (!needs_input) return {};
  const float* gamma = layer_.gamma();
  gradient_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *d = output.data + i * stride, *normal = normal_.data() + i * stride;
      float* out = gradient_.data() + i * stride;
      double sum = 0.0, along = 0.0;
      for (size_t c = 0; c < columns; ++c) {
        out[c] = d[c] * (gamma ? gamma[c] : 1.0f);
        sum += out[c];
        along += static_cast<double>(out[c]) * normal[c];
      }
      const float mean = static_cast<float>(sum / static_cast<double>(columns));
      const float slope = static_cast<float>(along / static_cast<double>(columns));
      for (size_t c = 0; c < columns; ++c) out[c] = (out[c] - mean - normal[c] * slope) * inverse_[i];
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
