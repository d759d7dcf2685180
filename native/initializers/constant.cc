// SPDX-License-Identifier: MIT
// Weights that are not drawn. Zeros and Ones are constants too.
#include "initializers/constant.h"

namespace ostinato {

void FillConstant(double value, float* out, size_t n) {
  const float narrowed = static_cast<float>(value);
  for (size_t i = 0; i < n; ++i) out[i] = narrowed;
}

void FillIdentity(double gain, size_t rows, size_t columns, float* out) {
  FillConstant(0, out, rows * columns);
  for (size_t i = 0; i < rows && i < columns; ++i) out[i * columns + i] = static_cast<float>(gain);
}

}  // namespace ostinato
