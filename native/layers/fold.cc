// SPDX-License-Identifier: MIT
#include "layers/fold.h"

#include <cstring>

namespace ostinato {

std::vector<ValueShape> Fold::OutputShapes(const std::vector<ValueShape>& inputs) const {
  const ValueShape& input = OneSequence(inputs, "fold");
  ExpectShape(input.parts == 0, "parts are not folded again");
  if (config_.parts == 0) return {{false, 1, input.columns, input.steps}};
  const int64_t parts = static_cast<int64_t>(config_.parts);
  ExpectShape(input.steps < 0 || input.steps % parts == 0, "parts of a sequence are as long as each other");
  return {{true, input.steps < 0 ? input.steps : input.steps / parts, input.columns, parts}};
}

std::vector<ValueShape> Unfold::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(inputs.size() == 1 || (inputs.size() == 2 && inputs[1].sequence && inputs[1].parts == 0),
              "unfold takes its mask from a sequence");
  const ValueShape& input = inputs[0];
  ExpectShape(!input.sequence && input.parts != 0, "vectors of parts are unfolded");
  return {{true, input.parts, input.columns, 0}};
}

FoldNode::FoldNode(const FoldConfig& config, const NodeConfig& node)
    : config_parts_(config.parts),
      expand_(node.arena),
      layout_(node.arena),
      index_(node.arena),
      gradient_(node.arena) {}

Tensor FoldNode::Forward(const Tensor& given, BatchContext&) {
  const Tensor input = expand_.Forward(given);
  const bool sequence = config_parts_ > 0;
  rows_ = input.layout->rows();
  parts_ = sequence ? config_parts_ : input.layout->steps();
  steps_ = input.layout->steps() / parts_;
  layout_.BuildFolded(*input.layout, parts_);
  const size_t base = sequence ? 1 : 0;
  index_.Resize(base + count());
  if (sequence) index_[0] = input.index ? input.index[0] : 0;
  for (size_t i = 0; i < count(); ++i)
    index_[base + i] = input.index ? input.index[Position(i)] : static_cast<int32_t>(Position(i));
  Tensor output = RowsLike(input, input.data, input.stride, input.columns);
  output.space = sequence ? Space::kSteps : Space::kSamples;
  output.index = index_.data();
  output.layout = &layout_;
  output.parts = parts_;
  return output;
}

Gradient FoldNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t stride = output.stride, base = config_parts_ > 0 ? 1 : 0;
  gradient_.Resize((1 + count()) * stride);
  std::memset(gradient_.data(), 0, stride * sizeof(float));
  ForChunks(batch.pool, 0, count(), 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      std::memcpy(gradient_.data() + Position(i) * stride, output.data + (base + i) * stride,
                  stride * sizeof(float));
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

UnfoldNode::UnfoldNode(const FoldConfig&, const NodeConfig& node)
    : inputs_(node.inputs),
      mask_(node.arena),
      layout_(node.arena),
      place_(node.arena),
      index_(node.arena),
      gradient_(node.arena) {}

void UnfoldNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext&) {
  const Tensor& input = inputs[0];
  const BatchLayout& from = *input.layout;
  const size_t parts = input.parts, rows = from.rows() / parts;
  layout_.BuildUnfolded(from, parts);
  place_.Resize(1 + from.rows());
  index_.Resize(place_.size());
  place_[0] = 0;
  for (size_t r = 0; r < from.rows(); ++r) {
    const size_t row = static_cast<size_t>(from.order()[r]);
    place_[1 + row % parts * rows + row / parts] = static_cast<int32_t>(r);
  }
  for (size_t p = 0; p < place_.size(); ++p) index_[p] = input.index ? input.index[place_[p]] : place_[p];
  Tensor output = RowsLike(input, input.data, input.stride, input.columns);
  output.space = Space::kSteps;
  output.index = index_.data();
  output.layout = &layout_;
  output.parts = 0;
  output.counts = inputs_ == 2 ? mask_.InBatchOrder(inputs[1]).counts : nullptr;
  outputs[0] = output;
}

void UnfoldNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) {
  if (!needs[0]) return;
  const Gradient& output = outputs[0];
  const size_t stride = output.stride;
  gradient_.Resize((place_.size() - 1) * stride);
  ForChunks(batch.pool, 1, place_.size(), 256, [&](size_t begin, size_t end) {
    for (size_t p = begin; p < end; ++p)
      std::memcpy(gradient_.data() + static_cast<size_t>(place_[p]) * stride, output.data + p * stride,
                  stride * sizeof(float));
  });
  inputs[0] = {gradient_.data(), stride, false};
}

}  // namespace ostinato
