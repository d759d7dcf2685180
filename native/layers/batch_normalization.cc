// SPDX-License-Identifier: MIT
#include "layers/batch_normalization.h"

#include <algorithm>
#include <cmath>

namespace ostinato {

BatchNormalization::BatchNormalization(const BatchNormalizationConfig& config)
    : config_(config),
      first_moving_((config.scale ? 1 : 0) + (config.center ? 1 : 0)),
      stride_(PaddedStride(config.features)),
      step_mean_(arena()),
      step_inverse_(arena()) {
  for (size_t i = 0; i < first_moving_ + 2; ++i) AddParameter({config.features}, config.weights[i]);
}

std::vector<ValueShape> BatchNormalization::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& shape = OneInput(inputs, "batch_normalization");
  ExpectShape(shape.columns == config_.features, "a normalization reads its features");
  return {shape};
}

std::unique_ptr<Node> BatchNormalization::MakeNode(const NodeConfig& node) {
  return std::make_unique<BatchNormalizationNode>(this, node.arena);
}

void BatchNormalization::ReadMoving(Buffer<double>* mean, Buffer<double>* inverse) const {
  mean->Resize(config_.features);
  inverse->Resize(config_.features);
  for (size_t c = 0; c < config_.features; ++c) {
    (*mean)[c] = parameters()[first_moving_].value[c];
    (*inverse)[c] = 1.0 / std::sqrt(parameters()[first_moving_ + 1].value[c] + config_.epsilon);
  }
}

void BatchNormalization::PrepareSteps(const KernelTable&) {
  PackOnce(nullptr, [&] { ReadMoving(&step_mean_, &step_inverse_); });
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
  return {batch.work, nullptr, stride_, columns, input.masked};
}

// The unused position stands for masked steps and is normalized like the others, but counts in no moment.
BatchNormalizationNode::BatchNormalizationNode(BatchNormalization* layer, Arena* arena)
    : layer_(*layer),
      mean_(arena),
      inverse_(arena),
      variance_(arena),
      normal_(arena),
      output_(arena),
      gradient_(arena),
      sums_(arena),
      weight_gradients_(arena) {}

void BatchNormalizationNode::TakeMoments(const Tensor& input, BatchContext& batch) {
  const BatchNormalizationConfig& config = layer_.config_;
  const size_t columns = config.features;
  // Of a batch that is masked throughout, Keras' moments are 0.
  size_t counting = rows_ - first_;
  if (counts_)
    counting = static_cast<size_t>(
        std::count_if(counts_ + first_, counts_ + rows_, [](uint8_t c) { return c != 0; }));
  count_ = static_cast<double>(std::max<size_t>(1, counting));
  const double* sums = sums_.Over(batch.pool, first_, rows_, columns, [&](size_t i, double* to) {
    if (IsMasked(i)) return;
    const float* x = RowAt(input, i);
    for (size_t c = 0; c < columns; ++c) to[c] += x[c];
  });
  for (size_t c = 0; c < columns; ++c) mean_[c] = sums[c] / count_;
  const double* squares = sums_.Over(batch.pool, first_, rows_, columns, [&](size_t i, double* to) {
    if (IsMasked(i)) return;
    const float* x = RowAt(input, i);
    for (size_t c = 0; c < columns; ++c) to[c] += (x[c] - mean_[c]) * (x[c] - mean_[c]);
  });
  for (size_t c = 0; c < columns; ++c) {
    variance_[c] = squares[c] / count_;
    inverse_[c] = 1.0 / std::sqrt(variance_[c] + config.epsilon);
  }
}

// The moving averages follow.
void BatchNormalizationNode::Commit() {
  if (!uses_batch_ || !learns_) return;
  const BatchNormalizationConfig& config = layer_.config_;
  const auto move = [&](float* average, double now) {
    *average = static_cast<float>(*average * config.momentum + now * (1.0 - config.momentum));
  };
  for (size_t c = 0; c < config.features; ++c) {
    move(&layer_.parameters()[layer_.first_moving_].value[c], mean_[c]);
    move(&layer_.parameters()[layer_.first_moving_ + 1].value[c], variance_[c]);
  }
  layer_.Invalidate();
}

Tensor BatchNormalizationNode::Forward(const Tensor& input, BatchContext& batch) {
  rows_ = RowCount(input);
  first_ = input.space == Space::kSteps ? input.layout->base() : 0;
  counts_ = input.counts;
  uses_batch_ = UsesBatch(batch.training);
  learns_ = batch.learns;
  const size_t columns = layer_.config_.features, stride = layer_.stride_;
  if (uses_batch_) {
    mean_.Resize(columns);
    inverse_.Resize(columns);
    variance_.Resize(columns);
    TakeMoments(input, batch);
  } else {
    layer_.ReadMoving(&mean_, &inverse_);
  }
  const float *scale = layer_.gamma(), *shift = layer_.beta();
  normal_.Resize(rows_ * stride);
  output_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* x = RowAt(input, i);
      float *normal = normal_.data() + i * stride, *out = output_.data() + i * stride;
      for (size_t c = 0; c < columns; ++c) {
        normal[c] = static_cast<float>((x[c] - mean_[c]) * inverse_[c]);
        out[c] = normal[c] * (scale ? scale[c] : 1.0f) + (shift ? shift[c] : 0.0f);
      }
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  return RowsLike(input, output_.data(), stride, columns);
}

// With n the normalized row and g = dy gamma: dx = (g - mean(g) - n mean(g n)) / deviation, where the sums
// run over all rows and the last two terms belong to the rows whose moments were taken; without those in
// inference.
Gradient BatchNormalizationNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const BatchNormalizationConfig& config = layer_.config_;
  const size_t columns = config.features, stride = layer_.stride_;
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
  if (config.scale) batch.weights.Add(layer_.parameters()[0], {weight_gradients_.data(), stride});
  if (config.center)
    batch.weights.Add(layer_.parameters()[config.scale ? 1 : 0], {weight_gradients_.data() + stride, stride});
  if (!needs_input) return {};
  const float* scale = layer_.gamma();
  gradient_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 64, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *d = output.data + i * stride, *normal = normal_.data() + i * stride;
      float* out = gradient_.data() + i * stride;
      const bool counts = uses_batch_ && !IsMasked(i);
      for (size_t c = 0; c < columns; ++c) {
        const double through = counts ? (sums[columns + c] + normal[c] * sums[c]) / count_ : 0.0;
        out[c] = static_cast<float>((d[c] - through) * inverse_[c] * (scale ? scale[c] : 1.0f));
      }
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
