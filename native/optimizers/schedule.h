// SPDX-License-Identifier: MIT
// Learning rates as functions of the step, as keras/src/optimizers/schedules/learning_rate_schedule.py codes
// them.
#ifndef OSTINATO_OPTIMIZERS_SCHEDULE_H_
#define OSTINATO_OPTIMIZERS_SCHEDULE_H_

#include <vector>

namespace ostinato {

enum class ScheduleKind {
  kConstant,
  kExponentialDecay,
  kPiecewiseConstantDecay,
  kPolynomialDecay,
  kInverseTimeDecay,
  kCosineDecay,
  kCosineDecayRestarts
};

struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double initial = 0;  // the rate itself of a constant one
  double decay_steps = 1, decay_rate = 1;
  bool staircase = false;
  double end = 0, power = 1;  // polynomial
  bool cycle = false;
  double alpha = 0;  // cosine: the part of the rate that is left at the end
  bool warms_up = false;
  double warmup_target = 0, warmup_steps = 0;
  double t_mul = 1, m_mul = 1;  // restarts: factors of length and height from one period to the next
  std::vector<double> boundaries, values;  // piecewise: one value more than boundaries

  // The rate of a step, counted from 0.
  double At(double step) const;
};

}  // namespace ostinato

#endif  // OSTINATO_OPTIMIZERS_SCHEDULE_H_
