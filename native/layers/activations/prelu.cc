// SPDX-License-Identifier: MIT
#include "layers/activations/prelu.h"

#include <cstring>

namespace ostinato {

Prelu::Prelu(const PreluConfig& config)
    : parameter_{config.shape.size() > 1 ? config.shape[0] : 1, config.shape.back()} {
  AddParameter(config.shape, config.weight);
}

std::vector<ValueShape> Prelu::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& shape = OneInput(inputs, "prelu");
  ExpectShape(parameter_.Fits(shape), "alpha suits the input");
  return {shape};
}

std::unique_ptr<Node> Prelu::MakeNode(const NodeConfig& node) {
  return std::make_unique<PreluNode>(this, node.arena);
}

void Prelu::Row(const float* x, size_t step, size_t columns, float* y) const {
  for (size_t c = 0; c < columns; ++c) y[c] = x[c] < 0.0f ? parameter_.At(alpha(), step, c) * x[c] : x[c];
  std::memset(y + columns, 0, (PaddedStride(columns) - columns) * sizeof(float));
}

StreamRows Prelu::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t columns = input.columns, stride = PaddedStride(columns);
  for (size_t i = 0; i < batch.rows; ++i) Row(RowAt(input, i), 0, columns, batch.work + i * stride);
  return {batch.work, nullptr, stride, columns, input.masked};
}

PreluNode::PreluNode(Prelu* layer, Arena* arena)
    : layer_(*layer),
      use_(layer->parameter_, arena),
      output_(arena),
      gradient_(arena),
      alpha_gradient_(arena) {}

Tensor PreluNode::Forward(const Tensor& input, BatchContext& batch) {
  const Tensor& view = use_.Forward(input);
  use_.Map(batch, &output_,
           [&](size_t i, size_t step, float* y) { layer_.Row(RowAt(view, i), step, view.columns, y); });
  return RowsLike(view, output_.data(), PaddedStride(view.columns), view.columns);
}

// At 0 the derivative is 0, as in Keras.
Gradient PreluNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const Tensor& view = use_.view();
  const StepParameter& parameter = layer_.parameter_;
  const size_t columns = view.columns;
  alpha_gradient_.Resize(parameter.size());
  use_.Sum(
      batch,
      [&](size_t i, double* sums) {
        const float *x = RowAt(view, i), *d = output.data + i * output.stride;
        for (size_t c = 0; c < columns; ++c)
          if (x[c] < 0.0f) sums[c] += static_cast<double>(d[c]) * x[c];
      },
      alpha_gradient_.data());
  batch.weights.Add(layer_.parameters()[0], {alpha_gradient_.data(), parameter.features});
  if (!needs_input) return {};
  use_.Map(batch, &gradient_, [&](size_t i, size_t step, float* dx) {
    const float *x = RowAt(view, i), *d = output.data + i * output.stride;
    for (size_t c = 0; c < columns; ++c)
      dx[c] = x[c] > 0.0f ? d[c] : x[c] < 0.0f ? d[c] * parameter.At(layer_.alpha(), step, c) : 0.0f;
  });
  return use_.Backward({gradient_.data(), PaddedStride(columns), false}, batch);
}

}  // namespace ostinato
