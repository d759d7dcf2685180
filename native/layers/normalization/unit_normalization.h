// SPDX-License-Identifier: MIT
// UnitNormalization: each row divided by its Euclidean length
// (keras/src/layers/normalization/unit_normalization.py).
#ifndef OSTINATO_LAYERS_NORMALIZATION_UNIT_NORMALIZATION_H_
#define OSTINATO_LAYERS_NORMALIZATION_UNIT_NORMALIZATION_H_

#include <algorithm>
#include <cmath>

#include "layers/row_function.h"

namespace ostinato {

struct UnitNormalization {
  // 1 / length, at most this.
  static constexpr double kMostInverse = 1e12;

  static double SquareSum(const float* x, size_t columns) {
    double sum = 0.0;
    for (size_t c = 0; c < columns; ++c) sum += static_cast<double>(x[c]) * x[c];
    return sum;
  }

  void Forward(const KernelTable&, const float* x, size_t columns, float* y) const {
    const double inverse = std::min(1.0 / std::sqrt(SquareSum(x, columns)), kMostInverse);
    for (size_t c = 0; c < columns; ++c) y[c] = static_cast<float>(x[c] * inverse);
  }

  // (d - y (y d)) / length. A row of zeros has no direction: its gradient is zero.
  void Backward(const float* x, const float* y, const float* d, size_t columns, float* dx) const {
    const double squares = SquareSum(x, columns);
    const double inverse = squares == 0.0 ? 0.0 : 1.0 / std::sqrt(squares);
    double along = 0.0;
    for (size_t c = 0; c < columns && !(inverse > kMostInverse); ++c)
      along += static_cast<double>(y[c]) * d[c];
    const double factor = std::min(inverse, kMostInverse);
    for (size_t c = 0; c < columns; ++c) dx[c] = static_cast<float>((d[c] - y[c] * along) * factor);
  }
};

using UnitNormalizationLayer = RowFunctionLayer<UnitNormalization>;

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_NORMALIZATION_UNIT_NORMALIZATION_H_
