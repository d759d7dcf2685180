// SPDX-License-Identifier: MIT
// Optimizer steps in double precision, as in keras/src/optimizers/{sgd,rmsprop,adam}.py.
#include "reference/optimizers_ref.h"

#include <cmath>

namespace ostinato {
namespace reference {

void SgdStep(const SgdOptions& o, size_t n, const double* g, double* w, const SgdSlots& slots) {
  for (size_t i = 0; i < n; ++i) {
    const double step = o.learning_rate * g[i];
    if (o.momentum == 0) {
      w[i] -= step;
      continue;
    }
    double& m = slots.momentum[i];
    m = o.momentum * m - step;
    w[i] += o.nesterov ? o.momentum * m - step : m;
  }
}

void RmspropStep(const RmspropOptions& o, size_t n, const double* g, double* w, const RmspropSlots& slots) {
  for (size_t i = 0; i < n; ++i) {
    double& v = slots.velocity[i];
    v = o.rho * v + (1.0 - o.rho) * g[i] * g[i];
    double variance = v;
    if (o.centered) {
      double& mean = slots.average_gradient[i];
      mean = o.rho * mean + (1.0 - o.rho) * g[i];
      variance -= mean * mean;
    }
    // epsilon is inside the root
    double step = o.learning_rate * g[i] / std::sqrt(variance + o.epsilon);
    if (o.momentum > 0) {
      slots.momentum[i] = o.momentum * slots.momentum[i] + step;
      step = slots.momentum[i];
    }
    w[i] -= step;
  }
}

void AdamStep(const AdamOptions& o, size_t iteration, size_t n, const double* g, double* w,
              const AdamSlots& slots) {
  const double t = static_cast<double>(iteration);
  const double alpha = o.learning_rate * std::sqrt(1.0 - std::pow(o.beta2, t)) / (1.0 - std::pow(o.beta1, t));
  for (size_t i = 0; i < n; ++i) {
    double& m = slots.momentum[i];
    double& v = slots.velocity[i];
    m += (1.0 - o.beta1) * (g[i] - m);
    v += (1.0 - o.beta2) * (g[i] * g[i] - v);
    double variance = v;
    if (o.amsgrad) {
      slots.velocity_hat[i] = std::fmax(slots.velocity_hat[i], v);
      variance = slots.velocity_hat[i];
    }
    w[i] -= alpha * m / (std::sqrt(variance) + o.epsilon);
  }
}

}  // namespace reference
}  // namespace ostinato
