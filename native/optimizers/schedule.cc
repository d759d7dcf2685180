// SPDX-License-Identifier: MIT
#include "optimizers/schedule.h"

#include <algorithm>
#include <cmath>

namespace ostinato {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Falls from 1 to 0 along half a wave.
double Cosine(double fraction) { return 0.5 * (1.0 + std::cos(kPi * fraction)); }

double Polynomial(const Schedule& s, double step) {
  double length = s.decay_steps;
  if (s.cycle)
    length *= step == 0.0 ? 1.0 : std::ceil(step / s.decay_steps);
  else
    step = std::min(step, length);
  return (s.initial - s.end) * std::pow(1.0 - step / length, s.power) + s.end;
}

double CosineDecay(const Schedule& s, double step) {
  const double warmup = s.warms_up ? s.warmup_steps : 0.0;
  step = std::min(step, s.decay_steps + warmup);
  if (step < warmup) return (s.warmup_target - s.initial) * (step / warmup) + s.initial;
  const double from = s.warms_up ? s.warmup_target : s.initial;
  return from * ((1.0 - s.alpha) * Cosine((step - warmup) / s.decay_steps) + s.alpha);
}

double CosineRestarts(const Schedule& s, double step) {
  double fraction = step / s.decay_steps, restarts;
  if (s.t_mul == 1.0) {
    restarts = std::floor(fraction);
    fraction -= restarts;
  } else {
    // The periods before this one take 1 + t + ... + t^(restarts - 1) of the first.
    restarts = std::floor(std::log(1.0 - fraction * (1.0 - s.t_mul)) / std::log(s.t_mul));
    const double length = std::pow(s.t_mul, restarts);
    fraction = (fraction - (1.0 - length) / (1.0 - s.t_mul)) / length;
  }
  return s.initial * ((1.0 - s.alpha) * std::pow(s.m_mul, restarts) * Cosine(fraction) + s.alpha);
}

}  // namespace

double Schedule::At(double step) const {
  double fraction = step / decay_steps;
  if (staircase) fraction = std::floor(fraction);
  switch (kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kExponentialDecay:
      return initial * std::pow(decay_rate, fraction);
    case ScheduleKind::kPiecewiseConstantDecay:
      // A boundary belongs to the value before it.
      return values[static_cast<size_t>(std::lower_bound(boundaries.begin(), boundaries.end(), step) -
                                        boundaries.begin())];
    case ScheduleKind::kPolynomialDecay:
      return Polynomial(*this, step);
    case ScheduleKind::kInverseTimeDecay:
      return initial / (1.0 + decay_rate * fraction);
    case ScheduleKind::kCosineDecay:
      return CosineDecay(*this, step);
    case ScheduleKind::kCosineDecayRestarts:
      return CosineRestarts(*this, step);
  }
  return initial;
}

}  // namespace ostinato
