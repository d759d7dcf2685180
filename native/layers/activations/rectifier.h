// SPDX-License-Identifier: MIT
// ReLU and LeakyReLU (keras/src/layers/activations/relu.py, leaky_relu.py): x above the threshold, at most
// max_value; below it slope (x - threshold).
#ifndef OSTINATO_LAYERS_ACTIVATIONS_RECTIFIER_H_
#define OSTINATO_LAYERS_ACTIVATIONS_RECTIFIER_H_

#include "layers/row_function.h"

namespace ostinato {

struct Rectifier {
  float max_value;  // infinite for none
  float slope, threshold;
  float slope_at_threshold;  // 1 for a leaky one, as in Keras; else 0

  void Forward(const KernelTable&, const float* x, size_t columns, float* y) const {
    for (size_t c = 0; c < columns; ++c) {
      const float above = x[c] < max_value ? x[c] : max_value;
      const float below = slope * (x[c] - threshold);
      y[c] = x[c] != x[c] ? x[c] : x[c] > threshold ? above : below;
    }
  }

  void Backward(const float* x, const float*, const float* d, size_t columns, float* dx) const {
    for (size_t c = 0; c < columns; ++c) {
      const float above = x[c] < max_value ? 1.0f : 0.0f;
      const float rest = x[c] < threshold ? slope : slope_at_threshold;
      dx[c] = d[c] * (x[c] > threshold ? above : rest);
    }
  }
};

using RectifierLayer = RowFunctionLayer<Rectifier>;

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATIONS_RECTIFIER_H_
