// SPDX-License-Identifier: MIT
#include "layers/global_pool1d.h"

#include <cstring>

namespace ostinato {

std::vector<ValueShape> GlobalPool1d::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneSequence(inputs, "global_pool1d");
  return {{config_.keep_steps, 1, input.columns}};
}

GlobalPool1dNode::GlobalPool1dNode(const GlobalPool1dConfig& config, const NodeConfig& node)
    : kind_(config.kind),
      keep_steps_(config.keep_steps),
      expand_(node.arena),
      compact_(node.arena),
      layout_(node.arena),
      output_(node.arena),
      gradient_(node.arena),
      shares_(node.arena) {}

void GlobalPool1dNode::Max(size_t r, float* out) const {
  const size_t columns = input_.columns;
  std::memcpy(out, RowAt(input_, Position(r, 0)), columns * sizeof(float));
  for (size_t t = 1; t < input_.layout->steps(); ++t) {
    const float* x = RowAt(input_, Position(r, t));
    for (size_t c = 0; c < columns; ++c)
      // NaN is larger than everything, as in Keras.
      if (x[c] > out[c] || x[c] != x[c]) out[c] = x[c];
  }
}

// Steps that share the maximum share its gradient, as in Keras (the derivative of a maximum in JAX and
// TensorFlow).
void GlobalPool1dNode::MaxGradient(size_t r, const float* max, const float* d) {
  const size_t columns = input_.columns, stride = PaddedStride(columns), steps = input_.layout->steps();
  float* share = shares_.data() + r * columns;
  const auto is_max = [&](const float* x, size_t c) { return x[c] == max[c] || x[c] != x[c]; };
  std::memset(share, 0, columns * sizeof(float));
  for (size_t t = 0; t < steps; ++t) {
    const float* x = RowAt(input_, Position(r, t));
    for (size_t c = 0; c < columns; ++c) share[c] += is_max(x, c) ? 1.0f : 0.0f;
  }
  for (size_t c = 0; c < columns; ++c) share[c] = d[c] / share[c];
  for (size_t t = 0; t < steps; ++t) {
    const float* x = RowAt(input_, Position(r, t));
    float* to = gradient_.data() + Position(r, t) * stride;
    for (size_t c = 0; c < columns; ++c) to[c] = is_max(x, c) ? share[c] : 0.0f;
  }
}

void GlobalPool1dNode::Average(size_t r, float* out) const {
  const size_t columns = input_.columns, steps = input_.layout->steps(), start = input_.layout->start(r);
  std::memset(out, 0, columns * sizeof(float));
  for (size_t t = start; t < steps; ++t) {
    const float* x = RowAt(input_, Position(r, t));
    for (size_t c = 0; c < columns; ++c) out[c] += x[c];
  }
  if (start == steps) return;
  const float count = static_cast<float>(steps - start);
  for (size_t c = 0; c < columns; ++c) out[c] /= count;
}

Tensor GlobalPool1dNode::Forward(const Tensor& given, BatchContext& batch) {
  input_ = kind_ == PoolKind::kMax ? expand_.Forward(given) : compact_.Forward(given);
  const size_t rows = input_.layout->rows(), columns = input_.columns, stride = PaddedStride(columns);
  // A sequence has an unused position before its rows.
  const size_t base = keep_steps_ ? 1 : 0;
  output_.Resize((base + rows) * stride);
  ZeroAll(batch.pool, &output_);
  ForChunks(batch.pool, 0, rows, 1, [&](size_t r, size_t) {
    float* out = output_.data() + (base + r) * stride;
    if (kind_ == PoolKind::kMax)
      Max(r, out);
    else
      Average(r, out);
  });
  Tensor output = RowsLike(input_, output_.data(), stride, columns);
  output.space = keep_steps_ ? Space::kSteps : Space::kSamples;
  output.fill = MaskFill::kUnused;
  if (keep_steps_) {
    layout_.BuildPlain(*input_.layout, 1);
    output.layout = &layout_;
  }
  return output;
}

Gradient GlobalPool1dNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const BatchLayout& layout = *input_.layout;
  const size_t rows = layout.rows(), columns = input_.columns, stride = PaddedStride(columns);
  gradient_.Resize(layout.step_count() * stride);
  ZeroAll(batch.pool, &gradient_);
  if (kind_ == PoolKind::kMax) shares_.Resize(rows * columns);
  ForChunks(batch.pool, 0, rows, 1, [&](size_t r, size_t) {
    const size_t at = ((keep_steps_ ? 1 : 0) + r) * stride;
    const float* d = output.data + at;
    if (kind_ == PoolKind::kMax) return MaxGradient(r, output_.data() + at, d);
    const float count = static_cast<float>(layout.steps() - layout.start(r));
    for (size_t t = layout.start(r); t < layout.steps(); ++t) {
      float* to = gradient_.data() + Position(r, t) * stride;
      for (size_t c = 0; c < columns; ++c) to[c] = d[c] / count;
    }
  });
  const Gradient gradient = {gradient_.data(), stride, false};
  return kind_ == PoolKind::kMax ? expand_.Backward(gradient, batch) : compact_.Backward(gradient);
}

}  // namespace ostinato
