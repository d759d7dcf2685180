// SPDX-License-Identifier: MIT
// Optimizer steps in double precision, as in keras/src/optimizers/.
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

void NadamStep(const MomentsOptions& o, size_t iteration, size_t n, const double* g, double* w,
               const MomentsSlots& slots) {
  const double t = static_cast<double>(iteration);
  const auto momentum_at = [&](double step) { return o.beta1 * (1.0 - 0.5 * std::pow(0.96, step)); };
  double product = 1.0;
  for (size_t i = 1; i <= iteration; ++i) product *= momentum_at(static_cast<double>(i));
  const double now = momentum_at(t), next = momentum_at(t + 1.0);
  for (size_t i = 0; i < n; ++i) {
    double& m = slots.momentum[i];
    double& v = slots.second[i];
    m += (1.0 - o.beta1) * (g[i] - m);
    v += (1.0 - o.beta2) * (g[i] * g[i] - v);
    const double m_hat = next * m / (1.0 - product * next) + (1.0 - now) * g[i] / (1.0 - product);
    const double v_hat = v / (1.0 - std::pow(o.beta2, t));
    w[i] -= o.learning_rate * m_hat / (std::sqrt(v_hat) + o.epsilon);
  }
}

void AdamaxStep(const MomentsOptions& o, size_t iteration, size_t n, const double* g, double* w,
                const MomentsSlots& slots) {
  const double correction = 1.0 - std::pow(o.beta1, static_cast<double>(iteration));
  for (size_t i = 0; i < n; ++i) {
    double& m = slots.momentum[i];
    double& u = slots.second[i];
    m += (1.0 - o.beta1) * (g[i] - m);
    u = std::fmax(o.beta2 * u, std::fabs(g[i]));
    w[i] -= o.learning_rate * m / (correction * (u + o.epsilon));
  }
}

void AdagradStep(double learning_rate, double epsilon, size_t n, const double* g, double* w,
                 double* accumulator) {
  for (size_t i = 0; i < n; ++i) {
    accumulator[i] += g[i] * g[i];
    w[i] -= learning_rate * g[i] / std::sqrt(accumulator[i] + epsilon);
  }
}

void AdadeltaStep(const AdadeltaOptions& o, size_t n, const double* g, double* w,
                  const AdadeltaSlots& slots) {
  for (size_t i = 0; i < n; ++i) {
    double& gradients = slots.accumulated_grad[i];
    double& deltas = slots.accumulated_delta_var[i];
    gradients = o.rho * gradients + (1.0 - o.rho) * g[i] * g[i];
    const double delta = -std::sqrt(deltas + o.epsilon) * g[i] / std::sqrt(gradients + o.epsilon);
    deltas = o.rho * deltas + (1.0 - o.rho) * delta * delta;
    w[i] += o.learning_rate * delta;
  }
}

void LionStep(const LionOptions& o, size_t n, const double* g, double* w, double* momentum) {
  for (size_t i = 0; i < n; ++i) {
    const double mixed = o.beta1 * momentum[i] + (1.0 - o.beta1) * g[i];
    momentum[i] = o.beta2 * momentum[i] + (1.0 - o.beta2) * g[i];
    w[i] -= o.learning_rate * (mixed > 0 ? 1.0 : mixed < 0 ? -1.0 : 0.0);
  }
}

}  // namespace reference
}  // namespace ostinato
