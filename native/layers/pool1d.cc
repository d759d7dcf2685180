// SPDX-License-Identifier: MIT
#include "layers/pool1d.h"

#include <algorithm>
#include <cstring>

namespace ostinato {

std::vector<ValueShape> Pool1d::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneSequence(inputs, "pool1d");
  if (shape.steps > 0) shape.steps = config_.windows.Count(shape.steps);
  return {shape};
}

Pool1dNode::Pool1dNode(const Pool1dConfig& config, const NodeConfig& node)
    : kind_(config.kind),
      windows_(config.windows),
      expand_(node.arena),
      layout_(node.arena),
      output_(node.arena),
      gradient_(node.arena),
      step_of_(node.arena) {}

size_t Pool1dNode::StepsOf(size_t w, size_t* first) const {
  const int64_t steps = static_cast<int64_t>(steps_);
  const int64_t begin = windows_.Step(w, 0, windows_.Before(steps));
  *first = static_cast<size_t>(std::max<int64_t>(0, begin));
  return static_cast<size_t>(std::min(steps, begin + static_cast<int64_t>(windows_.size)));
}

Tensor Pool1dNode::Forward(const Tensor& given, BatchContext& batch) {
  const Tensor input = expand_.Forward(given);
  steps_ = input.layout->steps();
  columns_ = input.columns;
  layout_.BuildPlain(*input.layout, static_cast<size_t>(windows_.Count(static_cast<int64_t>(steps_))));
  const size_t rows = layout_.rows(), stride = PaddedStride(columns_);
  output_.Resize(layout_.step_count() * stride);
  if (kind_ == PoolKind::kMax) step_of_.Resize(layout_.step_count() * stride);
  std::memset(output_.data(), 0, stride * sizeof(float));
  ForChunks(batch.pool, 0, layout_.steps() * rows, 64, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      const size_t w = i / rows, r = i % rows;
      size_t first;
      const size_t end = StepsOf(w, &first);
      float* out = output_.data() + (1 + i) * stride;
      const float* x = RowAt(input, 1 + first * rows + r);
      std::memcpy(out, x, columns_ * sizeof(float));
      std::memset(out + columns_, 0, (stride - columns_) * sizeof(float));
      if (kind_ == PoolKind::kMax) {
        int32_t* step_of = step_of_.data() + (1 + i) * stride;
        for (size_t c = 0; c < columns_; ++c) step_of[c] = static_cast<int32_t>(first);
        for (size_t t = first + 1; t < end; ++t) {
          x = RowAt(input, 1 + t * rows + r);
          for (size_t c = 0; c < columns_; ++c)
            // NaN is larger than everything, as in Keras.
            if (x[c] > out[c] || x[c] != x[c]) {
              out[c] = x[c];
              step_of[c] = static_cast<int32_t>(t);
            }
        }
        continue;
      }
      for (size_t t = first + 1; t < end; ++t) {
        x = RowAt(input, 1 + t * rows + r);
        for (size_t c = 0; c < columns_; ++c) out[c] += x[c];
      }
      const float count = static_cast<float>(end - first);
      for (size_t c = 0; c < columns_; ++c) out[c] /= count;
    }
  });
  Tensor output = RowsLike(input, output_.data(), stride, columns_);
  output.layout = &layout_;
  return output;
}

// Windows may overlap, so a thread takes all windows of a row.
Gradient Pool1dNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t rows = layout_.rows(), stride = PaddedStride(columns_);
  gradient_.Resize((1 + steps_ * rows) * stride);
  std::memset(gradient_.data(), 0, stride * sizeof(float));
  ForChunks(batch.pool, 0, rows, 1, [&](size_t r, size_t) {
    for (size_t t = 0; t < steps_; ++t)
      std::memset(gradient_.data() + (1 + t * rows + r) * stride, 0, stride * sizeof(float));
    for (size_t w = 0; w < layout_.steps(); ++w) {
      const size_t at = (1 + w * rows + r) * stride;
      const float* d = output.data + at;
      if (kind_ == PoolKind::kMax) {
        for (size_t c = 0; c < columns_; ++c)
          gradient_[(1 + static_cast<size_t>(step_of_[at + c]) * rows + r) * stride + c] += d[c];
        continue;
      }
      size_t first;
      const size_t end = StepsOf(w, &first);
      const float count = static_cast<float>(end - first);
      for (size_t t = first; t < end; ++t) {
        float* to = gradient_.data() + (1 + t * rows + r) * stride;
        for (size_t c = 0; c < columns_; ++c) to[c] += d[c] / count;
      }
    }
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

}  // namespace ostinato
