// SPDX-License-Identifier: MIT
// The dense layer in double precision, as in keras/src/layers/core/dense.py.
#include "reference/dense_ref.h"

#include <vector>

namespace ostinato {
namespace reference {

namespace {

// a = x W + b
void PreActivations(const DenseConfig& c, const double* kernel, const double* bias, const double* x,
                    double* a) {
  for (size_t r = 0; r < c.rows; ++r) {
    for (size_t u = 0; u < c.units; ++u) {
      double sum = bias ? bias[u] : 0;
      for (size_t i = 0; i < c.inputs; ++i) sum += x[r * c.inputs + i] * kernel[i * c.units + u];
      a[r * c.units + u] = sum;
    }
  }
}

}  // namespace

void DenseForward(const DenseConfig& c, const double* kernel, const double* bias, const double* x,
                  double* y) {
  PreActivations(c, kernel, bias, x, y);
  ActivateRows(c.activation, c.rows, c.units, y, y);
}

void DenseBackward(const DenseConfig& c, const double* kernel, const double* bias, const double* x,
                   const double* dy, const DenseGradients& g) {
  std::vector<double> a(c.rows * c.units), da(c.rows * c.units);
  PreActivations(c, kernel, bias, x, a.data());
  ActivateRowsBackward(c.activation, c.rows, c.units, a.data(), dy, da.data());
  // dW = x^T da
  for (size_t i = 0; g.kernel && i < c.inputs; ++i) {
    for (size_t u = 0; u < c.units; ++u) {
      double sum = 0;
      for (size_t r = 0; r < c.rows; ++r) sum += x[r * c.inputs + i] * da[r * c.units + u];
      g.kernel[i * c.units + u] = sum;
    }
  }
  // db = sum over rows of da
  for (size_t u = 0; g.bias && u < c.units; ++u) {
    g.bias[u] = 0;
    for (size_t r = 0; r < c.rows; ++r) g.bias[u] += da[r * c.units + u];
  }
  // dx = da W^T
  for (size_t r = 0; g.x && r < c.rows; ++r) {
    for (size_t i = 0; i < c.inputs; ++i) {
      double sum = 0;
      for (size_t u = 0; u < c.units; ++u) sum += da[r * c.units + u] * kernel[i * c.units + u];
      g.x[r * c.inputs + i] = sum;
    }
  }
}

}  // namespace reference
}  // namespace ostinato
