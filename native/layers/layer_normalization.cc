// SPDX-License-Identifier: MIT
#include "layers/layer_normalization.h"

#include <cmath>
#include <cstring>

namespace ostinato {

LayerNormalization::LayerNormalization(const LayerNormalizationConfig& config, Arena* arena)
    : Layer(arena),
      config_(config),
      stride_(PaddedStride(config.features)),
      normal_(arena),
      inverse_(arena),
      output_(arena),
      gradient_(arena),
      sums_(arena),
      weight_gradients_(arena) {
  const size_t count = (config.scale ? 1 : 0) + (config.center ? 1 : 0);
  for (size_t i = 0; i < count; ++i)
    parameters_.emplace_back(arena, std::vector<size_t>{config.features}, config.trainable,
                             config.weights[i]);
}

double LayerNormalization::Normalize(const float* x, float* normal, float* out) const {
  const size_t columns = config_.features;
  const float* gamma = config_.scale ? parameters_.front().value.data() : nullptr;
  const float* beta = config_.center ? parameters_.back().value.data() : nullptr;
  double sum = 0.0, squares = 0.0;
  for (size_t c = 0; c < columns; ++c) sum += x[c];
  const double mean = sum / static_cast<double>(columns);
  for (size_t c = 0; c < columns; ++c) squares += (x[c] - mean) * (x[c] - mean);
  const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(columns) + config_.epsilon);
  for (size_t c = 0; c < columns; ++c) {
    normal[c] = static_cast<float>((x[c] - mean) * inverse);
    out[c] = normal[c] * (gamma ? gamma[c] : 1.0f) + (beta ? beta[c] : 0.0f);
  }
  for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
  return inverse;
}

// The unused position stands for masked steps and is computed like the others.
Tensor LayerNormalization::Forward(const Tensor& input, BatchContext& batch) {
  rows_ = RowCount(input);
  normal_.Resize(rows_ * stride_);
  output_.Resize(rows_ * stride_);
  inverse_.Resize(rows_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      inverse_[i] = static_cast<float>(
          Normalize(RowAt(input, i), normal_.data() + i * stride_, output_.data() + i * stride_));
  });
  return RowsLike(input, output_.data(), stride_, config_.features);
}

StreamRows LayerNormalization::Step(const StreamRows& input, const StreamBatch& batch) const {
  float *out = batch.work, *normal = out + batch.rows * stride_;
  for (size_t i = 0; i < batch.rows; ++i) Normalize(RowAt(input, i), normal, out + i * stride_);
  return {out, nullptr, stride_, config_.features};
}

// With n the normalized row and g = dy gamma: dx = (g - mean(g) - n mean(g n)) / deviation.
Gradient LayerNormalization::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const size_t columns = config_.features;
  if (!parameters_.empty()) {
    const double* sums = sums_.Over(batch.pool, 0, rows_, 2 * columns, [&](size_t i, double* to) {
      const float *d = output.data + i * stride_, *normal = normal_.data() + i * stride_;
      for (size_t c = 0; c < columns; ++c) {
        to[c] += static_cast<double>(d[c]) * normal[c];
        to[columns + c] += d[c];
      }
    });
    weight_gradients_.Resize(2 * stride_);
    for (size_t c = 0; c < columns; ++c) {
      weight_gradients_[c] = static_cast<float>(sums[c]);
      weight_gradients_[stride_ + c] = static_cast<float>(sums[columns + c]);
    }
    if (config_.scale) parameters_.front().gradient = weight_gradients_.data();
    if (config_.center) parameters_.back().gradient = weight_gradients_.data() + stride_;
    for (Parameter& parameter : parameters_) parameter.gradient_stride = stride_;
  }
  if (!needs_input) return {};
  const float* gamma = config_.scale ? parameters_.front().value.data() : nullptr;
  gradient_.Resize(rows_ * stride_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *d = output.data + i * stride_, *normal = normal_.data() + i * stride_;
      float* out = gradient_.data() + i * stride_;
      double sum = 0.0, along = 0.0;
      for (size_t c = 0; c < columns; ++c) {
        out[c] = d[c] * (gamma ? gamma[c] : 1.0f);
        sum += out[c];
        along += static_cast<double>(out[c]) * normal[c];
      }
      const float mean = static_cast<float>(sum / static_cast<double>(columns));
      const float slope = static_cast<float>(along / static_cast<double>(columns));
      for (size_t c = 0; c < columns; ++c) out[c] = (out[c] - mean - normal[c] * slope) * inverse_[i];
      for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
    }
  });
  return {gradient_.data(), stride_, false};
}

}  // namespace ostinato
