// SPDX-License-Identifier: MIT
#include "layers/set_mask.h"

namespace ostinato {

SetMaskNode::SetMaskNode(const SetMaskConfig&, const NodeConfig& node)
    : expand_(node.arena), align_(node.arena), counts_(node.arena) {}

void SetMaskNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext&) {
  outputs[0] = expand_.Forward(inputs[0]);
  const BatchLayout& layout = *outputs[0].layout;
  const Tensor mask = align_.Forward(inputs[1], layout);
  ExpectShape(mask.columns == layout.steps(), "a mask has an element for each step");
  const size_t rows = layout.rows();
  counts_.Resize(layout.step_count());
  counts_[0] = 0;
  for (size_t r = 0; r < rows; ++r)
    for (size_t t = 0; t < layout.steps(); ++t) counts_[1 + t * rows + r] = RowAt(mask, r)[t] != 0.0f;
  outputs[0].counts = counts_.data();
}

void SetMaskNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                           BatchContext& batch) {
  if (needs[0]) inputs[0] = expand_.Backward(outputs[0], batch);
}

}  // namespace ostinato
