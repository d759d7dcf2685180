// SPDX-License-Identifier: MIT
// Every layer that only moves timesteps: Slice along time, Cropping1D, UpSampling1D, ZeroPadding1D
// (keras/src/layers/reshaping). Where no zeros are added the output is a view.
#ifndef OSTINATO_LAYERS_RESHAPING_SELECT_STEPS_H_
#define OSTINATO_LAYERS_RESHAPING_SELECT_STEPS_H_

#include <optional>
#include <vector>

#include "layers/expand.h"

namespace ostinato {

// Steps begin, begin + stride, ... before end, as numpy slices; each `repeats` times; then zeros before and
// after.
struct SelectStepsConfig {
  std::optional<int64_t> begin, end;
  int64_t stride;
  size_t repeats, before, after;
  bool keeps_mask;
  bool drops_axis;  // of one step: the output is a vector
};

// What a config selects of so many steps.
struct SelectedSteps {
  SelectedSteps(const SelectStepsConfig& config, int64_t steps);

  size_t steps() const { return before + count * repeats + after; }
  // The step of the input that step s of the output is; -1 for zeros.
  int64_t Source(size_t s) const {
    if (s < before || s >= before + count * repeats) return -1;
    return first + static_cast<int64_t>((s - before) / repeats) * stride;
  }

  int64_t first, stride;
  size_t count, repeats, before, after;
};

class SelectStepsNode : public UnaryNode {
 public:
  SelectStepsNode(const SelectStepsConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  // A step of the output may lie in the padding of one row and behind that of another.
  bool SharesPadding(bool) const override { return false; }

 private:
  Tensor Copied(const Tensor& view, const SelectedSteps& selected, BatchContext& batch);
  void SelectCounts(const SelectedSteps& selected);

  SelectStepsConfig config_;
  Expand expand_;
  Tensor view_;  // the input, all steps
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<uint8_t> counts_;
  Buffer<float> output_, gradient_;
};

class SelectSteps : public PlainLayer<SelectStepsConfig, SelectStepsNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RESHAPING_SELECT_STEPS_H_
