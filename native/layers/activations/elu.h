// SPDX-License-Identifier: MIT
// ELU: x above 0, else alpha (exp(x) - 1) (keras/src/layers/activations/elu.py).
#ifndef OSTINATO_LAYERS_ACTIVATIONS_ELU_H_
#define OSTINATO_LAYERS_ACTIVATIONS_ELU_H_

#include "layers/row_function.h"

namespace ostinato {

struct Elu {
  float alpha;

  void Forward(const KernelTable& kernels, const float* x, size_t columns, float* y) const {
    const size_t stride = PaddedStride(columns);
    std::memcpy(y, x, columns * sizeof(float));
    std::memset(y + columns, 0, (stride - columns) * sizeof(float));
    kernels.activate({Activation::kElu, y, nullptr, nullptr, y, 1, columns, stride});
    for (size_t c = 0; c < columns; ++c) y[c] = x[c] > 0.0f ? y[c] : alpha * y[c];
  }

  // The derivative of alpha (exp(x) - 1) is that plus alpha.
  void Backward(const float* x, const float* y, const float* d, size_t columns, float* dx) const {
    for (size_t c = 0; c < columns; ++c) dx[c] = d[c] * (x[c] > 0.0f ? 1.0f : y[c] + alpha);
  }
};

using EluLayer = RowFunctionLayer<Elu>;

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATIONS_ELU_H_
