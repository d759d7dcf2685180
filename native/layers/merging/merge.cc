// SPDX-License-Identifier: MIT
#include "layers/merging/merge.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

constexpr size_t kRowsPerTask = 128;

// NaN is larger and smaller than everything, as in Keras.
float Larger(float a, float b) { return b > a || b != b ? b : a; }
float Smaller(float a, float b) { return b < a || b != b ? b : a; }

bool SkipsMasked(MergeKind kind) {
  return kind == MergeKind::kMultiply || kind == MergeKind::kMaximum || kind == MergeKind::kMinimum;
}

// out[c] = operation(out[c], the input's element c).
template <class Operation>
void Apply(const MergeSource& source, size_t columns, float* out, Operation&& operation) {
  if (source.is_narrow) {
    const float x = source.x[0];
    for (size_t c = 0; c < columns; ++c) out[c] = operation(out[c], x);
  } else {
    for (size_t c = 0; c < columns; ++c) out[c] = operation(out[c], source.x[c]);
  }
}

void Copy(const MergeSource& source, size_t columns, float* out) {
  if (source.is_narrow)
    std::fill(out, out + columns, source.x[0]);
  else
    std::memcpy(out, source.x, columns * sizeof(float));
}

void Combine(MergeKind kind, const MergeSource& source, size_t columns, float* out) {
  switch (kind) {
    case MergeKind::kAdd:
    case MergeKind::kAverage:
      return Apply(source, columns, out, [](float a, float x) { return a + x; });
    case MergeKind::kSubtract:
      return Apply(source, columns, out, [](float a, float x) { return a - x; });
    case MergeKind::kMultiply:
      return Apply(source, columns, out, [](float a, float x) { return a * x; });
    case MergeKind::kMaximum:
      return Apply(source, columns, out, Larger);
    case MergeKind::kMinimum:
      return Apply(source, columns, out, Smaller);
  }
}

// out[c] = the inputs' elements merged, in their order.
template <class SourceOf>
void MergeRow(MergeKind kind, size_t inputs, SourceOf&& source_of, size_t columns, float* out) {
  size_t taken = 0;
  for (size_t i = 0; i < inputs; ++i) {
    const MergeSource source = source_of(i);
    if (SkipsMasked(kind) && source.is_masked) continue;
    if (taken++ == 0)
      Copy(source, columns, out);
    else
      Combine(kind, source, columns, out);
  }
  if (taken == 0) {
    if (kind == MergeKind::kMultiply)
      std::memset(out, 0, columns * sizeof(float));
    else
      Copy(source_of(0), columns, out);
  }
  if (kind != MergeKind::kAverage) return;
  const float count = static_cast<float>(inputs);
  for (size_t c = 0; c < columns; ++c) out[c] /= count;
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
  ValueShape shape = {false, 1, WidestOf(inputs)};
  bool is_open = false;
  for (const ValueShape& input : inputs) {
    ExpectShape(input.columns <= 1 || input.columns == shape.columns,
                "inputs that are merged have one width");
    is_open = is_open || input.columns == 0;
    if (!input.sequence) continue;
    if (!shape.sequence || shape.steps == 1) shape.steps = input.steps;
    ExpectShape(input.steps == 1 || input.steps < 0 || shape.steps < 0 || input.steps == shape.steps,
                "sequences that are merged have one number of steps");
    if (shape.steps < 0) shape.steps = input.steps == 1 ? -1 : input.steps;
    shape.sequence = true;
  }
  // An axis of one element stands for as many as a batch tells.
  if (is_open && shape.columns == 1) shape.columns = 0;
  return {shape};
}

size_t Merge::step_floats(const std::vector<ValueShape>& inputs) const {
  return PaddedStride(WidestOf(inputs));
}

void Merge::Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const {
  size_t columns = 1;
  bool all_have_masks = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    columns = std::max(columns, inputs[i].columns);
    all_have_masks = all_have_masks && inputs[i].masked;
  }
  const size_t stride = PaddedStride(columns);
  for (size_t r = 0; r < batch.rows; ++r) {
    const auto source_of = [&](size_t i) -> MergeSource {
      const StreamRows& input = inputs[i];
      return {RowAt(input, r), input.columns == 1, input.masked && input.masked[r]};
    };
    float* out = batch.work + r * stride;
    MergeRow(config_.kind, inputs.size(), source_of, columns, out);
    std::memset(out + columns, 0, (stride - columns) * sizeof(float));
    if (!all_have_masks) continue;
    // A step counts where it counts in any input.
    batch.masked[r] = 1;
    for (size_t i = 0; i < inputs.size(); ++i) batch.masked[r] &= inputs[i].masked[r];
  }
  outputs[0] = {batch.work, nullptr, stride, columns, all_have_masks ? batch.masked : nullptr};
}

MergeNode::MergeNode(const MergeConfig& config, const NodeConfig& node)
    : kind_(config.kind),
      arrange_(node.inputs, node.arena),
      layout_(node.arena),
      counts_(node.arena),
      output_(node.arena),
      rows_(node.arena) {
  for (size_t i = 0; i < node.inputs; ++i) gradients_.emplace_back(node.arena);
}

MergeSource MergeNode::SourceOf(size_t i, size_t t, size_t r) const {
  const Tensor& view = arrange_.views()[i];
  const size_t position = PositionOf(i, t, r);
  return {RowAt(view, position), view.columns == 1, view.counts && !view.counts[position]};
}

// Of inputs of several layouts: all steps, rows as in the batch. A step counts where it counts in any input;
// where one has no mask, all do (keras/src/layers/merging/base_merge.py, compute_mask).
void MergeNode::LayOut(Tensor* output) {
  const std::vector<Tensor>& views = arrange_.views();
  const size_t rows = arrange_.rows();
  output->counts = nullptr;
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
  const bool plain = IsPlain();
  const size_t rows = arrange_.rows();
  const size_t count = plain ? steps_ * rows : RowCount(arrange_.views()[0]);
  ForChunks(batch.pool, 0, count, kRowsPerTask, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (plain)
        body(1 + i, i / rows, i % rows);
      else
        body(i, size_t{0}, i);
    }
  });
}

void MergeNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  arrange_.Forward(inputs);
  // Masked steps that a layout leaves out hold what no rule for rows that are there can tell.
  const Tensor& first = arrange_.views()[0];
  if (unmasked_ && SkipsMasked(kind_) && first.space == Space::kSteps && first.layout->masked())
    arrange_.ForwardPlain(inputs);
  const std::vector<Tensor>& views = arrange_.views();
  columns_ = 1;
  for (const Tensor& view : views) columns_ = std::max(columns_, view.columns);
  stride_ = PaddedStride(columns_);
  steps_ = arrange_.is_same() ? 0 : arrange_.steps();
  Tensor output = RowsLike(views[0], nullptr, stride_, columns_);
  if (!arrange_.is_same()) LayOut(&output);
  output_.Resize(RowCount(output) * stride_);
  if (IsPlain()) std::memset(output_.data(), 0, stride_ * sizeof(float));
  ForRows(batch, [&](size_t row, size_t t, size_t r) {
    float* out = output_.data() + row * stride_;
    MergeRow(
        kind_, views.size(), [&](size_t i) { return SourceOf(i, t, r); }, columns_, out);
    std::memset(out + columns_, 0, (stride_ - columns_) * sizeof(float));
  });
  output.data = output_.data();
  outputs[0] = output;
}

// out = d times the derivative of the merge by input i, in one row. Of equal extremes the two that are
// compared share it, as in JAX.
void MergeNode::Slope(size_t i, size_t t, size_t r, const float* d, float* running, float* out) const {
  const size_t inputs = arrange_.views().size();
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
      if (SourceOf(i, t, r).is_masked) {
        std::memset(out, 0, columns_ * sizeof(float));
        return;
      }
      std::memcpy(out, d, columns_ * sizeof(float));
      for (size_t j = 0; j < inputs; ++j) {
        const MergeSource source = SourceOf(j, t, r);
        if (j != i && !source.is_masked) Combine(kind_, source, columns_, out);
      }
      return;
    case MergeKind::kMaximum:
    case MergeKind::kMinimum:
      break;
  }
  size_t taken = 0;
  for (size_t j = 0; j < inputs; ++j) {
    const MergeSource source = SourceOf(j, t, r);
    if (source.is_masked) continue;
    if (taken++ == 0) {
      Copy(source, columns_, running);
      for (size_t c = 0; c < columns_; ++c) out[c] = j == i ? 1.0f : 0.0f;
      continue;
    }
    for (size_t c = 0; c < columns_; ++c) {
      const float x = source.x[source.is_narrow ? 0 : c];
      const float next = kind_ == MergeKind::kMaximum ? Larger(running[c], x) : Smaller(running[c], x);
      const float won = x == running[c] ? 0.5f : next == x || x != x ? 1.0f : 0.0f;
      out[c] = j == i ? won : out[c] * (1.0f - won);
      running[c] = next;
    }
  }
  const float whole = i == 0 ? 1.0f : 0.0f;  // where all are masked
  for (size_t c = 0; c < columns_; ++c) out[c] = d[c] * (taken == 0 ? whole : out[c]);
}

Gradient MergeNode::InputGradient(size_t i, const Gradient& output, BatchContext& batch) {
  const Tensor& view = arrange_.views()[i];
  const bool is_repeated = IsPlain() && (view.space == Space::kSamples || view.layout->steps() != steps_);
  if (view.columns != columns_ || is_repeated) return SummedGradient(i, output, batch);
  Buffer<float>& gradient = gradients_[i];
  gradient.Resize(RowCount(view) * stride_);
  if (IsPlain()) std::memset(gradient.data(), 0, stride_ * sizeof(float));
  ForRows(batch, [&](size_t row, size_t t, size_t r) {
    float* out = gradient.data() + row * stride_;
    float* running = rows_.data() + (IsPlain() ? row - 1 : row) / kRowsPerTask * 2 * stride_;
    Slope(i, t, r, output.data + row * output.stride, running, out);
    std::memset(out + columns_, 0, (stride_ - columns_) * sizeof(float));
  });
  return {gradient.data(), stride_, false};
}

// Where an input stands for several steps or elements, their gradients are summed, in order.
Gradient MergeNode::SummedGradient(size_t i, const Gradient& output, BatchContext& batch) {
  const Tensor& view = arrange_.views()[i];
  const bool is_narrow = view.columns != columns_, plain = IsPlain();
  const size_t stride = PaddedStride(view.columns), rows = arrange_.rows();
  Buffer<float>& gradient = gradients_[i];
  gradient.Resize(RowCount(view) * stride);
  gradient.Zero();
  const size_t steps = plain ? steps_ : 1, count = plain ? rows : RowCount(view);
  ForChunks(batch.pool, 0, count, kRowsPerTask, [&](size_t begin, size_t end) {
    float* slope = rows_.data() + begin / kRowsPerTask * 2 * stride_;
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps; ++t) {
        const size_t row = plain ? 1 + t * rows + r : r;
        float* to = gradient.data() + PositionOf(i, t, r) * stride;
        Slope(i, t, r, output.data + row * output.stride, slope + stride_, slope);
        for (size_t c = 0; c < columns_; ++c) to[is_narrow ? 0 : c] += slope[c];
      }
  });
  return {gradient.data(), stride, false};
}

void MergeNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) {
  rows_.Resize((output_.size() / stride_ / kRowsPerTask + 1) * 2 * stride_);
  for (size_t i = 0; i < arrange_.views().size(); ++i)
    if (needs[i]) inputs[i] = arrange_.Backward(i, InputGradient(i, outputs[0], batch), batch);
}

}  // namespace ostinato
