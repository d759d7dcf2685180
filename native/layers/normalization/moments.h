// SPDX-License-Identifier: MIT
// Means and variances of data that comes in parts: what Normalization is adapted by. In double.
#ifndef OSTINATO_LAYERS_NORMALIZATION_MOMENTS_H_
#define OSTINATO_LAYERS_NORMALIZATION_MOMENTS_H_

#include <cstddef>

#include "layers/step_parameter.h"

namespace ostinato {

// Numbers that a state has: a count, then for each element of the parameter its mean, then the sum of its
// squared distances from that. All zero at first.
inline size_t MomentsSize(const StepParameter& parameter) { return 1 + 2 * parameter.size(); }

// Adds [rows, steps, columns]; the parameter has steps or 1, and columns or 1.
void AddMoments(const float* x, size_t rows, size_t steps, size_t columns, const StepParameter& parameter,
                double* state);

// [parameter.size()] each. Of no data both are zero.
void ReadMoments(const double* state, const StepParameter& parameter, float* mean, float* variance);

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_NORMALIZATION_MOMENTS_H_
