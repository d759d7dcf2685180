// SPDX-License-Identifier: MIT
#include "layers/activations/masked_softmax.h"

#include <cstring>

namespace ostinato {
namespace {

constexpr float kHidden = -1e9f;

}  // namespace

std::vector<ValueShape> MaskedSoftmax::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(inputs.size() == 2 && inputs[0].sequence == inputs[1].sequence &&
                  (inputs[1].columns == 1 || inputs[1].columns == inputs[0].columns),
              "a softmax and its mask have one rank and width");
  const int64_t steps = inputs[0].steps, masked = inputs[1].steps;
  ExpectShape(!inputs[0].sequence || masked == 1 || masked < 0 || steps < 0 || masked == steps,
              "a softmax and its mask have one number of steps");
  return {inputs[0]};
}

MaskedSoftmaxNode::MaskedSoftmaxNode(const MaskedSoftmaxConfig&, const NodeConfig& node)
    : arrange_(node.inputs, node.arena), output_(node.arena) {}

const float* MaskedSoftmaxNode::MaskOf(size_t row) const {
  const Tensor& mask = arrange_.views()[1];
  if (arrange_.is_same() || mask.space == Space::kSamples) return RowAt(mask, row);
  if (row == 0) return RowAt(mask, 0);
  const size_t rows = arrange_.rows();
  return RowAt(mask, arrange_.Position(1, (row - 1) / rows, (row - 1) % rows));
}

void MaskedSoftmaxNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  arrange_.Forward(inputs);
  const Tensor& view = arrange_.views()[0];
  const bool is_narrow = arrange_.views()[1].columns == 1;
  const size_t columns = view.columns, stride = PaddedStride(columns);
  output_.Resize(RowCount(view) * stride);
  ForChunks(batch.pool, 0, RowCount(view), 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *x = RowAt(view, i), *mask = MaskOf(i);
      float* y = output_.data() + i * stride;
      const auto is_kept = [&](size_t c) { return mask[is_narrow ? 0 : c] > 0.5f; };
      for (size_t c = 0; c < columns; ++c) y[c] = is_kept(c) ? x[c] : kHidden;
      std::memset(y + columns, 0, (stride - columns) * sizeof(float));
      batch.kernels.activate({Activation::kSoftmax, y, nullptr, nullptr, y, 1, columns, stride});
      for (size_t c = 0; c < columns; ++c)
        if (!is_kept(c)) y[c] = 0.0f;
    }
  });
  outputs[0] = RowsLike(view, output_.data(), stride, columns);
}

// Hidden features are zeros of the output, so that the gradient of a softmax leaves them out by itself. A
// mask has none.
void MaskedSoftmaxNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                                 BatchContext& batch) {
  if (!needs[0]) return;
  const Gradient& output = outputs[0];
  const Tensor& view = arrange_.views()[0];
  const size_t columns = view.columns, stride = PaddedStride(columns);
  ForChunks(batch.pool, 0, RowCount(view), 128, [&](size_t begin, size_t end) {
    const size_t at = begin * stride;
    batch.kernels.activation_gradient({Activation::kSoftmax, output.data + at, output_.data() + at, nullptr,
                                       output.data + at, end - begin, columns, stride});
  });
  inputs[0] = arrange_.Backward(0, output, batch);
}

}  // namespace ostinato
