// SPDX-License-Identifier: MIT
#include "layers/merging/merge.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

// NaN is larger and smaller than everything, as in Keras.
float Larger(float a, float b) { return b > a || b != b ? b : a; }
float Smaller(float a, float b) { return b < a || b != b ? b : a; }

// out[c] = the inputs' elements merged, in their order; row(i) has widths[i] elements, one standing for all.
template <class Row>
void MergeRow(MergeKind kind, size_t inputs, const std::vector<size_t>& widths, Row&& row, size_t columns,
              float* out) {
  for (size_t i = 0; i < inputs; ++i) {
    const float* x = row(i);
    const size_t step = widths[i] == 1 ? 0 : 1;
    if (i == 0) {
      for (size_t c = 0; c < columns; ++c) out[c] = x[c * step];
      continue;
    }
    switch (kind) {
      case MergeKind::kAdd:
      case MergeKind::kAverage:
        for (size_t c = 0; c < columns; ++c) out[c] += x[c * step];
        break;
      case MergeKind::kSubtract:
        for (size_t c = 0; c < columns; ++c) out[c] -= x[c * step];
        break;
      case MergeKind::kMultiply:
        for (size_t c = 0; c < columns; ++c) out[c] *= x[c * step];
        break;
      case MergeKind::kMaximum:
        for (size_t c = 0; c < columns; ++c) out[c] = Larger(out[c], x[c * step]);
        break;
      case MergeKind::kMinimum:
        for (size_t c = 0; c < columns; ++c) out[c] = Smaller(out[c], x[c * step]);
        break;
    }
  }
  if (kind != MergeKind::kAverage) return;
  const float count = static_cast<float>(inputs);
  for (size_t c = 0; c < columns; ++c) out[c] /= count;
}

std::vector<size_t> WidthsOf(const std::vector<Tensor>& views) {
  std::vector<size_t> widths;
  for (const Tensor& view : views) widths.push_back(view.columns);
  return widths;
}

size_t WidestOf(const std::vector<ValueShape>& inputs) {
  size_t columns = 1;
  for (const ValueShape& input : inputs) columns = std::max(columns, input.columns);
  return columns;
}

}  // namespace

std::vector<ValueShape> Merge::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(config_.kind == MergeKind::kSubtract ? inputs.size() == 2 : !inputs.empty(),
              "a merge has its number of inputs");
  ValueShape shape = inputs[0];
  shape.columns = WidestOf(inputs);
  bool is_open = false;
  for (const ValueShape& input : inputs) {
    ExpectShape(input.columns <= 1 || input.columns == shape.columns,
                "inputs that are merged have one width");
    is_open = is_open || input.columns == 0;
    if (!input.sequence) continue;
    if (!shape.sequence || shape.steps == 1) shape.steps = input.steps;
    shape.sequence = true;
  }
  // An axis of one element stands for as many as a batch tells.
  if (is_open && shape.columns == 1) shape.columns = 0;
  return {shape};
}

size_t Merge::step_floats(const std::vector<ValueShape>& inputs) const {
  return PaddedStride(WidestOf(inputs));
}

void Merge::Step(const std::vector<StreamRows>& inputs, StreamRows* outputs, const StreamBatch& batch) const {
  std::vector<size_t> widths;
  for (const StreamRows& input : inputs) widths.push_back(input.columns);
  const size_t columns = *std::max_element(widths.begin(), widths.end()), stride = PaddedStride(columns);
  const bool all_masked = std::all_of(inputs.begin(), inputs.end(),
                                      [](const StreamRows& input) { return input.masked != nullptr; });
  for (size_t r = 0; r < batch.rows; ++r) {
    float* out = batch.work + r * stride;
    MergeRow(
        config_.kind, inputs.size(), widths, [&](size_t i) { return RowAt(inputs[i], r); }, columns, out);
    std::memset(out + columns, 0, (stride - columns) * sizeof(float));
    if (!all_masked) continue;
    // A step counts where it counts in any input.
    batch.masked[r] = 1;
    for (const StreamRows& input : inputs) batch.masked[r] &= input.masked[r];
  }
  outputs[0] = {batch.work, nullptr, stride, columns, all_masked ? batch.masked : nullptr};
}

MergeNode::MergeNode(const MergeConfig& config, const NodeConfig& node)
    : kind_(config.kind),
      arrange_(node.inputs, node.arena),
      layout_(node.arena),
      counts_(node.arena),
      output_(node.arena) {
  for (size_t i = 0; i < node.inputs; ++i) gradients_.emplace_back(node.arena);
}

// Of inputs of several layouts: all steps, rows as in the batch. A step counts where it counts in any input;
// where one has no mask, all do (keras/src/layers/merging/base_merge.py, compute_mask).
void MergeNode::LayOut(Tensor* output) {
  const std::vector<Tensor>& views = arrange_.views();
  const size_t rows = arrange_.rows();
  output->index = nullptr;
  output->counts = nullptr;
  output->distinct = nullptr;
  output->fill = MaskFill::kUnused;
  if (steps_ == 0) return;
  layout_.BuildPlain(*views[0].layout, steps_);
  output->space = Space::kSteps;
  output->layout = &layout_;
  const auto has_mask = [&](const Tensor& view) { return view.counts != nullptr; };
  if (!std::all_of(views.begin(), views.end(), has_mask)) return;
  counts_.Resize(layout_.step_count());
  std::memset(counts_.data(), 0, counts_.size());
  for (size_t i = 0; i < views.size(); ++i)
    for (size_t t = 0; t < steps_; ++t)
      for (size_t r = 0; r < rows; ++r)
        counts_[1 + t * rows + r] |= views[i].counts[arrange_.Position(i, t, r)];
  output->counts = counts_.data();
}

template <class Body>
void MergeNode::ForRows(BatchContext& batch, Body&& body) const {
  if (arrange_.is_same() || steps_ == 0) {
    ForChunks(batch.pool, 0, RowCount(arrange_.views()[0]), 128, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) body(i, size_t{0}, i);
    });
    return;
  }
  const size_t rows = arrange_.rows();
  ForChunks(batch.pool, 0, steps_ * rows, 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) body(1 + i, i / rows, i % rows);
  });
}

void MergeNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  arrange_.Forward(inputs);
  const std::vector<Tensor>& views = arrange_.views();
  const std::vector<size_t> widths = WidthsOf(views);
  columns_ = *std::max_element(widths.begin(), widths.end());
  stride_ = PaddedStride(columns_);
  Tensor output = RowsLike(views[0], nullptr, stride_, columns_);
  steps_ = arrange_.is_same() ? 0 : arrange_.steps();
  if (!arrange_.is_same()) LayOut(&output);
  output_.Resize(RowCount(output) * stride_);
  if (!arrange_.is_same()) std::memset(output_.data(), 0, stride_ * sizeof(float));
  ForRows(batch, [&](size_t row, size_t t, size_t r) {
    float* out = output_.data() + row * stride_;
    MergeRow(
        kind_, views.size(), widths, [&](size_t i) { return RowOf(i, t, r); }, columns_, out);
    std::memset(out + columns_, 0, (stride_ - columns_) * sizeof(float));
  });
  output.data = output_.data();
  outputs[0] = output;
}

// out = d times the derivative of the merge by input i, in one row. Of equal extremes the two that are
// compared share it, as in JAX.
void MergeNode::Slope(size_t i, size_t t, size_t r, const float* d, float* out) const {
  const std::vector<Tensor>& views = arrange_.views();
  const size_t inputs = views.size();
  const auto at = [&](size_t j, size_t c) { return RowOf(j, t, r)[views[j].columns == 1 ? 0 : c]; };
  switch (kind_) {
    case MergeKind::kAdd:
      std::memcpy(out, d, columns_ * sizeof(float));
      return;
    case MergeKind::kSubtract:
      for (size_t c = 0; c < columns_; ++c) out[c] = i == 0 ? d[c] : -d[c];
      return;
    case MergeKind::kAverage: {
      const float count = static_cast<float>(inputs);
      for (size_t c = 0; c < columns_; ++c) out[c] = d[c] / count;
      return;
    }
    case MergeKind::kMultiply:
      std::memcpy(out, d, columns_ * sizeof(float));
      for (size_t j = 0; j < inputs; ++j)
        for (size_t c = 0; c < columns_ && j != i; ++c) out[c] *= at(j, c);
      return;
    case MergeKind::kMaximum:
    case MergeKind::kMinimum:
      for (size_t c = 0; c < columns_; ++c) {
        const auto extreme = [&](float a, float b) {
          return kind_ == MergeKind::kMaximum ? Larger(a, b) : Smaller(a, b);
        };
        float running = at(0, c), share = i == 0 ? 1.0f : 0.0f;
        for (size_t j = 1; j < inputs; ++j) {
          const float x = at(j, c), next = extreme(running, x);
          const float won = x == running ? 0.5f : next == x || x != x ? 1.0f : 0.0f;
          share = j == i ? won : share * (1.0f - won);
          running = next;
        }
        out[c] = d[c] * share;
      }
      return;
  }
}

// Where an input stands for several rows or elements, their gradients are summed, in order.
Gradient MergeNode::InputGradient(size_t i, const Gradient& output, BatchContext& batch) {
  const Tensor& view = arrange_.views()[i];
  const size_t stride = PaddedStride(view.columns), rows = arrange_.rows(), count = RowCount(view);
  Buffer<float>& gradient = gradients_[i];
  gradient.Resize(count * stride);
  const bool narrow = view.columns != columns_;
  const bool spread =
      !arrange_.is_same() && steps_ > 0 && (view.space == Space::kSamples || view.layout->steps() != steps_);
  if (!narrow && !spread) {
    if (!arrange_.is_same() && view.space == Space::kSteps)
      std::memset(gradient.data(), 0, stride * sizeof(float));
    ForRows(batch, [&](size_t row, size_t t, size_t r) {
      float* out = gradient.data() + row * stride;
      Slope(i, t, r, output.data + row * output.stride, out);
      std::memset(out + columns_, 0, (stride - columns_) * sizeof(float));
    });
    return {gradient.data(), stride, false};
  }
  gradient.Zero();
  const size_t steps = arrange_.is_same() ? 1 : std::max<size_t>(1, steps_);
  const bool plain = !arrange_.is_same() && steps_ > 0;
  const size_t parts = arrange_.is_same() ? count : rows;
  ForChunks(batch.pool, 0, parts, 8, [&](size_t begin, size_t end) {
    std::vector<float> slope(columns_);
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        const size_t row = plain ? 1 + t * rows + r : r;
        float* to = gradient.data() + (plain ? arrange_.Position(i, t, r) : r) * stride;
        Slope(i, t, r, output.data + row * output.stride, slope.data());
        for (size_t c = 0; c < columns_; ++c) to[narrow ? 0 : c] += slope[c];
      }
  });
  return {gradient.data(), stride, false};
}

void MergeNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) {
  for (size_t i = 0; i < arrange_.views().size(); ++i)
    if (needs[i]) inputs[i] = arrange_.Backward(i, InputGradient(i, outputs[0], batch), batch);
}

}  // namespace ostinato
