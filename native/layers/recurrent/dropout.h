// SPDX-License-Identifier: MIT
// Dropout of a recurrent layer: one mask per row for all steps of a batch. With dropped inputs no token is
// like another, so inputs are projected per position.
#ifndef OSTINATO_LAYERS_RECURRENT_DROPOUT_H_
#define OSTINATO_LAYERS_RECURRENT_DROPOUT_H_

#include <vector>

#include "layers/recurrent/cell_batch.h"
#include "layers/weight_gradient.h"

namespace ostinato {

class CellDropout {
 public:
  // `number` is that of the use of the layer.
  CellDropout(CellBatch* use, uint64_t number, Arena* arena);

  // Masks of the states of this batch, and room for the states times their masks.
  void DrawStateMasks(BatchContext& batch);
  // Projects the inputs times their masks.
  void Project(BatchContext& batch);
  // The gradients of kernel and bias: one for each mask, of the gates that it is for.
  size_t PlanKernel(std::vector<WeightGradient>* gradients);
  Gradient InputGradient(BatchContext& batch);
  // The gradient of the states before the steps whose deltas stand at base + index[r]: rows of H, written to
  // `out`.
  void StateGradient(const int32_t* index, size_t rows, float* out, BatchContext& batch);

 private:
  size_t input_masks() const;
  void Draw(float rate, uint64_t stream, size_t count, size_t columns, size_t stride, Buffer<float>* masks,
            BatchContext& batch);
  template <class Body>
  void ForPositions(BatchContext& batch, Body&& body);

  CellBatch& use_;
  uint64_t number_;
  size_t mask_stride_ = 0;  // of input masks and masked inputs
  Buffer<float> input_masks_, ones_, masked_inputs_, packed_gate_, input_gradient_, gate_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_DROPOUT_H_
