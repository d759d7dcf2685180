// SPDX-License-Identifier: MIT
// Activations in double precision, as in keras/src/activations/activations.py.
#include "reference/activations_ref.h"

#include <cmath>
#include <vector>

namespace ostinato {
namespace reference {

namespace {

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// y_j = exp(x_j) / sum_k exp(x_k), shifted by the largest x.
void Softmax(size_t columns, const double* x, double* y) {
  double largest = x[0];
  for (size_t j = 1; j < columns; ++j) largest = std::fmax(largest, x[j]);
  double sum = 0;
  for (size_t j = 0; j < columns; ++j) sum += std::exp(x[j] - largest);
  for (size_t j = 0; j < columns; ++j) y[j] = std::exp(x[j] - largest) / sum;
}

}  // namespace

double Activate(Activation activation, double x) {
  switch (activation) {
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kElu:
      return x > 0 ? x : std::expm1(x);
    case Activation::kExponential:
      return std::exp(x);
    case Activation::kHardSigmoid:
      return std::fmin(std::fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case Activation::kSoftsign:
      return x / (1.0 + std::fabs(x));
    case Activation::kLinear:
    case Activation::kSoftmax:
      break;
  }
  return x;
}

double ActivationSlope(Activation activation, double x) {
  switch (activation) {
    case Activation::kTanh:
      return 1.0 - std::tanh(x) * std::tanh(x);
    case Activation::kSigmoid:
      return Sigmoid(x) * Sigmoid(-x);
    case Activation::kRelu:
      return x > 0 ? 1 : 0;
    case Activation::kElu:
      return x > 0 ? 1 : std::exp(x);
    case Activation::kExponential:
      return std::exp(x);
    case Activation::kHardSigmoid:
      return x > -3.0 && x < 3.0 ? 1.0 / 6.0 : 0;
    case Activation::kSoftsign:
      return 1.0 / ((1.0 + std::fabs(x)) * (1.0 + std::fabs(x)));
    case Activation::kLinear:
    case Activation::kSoftmax:
      break;
  }
  return 1.0;
}

void ActivateRows(Activation activation, size_t rows, size_t columns, const double* x, double* y) {
  if (activation == Activation::kSoftmax) {
    for (size_t i = 0; i < rows; ++i) Softmax(columns, x + i * columns, y + i * columns);
    return;
  }
  for (size_t i = 0; i < rows * columns; ++i) y[i] = Activate(activation, x[i]);
}

void ActivateRowsBackward(Activation activation, size_t rows, size_t columns, const double* x,
                          const double* dy, double* dx) {
  if (activation != Activation::kSoftmax) {
    for (size_t i = 0; i < rows * columns; ++i) dx[i] = dy[i] * ActivationSlope(activation, x[i]);
    return;
  }
  // dx_j = y_j (dy_j - sum_k dy_k y_k)
  std::vector<double> y(columns);
  for (size_t i = 0; i < rows; ++i) {
    Softmax(columns, x + i * columns, y.data());
    double mean = 0;
    for (size_t j = 0; j < columns; ++j) mean += dy[i * columns + j] * y[j];
    for (size_t j = 0; j < columns; ++j) dx[i * columns + j] = y[j] * (dy[i * columns + j] - mean);
  }
}

}  // namespace reference
}  // namespace ostinato
