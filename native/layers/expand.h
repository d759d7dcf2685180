// SPDX-License-Identifier: MIT
// Between layouts of the same rows: every row with all its steps, for layers that look across the steps of a
// row and know no mask, or that read several inputs; without the steps that are masked, for those that walk
// or average; and each with the way back.
#ifndef OSTINATO_LAYERS_EXPAND_H_
#define OSTINATO_LAYERS_EXPAND_H_

#include "layers/layer.h"

namespace ostinato {

// Every row with all its steps.
class Expand {
 public:
  explicit Expand(Arena* arena)
      : layout_(arena), index_(arena), positions_(arena), counts_(arena), gradient_(arena) {}

  // A view of `input`, a sequence, whose layout is plain, and which has no mask. Copies nothing.
  Tensor Forward(const Tensor& input) { return Forward(input, false, false); }
  // The same with its mask, in `counts`.
  Tensor WithMask(const Tensor& input) { return Forward(input, true, false); }
  // The same of a sequence or of samples, rows in the order of the batch.
  Tensor InBatchOrder(const Tensor& input);
  // The adjoint: the gradients of all steps that one position stands for are summed there.
  Gradient Backward(const Gradient& output, BatchContext& batch);

 private:
  Tensor Forward(const Tensor& input, bool keeps_mask, bool in_batch_order);
  Gradient SamplesBackward(const Gradient& output);

  Tensor input_;
  bool is_same_ = false, in_batch_order_ = false;
  BatchLayout layout_;
  Buffer<int32_t> index_;      // of the view
  Buffer<int32_t> positions_;  // the input's position of each position of the view
  Buffer<uint8_t> counts_;
  Buffer<float> gradient_;
};

// A sequence without the steps that `counts` leaves out.
class Compact {
 public:
  explicit Compact(Arena* arena) : layout_(arena), index_(arena), gradient_(arena) {}

  // A view of `input`, which is itself where it has no `counts`.
  Tensor Forward(const Tensor& input);
  // The adjoint: steps that were left out have no gradient.
  Gradient Backward(const Gradient& output);

 private:
  Tensor input_;
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

// A vector for each row in the order of another layout.
class Align {
 public:
  explicit Align(Arena* arena) : place_(arena), index_(arena), gradient_(arena) {}

  // A view of `input` (samples) whose row r is that of row r of `layout`.
  Tensor Forward(const Tensor& input, const BatchLayout& layout);
  Gradient Backward(const Gradient& output);

 private:
  bool is_same_ = false;
  size_t columns_ = 0;
  Buffer<int32_t> place_;  // the input's row of each row
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_EXPAND_H_
