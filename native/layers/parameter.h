// SPDX-License-Identifier: MIT
// A weight of a layer with its gradient. Weights lie as Keras lays them out, without padding.
#ifndef OSTINATO_LAYERS_PARAMETER_H_
#define OSTINATO_LAYERS_PARAMETER_H_

#include "base/arena.h"

namespace ostinato {

struct Parameter {
  Parameter(Arena* arena, size_t rows_, size_t columns_, bool trainable_, float l1_, float l2_)
      : rows(rows_),
        columns(columns_),
        trainable(trainable_),
        l1(l1_),
        l2(l2_),
        value(arena),
        slots{Buffer<float>(arena), Buffer<float>(arena), Buffer<float>(arena)} {
    value.Resize(rows * columns);
  }

  size_t size() const { return rows * columns; }
  // Of a frozen weight nothing is added to the loss (keras/src/layers/layer.py, _get_regularization_losses).
  bool has_penalty() const { return trainable && (l1 != 0.0f || l2 != 0.0f); }

  size_t rows, columns;
  bool trainable;
  float l1, l2;
  Buffer<float> value;
  Buffer<float> slots[3];  // of the optimizer

  // Set by the layer's Backward: row i of the gradient is gradient[slot ? slot[i] : i], zero where slot[i] <
  // 0.
  const float* gradient = nullptr;
  size_t gradient_stride = 0;
  const int32_t* gradient_slot = nullptr;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_PARAMETER_H_
