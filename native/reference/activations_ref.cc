// SPDX-License-Identifier: MIT
// Activations in double precision, as in keras/src/activations/activations.py.
#include "reference/activations_ref.h"

#include <algorithm>
#include <cmath>
#include <numeric>
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

// The order of entries from the largest on, equal ones from the left; how many sparsemax supports, r of them
// as long as r z_r > c_r - 1 with c_r the sum of the first r; and its threshold, as
// keras/src/backend/jax/nn.py has it: (c_1 + ... + c_k - 1) / k.
struct Support {
  std::vector<size_t> order;
  size_t k;
  double threshold;
};
Support SupportOf(size_t columns, const double* x) {
  Support support = {std::vector<size_t>(columns), 0, 0};
  std::iota(support.order.begin(), support.order.end(), size_t{0});
  std::stable_sort(support.order.begin(), support.order.end(),
                   [&](size_t a, size_t b) { return x[a] > x[b]; });
  double sum = 0, sums = 0;
  for (size_t r = 1; r <= columns; ++r) {
    const double z = x[support.order[r - 1]];
    sum += z;
    if (!(static_cast<double>(r) * z > sum - 1)) break;
    sums += sum;
    support.k = r;
  }
  support.threshold = (sums - 1) / static_cast<double>(support.k);
  return support;
}

void LogSoftmax(size_t columns, const double* x, double* y) {
  double largest = x[0];
  for (size_t j = 1; j < columns; ++j) largest = std::fmax(largest, x[j]);
  double sum = 0;
  for (size_t j = 0; j < columns; ++j) sum += std::exp(x[j] - largest);
  for (size_t j = 0; j < columns; ++j) y[j] = x[j] - largest - std::log(sum);
}

void ActivateRow(Activation activation, size_t columns, const double* x, double* y) {
  if (activation == Activation::kSoftmax) return Softmax(columns, x, y);
  if (activation == Activation::kLogSoftmax) return LogSoftmax(columns, x, y);
  const double threshold = SupportOf(columns, x).threshold;
  for (size_t j = 0; j < columns; ++j) y[j] = std::fmax(x[j] - threshold, 0.0);
}

// dx_j = sum_k dy_k dy_k/dx_j of each.
void ActivateRowBackward(Activation activation, size_t columns, const double* x, const double* dy,
                         double* dx) {
  std::vector<double> y(columns);
  ActivateRow(activation, columns, x, y.data());
  double sum = 0;
  if (activation == Activation::kSoftmax) {
    // y_j (dy_j - sum_k dy_k y_k)
    for (size_t j = 0; j < columns; ++j) sum += dy[j] * y[j];
    for (size_t j = 0; j < columns; ++j) dx[j] = y[j] * (dy[j] - sum);
  } else if (activation == Activation::kLogSoftmax) {
    // dy_j - softmax_j sum_k dy_k
    for (size_t j = 0; j < columns; ++j) sum += dy[j];
    for (size_t j = 0; j < columns; ++j) dx[j] = dy[j] - std::exp(y[j]) * sum;
  } else {
    // dy_j where y_j > 0, less the sum of those times dthreshold/dx_j
    const Support support = SupportOf(columns, x);
    std::vector<double> share(columns, 0.0);
    for (size_t r = 0; r < support.k; ++r)
      share[support.order[r]] = static_cast<double>(support.k - r) / static_cast<double>(support.k);
    for (size_t j = 0; j < columns; ++j) sum += y[j] > 0 ? dy[j] : 0;
    for (size_t j = 0; j < columns; ++j) dx[j] = (y[j] > 0 ? dy[j] : 0) - sum * share[j];
  }
}

bool IsRowActivation(Activation activation) {
  return activation == Activation::kSoftmax || activation == Activation::kLogSoftmax ||
         activation == Activation::kSparsemax;
}

double Softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }
double NormalBelow(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double NormalDensity(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::acos(-1.0)); }

constexpr double kSeluScale = 1.0507009873554804934193349852946,
                 kSeluAlpha = 1.6732632423543772848170429916717;

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
    case Activation::kCelu:
      return x > 0 ? x : std::expm1(x);
    case Activation::kExponential:
      return std::exp(x);
    case Activation::kHardSigmoid:
      return std::fmin(std::fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case Activation::kLegacyHardSigmoid:
      return std::fmin(std::fmax(x + 2.5, 0.0), 5.0) / 5.0;
    case Activation::kSoftsign:
      return x / (1.0 + std::fabs(x));
    case Activation::kLeakyRelu:
      return x >= 0 ? x : 0.2 * x;
    case Activation::kRelu6:
      return std::fmin(std::fmax(x, 0.0), 6.0);
    case Activation::kSelu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case Activation::kGelu:
      return x * NormalBelow(x);
    case Activation::kSilu:
      return x * Sigmoid(x);
    case Activation::kSoftplus:
      return Softplus(x);
    case Activation::kSquareplus:
      return x < 0 ? 2.0 / (std::sqrt(x * x + 4.0) - x) : (x + std::sqrt(x * x + 4.0)) / 2.0;
    case Activation::kSoftShrink:
      return x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0;
    case Activation::kHardShrink:
      return std::fabs(x) > 0.5 ? x : 0;
    case Activation::kTanhShrink:
      return x - std::tanh(x);
    case Activation::kHardTanh:
      return x > 1 ? 1 : x < -1 ? -1 : x;
    case Activation::kHardSilu:
      return x * std::fmin(std::fmax(x + 3.0, 0.0), 6.0) / 6.0;
    case Activation::kLogSigmoid:
      return -Softplus(-x);
    case Activation::kMish:
      return x * std::tanh(Softplus(x));
    case Activation::kSparsePlus:
      return x <= -1 ? 0 : x >= 1 ? x : (x + 1) * (x + 1) / 4;
    case Activation::kSparseSigmoid:
      return 0.5 * std::fmin(std::fmax(x + 1, 0.0), 2.0);
    case Activation::kLinear:
    case Activation::kSoftmax:
    case Activation::kLogSoftmax:
    case Activation::kSparsemax:
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
    case Activation::kCelu:
      return x > 0 ? 1 : std::exp(x);
    case Activation::kExponential:
      return std::exp(x);
    case Activation::kHardSigmoid:
      return x > -3.0 && x < 3.0 ? 1.0 / 6.0 : 0;
    case Activation::kLegacyHardSigmoid:
      return x > -2.5 && x < 2.5 ? 0.2 : 0;
    case Activation::kSoftsign:
      return 1.0 / ((1.0 + std::fabs(x)) * (1.0 + std::fabs(x)));
    case Activation::kLeakyRelu:
      return x >= 0 ? 1 : 0.2;
    case Activation::kRelu6:
      return x > 0 && x < 6 ? 1 : 0;
    case Activation::kSelu:
      return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x));
    case Activation::kGelu:
      return NormalBelow(x) + x * NormalDensity(x);
    case Activation::kSilu:
      return Sigmoid(x) * (1.0 + x * Sigmoid(-x));
    case Activation::kSoftplus:
      return Sigmoid(x);
    case Activation::kSquareplus:
      return (1.0 + x / std::sqrt(x * x + 4.0)) / 2.0;
    case Activation::kSoftShrink:
    case Activation::kHardShrink:
      return std::fabs(x) > 0.5 ? 1 : 0;
    case Activation::kTanhShrink:
      return std::tanh(x) * std::tanh(x);
    case Activation::kHardTanh:
      return std::fabs(x) < 1 ? 1 : 0;
    case Activation::kHardSilu:
      return x <= -3 ? 0 : x >= 3 ? 1 : (2.0 * x + 3.0) / 6.0;
    case Activation::kLogSigmoid:
      return Sigmoid(-x);
    case Activation::kMish: {
      const double t = std::tanh(Softplus(x));
      return t + x * (1.0 - t * t) * Sigmoid(x);
    }
    case Activation::kSparsePlus:
      return x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2;
    case Activation::kSparseSigmoid:
      return std::fabs(x) < 1 ? 0.5 : 0;
    case Activation::kLinear:
    case Activation::kSoftmax:
    case Activation::kLogSoftmax:
    case Activation::kSparsemax:
      break;
  }
  return 1.0;
}

void ActivateRows(Activation activation, size_t rows, size_t columns, const double* x, double* y) {
  if (IsRowActivation(activation)) {
    for (size_t i = 0; i < rows; ++i) ActivateRow(activation, columns, x + i * columns, y + i * columns);
    return;
  }
  for (size_t i = 0; i < rows * columns; ++i) y[i] = Activate(activation, x[i]);
}

void ActivateRowsBackward(Activation activation, size_t rows, size_t columns, const double* x,
                          const double* dy, double* dx) {
  if (IsRowActivation(activation)) {
    for (size_t i = 0; i < rows; ++i)
      ActivateRowBackward(activation, columns, x + i * columns, dy + i * columns, dx + i * columns);
    return;
  }
  for (size_t i = 0; i < rows * columns; ++i) dx[i] = dy[i] * ActivationSlope(activation, x[i]);
}

}  // namespace reference
}  // namespace ostinato
