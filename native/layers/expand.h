// SPDX-License-Identifier: MIT
// For layers that look across the steps of a row and know no mask: every row with all its steps, and back.
#ifndef OSTINATO_LAYERS_EXPAND_H_
#define OSTINATO_LAYERS_EXPAND_H_

#include "layers/layer.h"

namespace ostinato {

class Expand {
 public:
  explicit Expand(Arena* arena) : layout_(arena), index_(arena), gradient_(arena) {}

  // Floats of batch memory that Forward takes for a row.
  static size_t Floats(size_t steps) { return steps * (kLayoutFloats + 1); }

  // A view of `input`, a sequence, whose layout is plain. Copies nothing.
  Tensor Forward(const Tensor& input);
  // The adjoint: the gradients of all steps that one position stands for are summed there.
  Gradient Backward(const Gradient& output, BatchContext& batch);

 private:
  Tensor input_;
  bool is_plain_ = false;
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_EXPAND_H_
