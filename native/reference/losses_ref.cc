// SPDX-License-Identifier: MIT
// Losses in double precision, as in keras/src/losses/losses.py and keras/src/backend/jax/nn.py.
#include "reference/losses_ref.h"

#include <cmath>
#include <vector>

namespace ostinato {
namespace reference {

namespace {

constexpr double kEpsilon = 1e-7;

double Clip(double p) { return std::fmin(std::fmax(p, kEpsilon), 1.0 - kEpsilon); }
bool IsClipped(double p) { return p < kEpsilon || p > 1.0 - kEpsilon; }

// log(1 + exp(x)) without overflow.
double Softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

// Each of the following returns the loss of one row and writes its gradient [columns] to `g`.

// -mean_j (y_j log p_j + (1 - y_j) log(1 - p_j))
double BinaryCrossentropy(bool from_logits, size_t columns, const double* y, const double* p, double* g) {
  const double share = 1.0 / static_cast<double>(columns);
  double sum = 0;
  for (size_t j = 0; j < columns; ++j) {
    if (from_logits) {
      sum += y[j] * Softplus(-p[j]) + (1.0 - y[j]) * Softplus(p[j]);
      g[j] = share * (1.0 / (1.0 + std::exp(-p[j])) - y[j]);
    } else {
      const double q = Clip(p[j]);
      sum -= y[j] * std::log(q) + (1.0 - y[j]) * std::log(1.0 - q);
      g[j] = IsClipped(p[j]) ? 0 : share * ((1.0 - y[j]) / (1.0 - q) - y[j] / q);
    }
  }
  return share * sum;
}

// -sum_j y_j log softmax(z)_j
double CrossentropyOfLogits(size_t columns, const double* y, const double* z, double* g) {
  double largest = z[0], sum = 0, mass = 0, loss = 0;
  for (size_t j = 1; j < columns; ++j) largest = std::fmax(largest, z[j]);
  for (size_t j = 0; j < columns; ++j) sum += std::exp(z[j] - largest);
  for (size_t j = 0; j < columns; ++j) mass += y[j];
  const double log_sum = largest + std::log(sum);
  for (size_t j = 0; j < columns; ++j) {
    loss -= y[j] * (z[j] - log_sum);
    g[j] = mass * std::exp(z[j] - log_sum) - y[j];
  }
  return loss;
}

// -sum_j y_j log clip(p_j / sum_k p_k)
double CrossentropyOfProbabilities(size_t columns, const double* y, const double* p, double* g) {
  double sum = 0, loss = 0, mean = 0;
  for (size_t j = 0; j < columns; ++j) sum += p[j];
  for (size_t j = 0; j < columns; ++j) {
    const double q = p[j] / sum;
    loss -= y[j] * std::log(Clip(q));
    g[j] = IsClipped(q) ? 0 : -y[j] / q;
    mean += g[j] * q;
  }
  for (size_t j = 0; j < columns; ++j) g[j] = (g[j] - mean) / sum;
  return loss;
}

// mean_j (p_j - y_j)^2
double MeanSquaredError(size_t columns, const double* y, const double* p, double* g) {
  const double share = 1.0 / static_cast<double>(columns);
  double sum = 0;
  for (size_t j = 0; j < columns; ++j) {
    sum += (p[j] - y[j]) * (p[j] - y[j]);
    g[j] = share * 2.0 * (p[j] - y[j]);
  }
  return share * sum;
}

// mean_j |p_j - y_j|
double MeanAbsoluteError(size_t columns, const double* y, const double* p, double* g) {
  const double share = 1.0 / static_cast<double>(columns);
  double sum = 0;
  for (size_t j = 0; j < columns; ++j) {
    const double error = p[j] - y[j];
    sum += std::fabs(error);
    g[j] = share * (error > 0 ? 1 : error < 0 ? -1 : 0);
  }
  return share * sum;
}

}  // namespace

double Loss(LossKind kind, bool from_logits, size_t rows, size_t columns, const double* targets,
            const double* predictions, double* gradient) {
  const bool sparse = kind == LossKind::kSparseCategoricalCrossentropy;
  std::vector<double> g(columns), one_hot(columns);
  double total = 0;
  for (size_t r = 0; r < rows; ++r) {
    const double* p = predictions + r * columns;
    const double* y = sparse ? one_hot.data() : targets + r * columns;
    for (size_t j = 0; sparse && j < columns; ++j) one_hot[j] = static_cast<double>(j) == targets[r] ? 1 : 0;
    switch (kind) {
      case LossKind::kBinaryCrossentropy:
        total += BinaryCrossentropy(from_logits, columns, y, p, g.data());
        break;
      case LossKind::kCategoricalCrossentropy:
      case LossKind::kSparseCategoricalCrossentropy:
        total += from_logits ? CrossentropyOfLogits(columns, y, p, g.data())
                             : CrossentropyOfProbabilities(columns, y, p, g.data());
        break;
      case LossKind::kMeanSquaredError:
        total += MeanSquaredError(columns, y, p, g.data());
        break;
      case LossKind::kMeanAbsoluteError:
        total += MeanAbsoluteError(columns, y, p, g.data());
        break;
    }
    for (size_t j = 0; gradient && j < columns; ++j) {
      gradient[r * columns + j] = g[j] / static_cast<double>(rows);
    }
  }
  return total / static_cast<double>(rows);
}

}  // namespace reference
}  // namespace ostinato
