// SPDX-License-Identifier: MIT
// The outputs of a recurrent layer: which states of the walk they are, and the way back of their gradients.
#ifndef OSTINATO_LAYERS_RECURRENT_OUTPUTS_H_
#define OSTINATO_LAYERS_RECURRENT_OUTPUTS_H_

#include "layers/recurrent/cell_batch.h"

namespace ostinato {

class CellOutputs {
 public:
  CellOutputs(CellBatch* use, Arena* arena);

  void ReturnUnmasked(bool unmasked) { unmasked_ = unmasked; }
  // The first output: the sequence, or the last state.
  Tensor Output();
  // The last states (state 0) or cells (state 1).
  Tensor State(size_t state);

  // The gradient of the sequence by the position of the step whose state it is.
  const float* SequenceGradient(const Gradient& output, BatchContext& batch);
  // The gradient of the last states by row: that of the last output and that of the state; null where both
  // are zero.
  const float* LastGradient(const Gradient& output, const Gradient& state, BatchContext& batch);

 private:
  void IndexLast();
  size_t StateAfter(size_t r, size_t t) const;
  // Whether masked steps stand among the outputs.
  bool IsExpanded() const { return use_.layout().masked() && unmasked_; }
  // Whether the outputs stand in the reverse order of the steps.
  bool IsReversed() const { return use_.config.go_backwards != use_.flips_outputs; }
  void ReverseOutputs();
  void ExpandOutputs();

  CellBatch& use_;
  bool unmasked_ = false;
  BatchLayout layout_;      // of outputs with their masked steps, or in reverse
  Buffer<uint8_t> counts_;  // of the former
  Buffer<int32_t> sequence_index_, last_index_;
  Buffer<float> gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_OUTPUTS_H_
