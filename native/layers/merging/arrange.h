// SPDX-License-Identifier: MIT
// Several inputs side by side: as they lie where all have one layout, else with all their steps, rows in the
// order of the batch; and the way back of their gradients.
#ifndef OSTINATO_LAYERS_MERGING_ARRANGE_H_
#define OSTINATO_LAYERS_MERGING_ARRANGE_H_

#include <deque>
#include <vector>

#include "layers/expand.h"

namespace ostinato {

class Arrange {
 public:
  Arrange(size_t inputs, Arena* arena);

  void Forward(const Tensor* inputs);
  // The same, with all steps even where the layout is one.
  void ForwardPlain(const Tensor* inputs);
  // Gradient of input i, given that of its arranged view.
  Gradient Backward(size_t i, const Gradient& arranged, BatchContext& batch) {
    return is_same_ ? arranged : expand_[i].Backward(arranged, batch);
  }

  // Whether all inputs have one layout, and so the output.
  bool is_same() const { return is_same_; }
  const std::vector<Tensor>& views() const { return views_; }
  size_t rows() const { return views_[0].layout->rows(); }
  // Of plain views: the row of view i at step t of row r. A vector, or a sequence of one step, stands at
  // every step.
  size_t Position(size_t i, size_t t, size_t r) const {
    const Tensor& view = views_[i];
    if (view.space == Space::kSamples) return r;
    return 1 + (view.layout->steps() == 1 ? 0 : t) * rows() + r;
  }
  // The steps of the longest view; 0 where all are vectors.
  size_t steps() const;

 private:
  bool is_same_ = false;
  std::vector<Tensor> views_;
  std::deque<Expand> expand_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MERGING_ARRANGE_H_
