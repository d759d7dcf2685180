// SPDX-License-Identifier: MIT
#include "layers/merging/concatenate.h"

#include <algorithm>
#include <cstring>

namespace ostinato {

std::vector<ValueShape> Concatenate::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(!inputs.empty(), "concatenate has inputs");
  ValueShape shape = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    const ValueShape& input = inputs[i];
    ExpectShape(input.sequence == shape.sequence, "inputs that are concatenated have one rank");
    if (config_.along_steps) {
      ExpectShape(shape.sequence && input.columns == shape.columns, "inputs along the steps have one width");
      shape.steps = shape.steps < 0 || input.steps < 0 ? -1 : shape.steps + input.steps;
    } else {
      ExpectShape(shape.steps < 0 || input.steps < 0 || input.steps == shape.steps,
                  "inputs along the features have one number of steps");
      shape.columns = shape.columns == 0 || input.columns == 0 ? 0 : shape.columns + input.columns;
      if (shape.steps < 0) shape.steps = input.steps;
    }
  }
  return {shape};
}

size_t Concatenate::step_floats(const std::vector<ValueShape>& inputs) const {
  return PaddedStride(OutputShapes(inputs)[0].columns);
}

void Concatenate::Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const {
  size_t columns = 0;
  bool all_masked = true;
  for (size_t i = 0; i < inputs.size(); ++i) {
    columns += inputs[i].columns;
    all_masked = all_masked && inputs[i].masked;
  }
  const size_t stride = PaddedStride(columns);
  for (size_t r = 0; r < batch.rows; ++r) {
    float* out = batch.work + r * stride;
    size_t at = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::memcpy(out + at, RowAt(inputs[i], r), inputs[i].columns * sizeof(float));
      at += inputs[i].columns;
    }
    std::memset(out + at, 0, (stride - at) * sizeof(float));
    if (!all_masked) continue;
    batch.masked[r] = 1;
    for (size_t i = 0; i < inputs.size(); ++i) batch.masked[r] &= inputs[i].masked[r];
  }
  outputs[0] = {batch.work, nullptr, stride, columns, all_masked ? batch.masked : nullptr};
}

ConcatenateNode::ConcatenateNode(const ConcatenateConfig& config, const NodeConfig& node)
    : along_steps_(config.along_steps),
      arrange_(node.inputs, node.arena),
      layout_(node.arena),
      counts_(node.arena),
      output_(node.arena) {
  for (size_t i = 0; i < node.inputs; ++i) gradients_.emplace_back(node.arena);
}

void ConcatenateNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  if (along_steps_) {
    // Steps may differ, so even inputs of one layout are taken apart.
    arrange_.ForwardPlain(inputs);
    outputs[0] = Steps(batch);
  } else {
    arrange_.Forward(inputs);
    outputs[0] = Features(batch);
  }
}

Tensor ConcatenateNode::Features(BatchContext& batch) {
  const std::vector<Tensor>& views = arrange_.views();
  size_t columns = 0;
  for (const Tensor& view : views) columns += view.columns;
  const size_t stride = PaddedStride(columns), rows = RowCount(views[0]);
  output_.Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      float* out = output_.data() + i * stride;
      for (const Tensor& view : views) {
        std::memcpy(out, RowAt(view, i), view.columns * sizeof(float));
        out += view.columns;
      }
      std::memset(out, 0, (stride - columns) * sizeof(float));
    }
  });
  Tensor output = RowsLike(views[0], output_.data(), stride, columns);
  if (arrange_.is_same()) return output;
  output.fill = MaskFill::kUnused;
  output.counts = nullptr;
  // A step counts where it counts in any input; where one has no mask, all do.
  if (std::any_of(views.begin(), views.end(), [](const Tensor& view) { return !view.counts; })) return output;
  counts_.Resize(rows);
  std::memset(counts_.data(), 0, rows);
  for (const Tensor& view : views)
    for (size_t i = 0; i < rows; ++i) counts_[i] |= view.counts[i];
  output.counts = counts_.data();
  return output;
}

Tensor ConcatenateNode::Steps(BatchContext& batch) {
  const std::vector<Tensor>& views = arrange_.views();
  const size_t columns = views[0].columns, stride = PaddedStride(columns), rows = arrange_.rows();
  size_t steps = 0;
  bool is_masked = false;
  for (const Tensor& view : views) {
    steps += view.layout->steps();
    is_masked = is_masked || view.counts;
  }
  layout_.BuildPlain(*views[0].layout, steps);
  output_.Resize(layout_.step_count() * stride);
  std::memset(output_.data(), 0, stride * sizeof(float));
  counts_.Resize(layout_.step_count());
  size_t first = 1;
  for (const Tensor& view : views) {
    const size_t count = view.layout->steps() * rows;
    ForChunks(batch.pool, 0, count, 128, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        float* out = output_.data() + (first + i) * stride;
        std::memcpy(out, RowAt(view, 1 + i), columns * sizeof(float));
        std::memset(out + columns, 0, (stride - columns) * sizeof(float));
      }
    });
    for (size_t i = 0; i < count && is_masked; ++i) counts_[first + i] = view.counts ? view.counts[1 + i] : 1;
    first += count;
  }
  Tensor output = RowsLike(views[0], output_.data(), stride, columns);
  output.layout = &layout_;
  output.fill = MaskFill::kUnused;
  output.counts = is_masked ? counts_.data() : nullptr;
  return output;
}

Gradient ConcatenateNode::FeaturesGradient(size_t i, size_t first, const Gradient& output,
                                           BatchContext& batch) {
  const Tensor& view = arrange_.views()[i];
  const size_t stride = PaddedStride(view.columns), rows = RowCount(view);
  gradients_[i].Resize(rows * stride);
  float* const gradient = gradients_[i].data();
  ForChunks(batch.pool, 0, rows, 128, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      std::memcpy(gradient + r * stride, output.data + r * output.stride + first,
                  view.columns * sizeof(float));
      std::memset(gradient + r * stride + view.columns, 0, (stride - view.columns) * sizeof(float));
    }
  });
  return {gradient, stride, false};
}

Gradient ConcatenateNode::StepsGradient(size_t i, size_t first, const Gradient& output, BatchContext& batch) {
  const Tensor& view = arrange_.views()[i];
  const size_t rows = RowCount(view), stride = output.stride;
  gradients_[i].Resize(rows * stride);
  float* const gradient = gradients_[i].data();
  std::memset(gradient, 0, stride * sizeof(float));
  ForChunks(batch.pool, 1, rows, 128, [&](size_t begin, size_t end) {
    std::memcpy(gradient + begin * stride, output.data + (first + begin) * stride,
                (end - begin) * stride * sizeof(float));
  });
  return {gradient, stride, false};
}

void ConcatenateNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                               BatchContext& batch) {
  const std::vector<Tensor>& views = arrange_.views();
  size_t first = 0;
  for (size_t i = 0; i < views.size(); ++i) {
    if (needs[i])
      inputs[i] = arrange_.Backward(i,
                                    along_steps_ ? StepsGradient(i, first, outputs[0], batch)
                                                 : FeaturesGradient(i, first, outputs[0], batch),
                                    batch);
    first += along_steps_ ? views[i].layout->steps() * arrange_.rows() : views[i].columns;
  }
}

}  // namespace ostinato
