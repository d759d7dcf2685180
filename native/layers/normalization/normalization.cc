// SPDX-License-Identifier: MIT
#include "layers/normalization/normalization.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace ostinato {
namespace {

constexpr float kLeastDeviation = 1e-7f;  // keras.backend.epsilon()

}  // namespace

Normalization::Normalization(const NormalizationConfig& config)
    : config_(config),
      parameter_{config.shape.size() > 1 ? config.shape[0] : 1, config.shape.back()},
      is_given_(config.weights.empty()),
      deviations_(arena()) {
  if (is_given_) {
    ExpectShape(config.mean.size() == parameter_.size() && config.variance.size() == parameter_.size(),
                "mean and variance have their shape");
    return;
  }
  AddParameter(config.shape, config.weights[0]);
  AddParameter(config.shape, config.weights[1]);
  AddParameter({1}, config.weights[2]);
}

std::vector<ValueShape> Normalization::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& shape = OneInput(inputs, "normalization");
  ExpectShape(parameter_.Fits(shape), "mean and variance suit the input");
  return {shape};
}

std::unique_ptr<Node> Normalization::MakeNode(const NodeConfig& node) {
  return std::make_unique<NormalizationNode>(this, node.arena);
}

void Normalization::FindDeviations() {
  PackOnce(nullptr, [&] {
    const float* variance = is_given_ ? config_.variance.data() : parameters()[1].value.data();
    deviations_.Resize(parameter_.size());
    for (size_t i = 0; i < parameter_.size(); ++i)
      deviations_[i] = std::max(std::sqrt(variance[i]), kLeastDeviation);
  });
}

void Normalization::Row(const float* x, size_t step, size_t columns, float* y) const {
  for (size_t c = 0; c < columns; ++c) {
    const float middle = parameter_.At(mean(), step, c);
    const float deviation = parameter_.At(deviations_.data(), step, c);
    y[c] = config_.invert ? middle + x[c] * deviation : (x[c] - middle) / deviation;
  }
  std::memset(y + columns, 0, (PaddedStride(columns) - columns) * sizeof(float));
}

StreamRows Normalization::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t columns = input.columns, stride = PaddedStride(columns);
  for (size_t i = 0; i < batch.rows; ++i) Row(RowAt(input, i), 0, columns, batch.work + i * stride);
  return {batch.work, nullptr, stride, columns, input.masked};
}

NormalizationNode::NormalizationNode(Normalization* layer, Arena* arena)
    : layer_(*layer), use_(layer->parameter_, arena), output_(arena), gradient_(arena) {}

Tensor NormalizationNode::Forward(const Tensor& input, BatchContext& batch) {
  layer_.FindDeviations();
  const Tensor& view = use_.Forward(input);
  use_.Map(batch, &output_,
           [&](size_t i, size_t step, float* y) { layer_.Row(RowAt(view, i), step, view.columns, y); });
  return RowsLike(view, output_.data(), PaddedStride(view.columns), view.columns);
}

Gradient NormalizationNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t columns = use_.view().columns;
  use_.Map(batch, &gradient_, [&](size_t i, size_t step, float* dx) {
    const float* d = output.data + i * output.stride;
    for (size_t c = 0; c < columns; ++c) {
      const float deviation = layer_.parameter_.At(layer_.deviations_.data(), step, c);
      dx[c] = layer_.config_.invert ? d[c] * deviation : d[c] / deviation;
    }
  });
  return use_.Backward({gradient_.data(), PaddedStride(columns), false}, batch);
}

}  // namespace ostinato
