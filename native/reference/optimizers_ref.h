// SPDX-License-Identifier: MIT
// Optimizer steps in double precision, formulas as Keras 3 codes them. For tests only.
#ifndef OSTINATO_REFERENCE_OPTIMIZERS_REF_H_
#define OSTINATO_REFERENCE_OPTIMIZERS_REF_H_

#include <stddef.h>

namespace ostinato {
namespace reference {

// In all: gradient [n] in, weights [n] updated, slots [n] updated, zeros (Adagrad: the initial value)
// before the first step. A slot that
// its options do not call for is not touched and may be null.

struct SgdOptions {
  double learning_rate, momentum;
  bool nesterov;
};
struct SgdSlots {
  double* momentum;  // where momentum != 0
};
void SgdStep(const SgdOptions& options, size_t n, const double* gradient, double* weights,
             const SgdSlots& slots);

struct RmspropOptions {
  double learning_rate, rho, momentum, epsilon;
  bool centered;
};
struct RmspropSlots {
  double* velocity;
  double* momentum;          // where momentum > 0
  double* average_gradient;  // where centered
};
void RmspropStep(const RmspropOptions& options, size_t n, const double* gradient, double* weights,
                 const RmspropSlots& slots);

struct AdamOptions {
  double learning_rate, beta1, beta2, epsilon;
  bool amsgrad;
};
struct AdamSlots {
  double* momentum;
  double* velocity;
  double* velocity_hat;  // where amsgrad
};
// `iteration` is 1 at the first step.
void AdamStep(const AdamOptions& options, size_t iteration, size_t n, const double* gradient, double* weights,
              const AdamSlots& slots);

struct MomentsOptions {
  double learning_rate, beta1, beta2, epsilon;
};
struct MomentsSlots {
  double* momentum;
  double* second;  // nadam: velocity; adamax: largest gradient
};
void NadamStep(const MomentsOptions& options, size_t iteration, size_t n, const double* gradient,
               double* weights, const MomentsSlots& slots);
void AdamaxStep(const MomentsOptions& options, size_t iteration, size_t n, const double* gradient,
                double* weights, const MomentsSlots& slots);

void AdagradStep(double learning_rate, double epsilon, size_t n, const double* gradient, double* weights,
                 double* accumulator);

struct AdadeltaOptions {
  double learning_rate, rho, epsilon;
};
struct AdadeltaSlots {
  double* accumulated_grad;
  double* accumulated_delta_var;
};
void AdadeltaStep(const AdadeltaOptions& options, size_t n, const double* gradient, double* weights,
                  const AdadeltaSlots& slots);

struct LionOptions {
  double learning_rate, beta1, beta2;
};
void LionStep(const LionOptions& options, size_t n, const double* gradient, double* weights,
              double* momentum);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_OPTIMIZERS_REF_H_
