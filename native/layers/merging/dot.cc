// SPDX-License-Identifier: MIT
#include "layers/merging/dot.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ostinato {
namespace {

// A shorter line is divided by this (keras.config.epsilon).
constexpr double kShortest = 1e-7;

// out [columns, steps] = the transpose of [steps, columns].
void Transpose(Matrix from, size_t steps, size_t columns, MutableMatrix out) {
  for (size_t c = 0; c < columns; ++c) {
    float* row = out.data + c * out.stride;
    for (size_t t = 0; t < steps; ++t) row[t] = from.data[t * from.stride + c];
    for (size_t t = steps; t < PaddedColumns(steps); ++t) row[t] = 0.0f;
  }
}

}  // namespace

std::vector<ValueShape> Dot::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(inputs.size() == 2, "a dot product has two inputs");
  const auto sums_columns = [&](size_t i) { return !inputs[i].sequence || config_.axes[i] == 2; };
  // 0 where a batch tells.
  const auto steps = [&](size_t i) { return inputs[i].steps < 0 ? 0 : static_cast<size_t>(inputs[i].steps); };
  const auto kept = [&](size_t i) { return sums_columns(i) ? steps(i) : inputs[i].columns; };
  const auto summed = [&](size_t i) { return sums_columns(i) ? inputs[i].columns : steps(i); };
  ExpectShape(summed(0) == summed(1) || summed(0) == 0 || summed(1) == 0,
              "a dot product sums over axes of one size");
  if (!inputs[0].sequence && !inputs[1].sequence) return {{false, 1, 1}};
  if (!inputs[0].sequence) return {{false, 1, kept(1)}};
  if (!inputs[1].sequence) return {{false, 1, kept(0)}};
  return {{true, kept(0) == 0 ? -1 : static_cast<int64_t>(kept(0)), kept(1)}};
}

DotNode::DotNode(const DotConfig& config, const NodeConfig& node)
    : config_(config),
      arrange_(2, node.arena),
      left_(node.arena),
      right_(node.arena),
      layout_(node.arena),
      output_(node.arena),
      doutput_(node.arena),
      scratch_(node.arena) {}

// Cuts rows into tasks, each with memory of its own: a pack, and a product before it is turned. How many
// there are changes no bit of the results.
template <class Body>
void DotNode::ForRows(BatchContext& batch, Body&& body) {
  const size_t widest = std::max({left_.kept(), left_.summed(), right_.kept()});
  const size_t floats = PanelFloats(widest) + (IsTurned() ? widest * PaddedColumns(widest) : 0);
  const size_t tasks = std::min(rows_, 4 * batch.pool.threads()), each = (rows_ + tasks - 1) / tasks;
  scratch_.Resize(tasks * floats);
  batch.pool.For(tasks, [&](size_t task) {
    for (size_t r = task * each; r < std::min(rows_, (task + 1) * each); ++r)
      body(r, scratch_.data() + task * floats);
  });
}

Matrix DotNode::MatrixOf(const Side& side, size_t r) const {
  if (!config_.normalize) return side.matrices.Of(r);
  const size_t stride = PaddedColumns(side.matrices.columns());
  return {side.unit.data() + r * side.matrices.steps() * stride, stride};
}

void DotNode::Normalize(Side* side, size_t r) const {
  const Matrix from = side->matrices.Of(r);
  const size_t stride = PaddedColumns(side->matrices.columns());
  float* to = side->unit.data() + r * side->matrices.steps() * stride;
  for (size_t line = 0; line < side->kept(); ++line) {
    const bool rows = side->sums_columns;
    const float* x = from.data + line * (rows ? from.stride : 1);
    float* y = to + line * (rows ? stride : 1);
    const size_t x_step = rows ? 1 : from.stride, y_step = rows ? 1 : stride;
    double squares = 0.0;
    for (size_t k = 0; k < side->summed(); ++k) squares += static_cast<double>(x[k * x_step]) * x[k * x_step];
    const double inverse = std::min(1.0 / std::sqrt(squares), 1.0 / kShortest);
    for (size_t k = 0; k < side->summed(); ++k) y[k * y_step] = static_cast<float>(x[k * x_step] * inverse);
    side->inverse[r * side->kept() + line] = inverse;
  }
}

// With y = x / |x|: dx = (dy - y (y dy)) / |x|; a line that is too short has a constant in place of |x|.
void DotNode::NormalizeGradient(const Side& side, size_t r, MutableMatrix gradient) const {
  const Matrix unit = MatrixOf(side, r);
  for (size_t line = 0; line < side.kept(); ++line) {
    const bool rows = side.sums_columns;
    const float* y = unit.data + line * (rows ? unit.stride : 1);
    float* d = gradient.data + line * (rows ? gradient.stride : 1);
    const size_t y_step = rows ? 1 : unit.stride, d_step = rows ? 1 : gradient.stride;
    const double inverse = side.inverse[r * side.kept() + line];
    double along = 0.0;
    for (size_t k = 0; k < side.summed() && inverse < 1.0 / kShortest; ++k)
      along += static_cast<double>(y[k * y_step]) * d[k * d_step];
    for (size_t k = 0; k < side.summed(); ++k)
      d[k * d_step] = static_cast<float>((d[k * d_step] - y[k * y_step] * along) * inverse);
  }
}

void DotNode::ForwardRow(size_t r, float* scratch, const KernelTable& kernels) {
  if (config_.normalize) {
    Normalize(&left_, r);
    Normalize(&right_, r);
  }
  const Matrix left = MatrixOf(left_, r), right = MatrixOf(right_, r);
  const size_t m = left_.kept(), k = left_.summed(), n = right_.kept();
  const MutableMatrix out = output_.Of(r, 0, nullptr);
  float* const turned = scratch + PanelFloats(std::max({m, k, n}));
  if (left_.sums_columns) {
    Multiply(kernels, left, m, k, right, right_.sums_columns, n, out, scratch);
  } else if (!right_.sums_columns) {
    MultiplyTransposed(kernels, left, k, m, right, n, false, out);
  } else {
    const size_t stride = PaddedColumns(m);
    Multiply(kernels, right, n, k, left, false, m, {turned, stride}, scratch);
    Transpose({turned, stride}, n, m, out);
  }
}

Tensor DotNode::Output() {
  const std::vector<Tensor>& views = arrange_.views();
  const size_t columns = right_.kept(), steps = left_.kept();
  // Of two sequences comes one, else a vector; either in the order of the batch.
  Tensor output = RowsLike(views[left_.input], output_.data(), output_.stride(), columns);
  output.fill = MaskFill::kUnused;
  output.counts = nullptr;
  if (output.space == Space::kSamples || output.layout->steps() == steps) return output;
  layout_.BuildPlain(*output.layout, steps);
  output.layout = &layout_;
  return output;
}

void DotNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  arrange_.ForwardPlain(inputs);
  const std::vector<Tensor>& views = arrange_.views();
  const auto is_vector = [&](size_t i) { return views[i].space == Space::kSamples; };
  rows_ = arrange_.rows();
  left_.input = is_vector(1) && !is_vector(0) ? 1 : 0;
  right_.input = 1 - left_.input;
  for (Side* side : {&left_, &right_}) {
    side->sums_columns = is_vector(side->input) || config_.axes[side->input] == 2;
    side->matrices.Set(views[side->input], 1, batch);
    if (!config_.normalize) continue;
    side->unit.Resize(rows_ * side->matrices.steps() * PaddedColumns(side->matrices.columns()));
    side->inverse.Resize(rows_ * side->kept());
  }
  ExpectShape(left_.summed() == right_.summed(), "a dot product sums over axes of one size");
  output_.Set(views[left_.input].space, rows_, left_.kept(), 1, right_.kept());
  ForRows(batch, [&](size_t r, float* scratch) { ForwardRow(r, scratch, batch.kernels); });
  result_ = outputs[0] = Output();
}

MutableMatrix DotNode::LeftGradient(size_t r, float* scratch, const KernelTable& kernels) {
  const Matrix d = doutput_.Of(r), right = MatrixOf(right_, r);
  const size_t m = left_.kept(), k = left_.summed(), n = right_.kept();
  const MutableMatrix out = left_.gradient.Of(r, 0, nullptr);
  if (left_.sums_columns) {
    Multiply(kernels, d, m, n, right, !right_.sums_columns, k, out, scratch);
  } else if (!right_.sums_columns) {
    Multiply(kernels, right, k, n, d, true, m, out, scratch);
  } else {
    const MutableMatrix turned = {scratch + PanelFloats(std::max({m, k, n})), PaddedColumns(k)};
    Multiply(kernels, d, m, n, right, false, k, turned, scratch);
    Transpose({turned.data, turned.stride}, m, k, out);
  }
  return out;
}

MutableMatrix DotNode::RightGradient(size_t r, float* scratch, const KernelTable& kernels) {
  const Matrix d = doutput_.Of(r), left = MatrixOf(left_, r);
  const size_t m = left_.kept(), k = left_.summed(), n = right_.kept();
  const MutableMatrix out = right_.gradient.Of(r, 0, nullptr);
  if (left_.sums_columns && right_.sums_columns) {
    MultiplyTransposed(kernels, d, m, n, left, k, false, out);
  } else if (left_.sums_columns) {
    MultiplyTransposed(kernels, left, m, k, d, n, false, out);
  } else if (!right_.sums_columns) {
    Multiply(kernels, left, k, m, d, false, n, out, scratch);
  } else {
    const MutableMatrix turned = {scratch + PanelFloats(std::max({m, k, n})), PaddedColumns(n)};
    Multiply(kernels, left, k, m, d, false, n, turned, scratch);
    Transpose({turned.data, turned.stride}, k, n, out);
  }
  return out;
}

void DotNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) {
  const std::vector<Tensor>& views = arrange_.views();
  doutput_.Set(RowsLike(result_, outputs[0].data, outputs[0].stride, result_.columns), 1, batch);
  for (Side* side : {&left_, &right_})
    if (needs[side->input])
      side->gradient.Set(views[side->input].space, rows_, side->matrices.steps(), 1,
                         side->matrices.columns());
  ForRows(batch, [&](size_t r, float* scratch) {
    for (Side* side : {&left_, &right_}) {
      if (!needs[side->input]) continue;
      const MutableMatrix gradient =
          side == &left_ ? LeftGradient(r, scratch, batch.kernels) : RightGradient(r, scratch, batch.kernels);
      if (config_.normalize) NormalizeGradient(*side, r, gradient);
    }
  });
  for (Side* side : {&left_, &right_})
    if (needs[side->input])
      inputs[side->input] = arrange_.Backward(side->input, side->gradient.gradient(), batch);
}

}  // namespace ostinato
