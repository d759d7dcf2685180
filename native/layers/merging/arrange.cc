// SPDX-License-Identifier: MIT
#include "layers/merging/arrange.h"

#include <algorithm>

namespace ostinato {

Arrange::Arrange(size_t inputs, Arena* arena) : views_(inputs) {
  for (size_t i = 0; i < inputs; ++i) expand_.emplace_back(arena);
}

void Arrange::Forward(const Tensor* inputs) {
  const Tensor& first = inputs[0];
  is_same_ = std::all_of(inputs, inputs + views_.size(), [&](const Tensor& input) {
    return input.layout == first.layout && input.space == first.space && input.counts == first.counts &&
           (input.space == Space::kSamples || !first.layout->masked() || input.fill == first.fill);
  });
  if (!is_same_) return ForwardPlain(inputs);
  std::copy(inputs, inputs + views_.size(), views_.begin());
}

void Arrange::ForwardPlain(const Tensor* inputs) {
  is_same_ = false;
  for (size_t i = 0; i < views_.size(); ++i) views_[i] = expand_[i].InBatchOrder(inputs[i]);
}

size_t Arrange::steps() const {
  size_t steps = 0;
  for (const Tensor& view : views_)
    if (view.space == Space::kSteps) steps = std::max(steps, view.layout->steps());
  return steps;
}

}  // namespace ostinato
