// SPDX-License-Identifier: MIT
#include "layers/reshaping/select_steps.h"

#include <algorithm>
#include <cstring>

namespace ostinato {

SelectedSteps::SelectedSteps(const SelectStepsConfig& config, int64_t steps)
    : stride(config.stride), repeats(config.repeats), before(config.before), after(config.after) {
  const int64_t least = stride < 0 ? -1 : 0, most = stride < 0 ? steps - 1 : steps;
  const auto bound = [&](const std::optional<int64_t>& given, int64_t otherwise) {
    if (!given) return otherwise;
    return std::min(most, std::max(least, *given < 0 ? *given + steps : *given));
  };
  first = bound(config.begin, stride < 0 ? most : least);
  const int64_t end = bound(config.end, stride < 0 ? least : most);
  const int64_t distance = stride < 0 ? first - end : end - first, step = stride < 0 ? -stride : stride;
  count = distance > 0 ? static_cast<size_t>((distance + step - 1) / step) : 0;
}

std::vector<ValueShape> SelectSteps::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneSequence(inputs, "select_steps");
  if (config_.drops_axis) shape.sequence = false;
  if (shape.steps > 0) {
    const SelectedSteps selected(config_, shape.steps);
    ExpectShape(selected.steps() > 0, "some timesteps are selected");
    ExpectShape(!config_.drops_axis || selected.steps() == 1, "one timestep is selected");
    shape.steps = static_cast<int64_t>(selected.steps());
  }
  if (config_.drops_axis) shape.steps = 1;
  return {shape};
}

SelectStepsNode::SelectStepsNode(const SelectStepsConfig& config, const NodeConfig& node)
    : config_(config),
      expand_(node.arena),
      layout_(node.arena),
      index_(node.arena),
      counts_(node.arena),
      output_(node.arena),
      gradient_(node.arena) {}

Tensor SelectStepsNode::Forward(const Tensor& input, BatchContext& batch) {
  view_ = config_.keeps_mask ? expand_.WithMask(input) : expand_.Forward(input);
  const size_t rows = view_.layout->rows();
  const SelectedSteps selected(config_, static_cast<int64_t>(view_.layout->steps()));
  Tensor output = view_;
  output.distinct = nullptr;
  if (config_.drops_axis) {
    output.space = Space::kSamples;
    output.counts = nullptr;
  } else {
    layout_.BuildPlain(*view_.layout, selected.steps());
    output.layout = &layout_;
    if (output.counts) {
      SelectCounts(selected);
      output.counts = counts_.data();
    }
    if (selected.before + selected.after > 0) {
      const Tensor copied = Copied(view_, selected, batch);
      output.data = copied.data;
      output.stride = copied.stride;
      output.index = nullptr;
      return output;
    }
  }
  const size_t base = config_.drops_axis ? 0 : 1;
  index_.Resize(base + selected.steps() * rows);
  const auto row_of = [&](size_t position) {
    return view_.index ? view_.index[position] : static_cast<int32_t>(position);
  };
  if (base > 0) index_[0] = row_of(0);
  for (size_t s = 0; s < selected.steps(); ++s)
    for (size_t r = 0; r < rows; ++r)
      index_[base + s * rows + r] = row_of(1 + static_cast<size_t>(selected.Source(s)) * rows + r);
  output.index = index_.data();
  return output;
}

Tensor SelectStepsNode::Copied(const Tensor& view, const SelectedSteps& selected, BatchContext& batch) {
  const size_t rows = view.layout->rows(), stride = PaddedStride(view.columns);
  output_.Resize((1 + selected.steps() * rows) * stride);
  output_.Zero();
  ForChunks(batch.pool, 0, selected.steps(), 1, [&](size_t s, size_t) {
    const int64_t source = selected.Source(s);
    for (size_t r = 0; source >= 0 && r < rows; ++r)
      std::memcpy(output_.data() + (1 + s * rows + r) * stride,
                  RowAt(view, 1 + static_cast<size_t>(source) * rows + r), view.columns * sizeof(float));
  });
  return RowsLike(view, output_.data(), stride, view.columns);
}

// Zeros that were added do not count.
void SelectStepsNode::SelectCounts(const SelectedSteps& selected) {
  const size_t rows = view_.layout->rows();
  counts_.Resize(1 + selected.steps() * rows);
  counts_.Zero();
  for (size_t s = 0; s < selected.steps(); ++s)
    if (selected.Source(s) >= 0)
      std::memcpy(counts_.data() + 1 + s * rows,
                  view_.counts + 1 + static_cast<size_t>(selected.Source(s)) * rows, rows);
}

Gradient SelectStepsNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  if (!needs_input) return {};
  const size_t rows = view_.layout->rows(), stride = output.stride, base = config_.drops_axis ? 0 : 1;
  const SelectedSteps selected(config_, static_cast<int64_t>(view_.layout->steps()));
  gradient_.Resize(view_.layout->step_count() * stride);
  gradient_.Zero();
  // A step may have been repeated, so a thread takes all steps of its rows.
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t s = 0; s < selected.steps(); ++s) {
      const int64_t source = selected.Source(s);
      if (source < 0) continue;
      batch.kernels.add(gradient_.data() + (1 + static_cast<size_t>(source) * rows + begin) * stride,
                        output.data + (base + s * rows + begin) * stride, (end - begin) * stride);
    }
  });
  return expand_.Backward({gradient_.data(), stride, false}, batch);
}

}  // namespace ostinato
