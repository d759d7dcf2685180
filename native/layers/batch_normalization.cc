// SPDX-License-Identifier: MIT
#include "layers/batch_normalization.h"

#include <algorithm>
#include <cmath>

namespace ostinato {

BatchNormalization::BatchNormalization(const BatchNormalizationConfig& config, Arena* arena)
    : Layer(arena),
      config_(config),
      first_moving_((config.scale ? 1 : 0) + (config.center ? 1 : 0)),
      stride_(PaddedStride(config.features)),
      mean_(arena),
      inverse_(arena),
      variance_(arena),
      step_mean_(arena),
      step_inverse_(arena),
      normal_(arena),
      output_(arena),
      gradient_(arena),
      sums_(arena),
      weight_gradients_(arena) {
  for (size_t i = 0; i < first_moving_ + 2; ++i)
    parameters_.emplace_back(arena, std::vector<size_t>{config.features},
                             config.trainable && i < first_moving_, config.weights[i]);
}

void BatchNormalization::TakeMoments(const Tensor& input, BatchContext& batch) {
  const size_t columns = config_.features;
  // Of a batch that is masked throughout, Keras' moments are 0.
  const double count = static_cast<double>(std::max<size_t>(1, rows_ - first_));
  const double* sums = sums_.Over(batch.pool, first_, rows_, columns, [&](size_t i, double* to) {
    const float* x = RowAt(input, i);
    for (size_t c = 0; c < columns; ++c) to[c] += x[c];
  });
  for (size_t c = 0; c < columns; ++c) mean_[c] = sums[c] / count;
  const double* squares = sums_.Over(batch.pool, first_, rows_, columns, [&](size_t i, double* to) {
    const float* x = RowAt(input, i);
    for (size_t c = 0; c < columns; ++c) to[c] += (x[c] - mean_[c]) * (x[c] - mean_[c]);
  });
  for (size_t c = 0; c < columns; ++c) {
    variance_[c] = squares[c] / count;
    inverse_[c] = 1.0 / std::sqrt(variance_[c] + config_.epsilon);
  }
}

// The moving averages follow.
void BatchNormalization::Commit() {
  if (!uses_batch_) return;
  const auto move = [&](float* average, double now) {
    *average = static_cast<float>(*average * config_.momentum + now * (1.0 - config_.momentum));
  };
  for (size_t c = 0; c < config_.features; ++c) {
    move(&parameters_[first_moving_].value[c], mean_[c]);
    move(&parameters_[first_moving_ + 1].value[c], variance_[c]);
  }
  Invalidate();
}

void BatchNormalization::ReadMoving(Buffer<double>* mean, Buffer<double>* inverse) const {
  mean->Resize(config_.features);
  inverse->Resize(config_.features);
  for (size_t c = 0; c < config_.features; ++c) {
    (*mean)[c] = parameters_[first_moving_].value[c];
    (*inverse)[c] = 1.0 / std::sqrt(parameters_[first_moving_ + 1].value[c] + config_.epsilon);
  }
}

void BatchNormalization::PrepareSteps(const KernelTable&) {
  if (packed_weights_) return;
  ReadMoving(&step_mean_, &step_inverse_);
  packed_weights_ = true;
}

StreamRows BatchNormalization::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t columns = config_.features;
  const float *scale = gamma(), *shift = beta();
  for (size_t i = 0; i < batch.rows; ++i) {
    const float* x = RowAt(input, i);
    float* out = batch.work + i * stride_;
    for (size_t c = 0; c < columns; ++c) {
      const float normal = static_cast<float>((x[c] - step_mean_[c]) * step_inverse_[c]);
      out[c] = normal * (scale ? scale[c] : 1.0f) + (shift ? shift[c] : 0.0f);
    }
    for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
  }
  return {batch.work, nullptr, stride_, columns};
}

// The unused position stands for masked steps and is normalized like the others, but counts in no moment.
Tensor BatchNormalization::Forward(const Tensor& input, BatchContext& batch) {
  rows_ = RowCount(input);
  first_ = input.space == Space::kSteps ? input.layout->base() : 0;
  uses_batch_ = UsesBatch(batch.training);
  const size_t columns = config_.features;
  if (uses_batch_) {
    mean_.Resize(columns);
    inverse_.Resize(columns);
    variance_.Resize(columns);
    TakeMoments(input, batch);
  } else {
    ReadMoving(&mean_, &inverse_);
  }
  const float *scale = gamma(), *shift = beta();
  normal_.Resize(rows_ * stride_);
  output_.Resize(rows_ * stride_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* x = RowAt(input, i);
      float *normal = normal_.data() + i * stride_, *out = output_.data() + i * stride_;
      for (size_t c = 0; c < columns; ++c) {
        normal[c] = static_cast<float>((x[c] - mean_[c]) * inverse_[c]);
        out[c] = normal[c] * (scale ? scale[c] : 1.0f) + (shift ? shift[c] : 0.0f);
      }
      for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
    }
  });
  return RowsLike(input, output_.data(), stride_, columns);
}

// With n the normalized row and g = dy gamma: dx = (g - mean(g) - n mean(g n)) / deviation, where the sums
// run over all rows and the last two terms belong to the rows whose moments were taken; without those in
// inference.
Gradient BatchNormalization::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const size_t columns = config_.features;
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
  if (config_.scale) parameters_[0].gradient = weight_gradients_.data();
  if (config_.center) parameters_[first_moving_ - 1].gradient = weight_gradients_.data() + stride_;
  for (size_t i = 0; i < first_moving_; ++i) parameters_[i].gradient_stride = stride_;
  if (!needs_input) return {};
  const float* scale = gamma();
  const double count = static_cast<double>(std::max<size_t>(1, rows_ - first_));
  gradient_.Resize(rows_ * stride_);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *d = output.data + i * stride_, *normal = normal_.data() + i * stride_;
      float* out = gradient_.data() + i * stride_;
      const bool counts = uses_batch_ && i >= first_;
      for (size_t c = 0; c < columns; ++c) {
        const double through = counts ? (sums[columns + c] + normal[c] * sums[c]) / count : 0.0;
        out[c] = static_cast<float>((d[c] - through) * inverse_[c] * (scale ? scale[c] : 1.0f));
      }
      for (size_t c = columns; c < stride_; ++c) out[c] = 0.0f;
    }
  });
  return {gradient_.data(), stride_, false};
}

}  // namespace ostinato
