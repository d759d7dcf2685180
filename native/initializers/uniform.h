// SPDX-License-Identifier: MIT
// Uniformly distributed weights.
#ifndef OSTINATO_INITIALIZERS_UNIFORM_H_
#define OSTINATO_INITIALIZERS_UNIFORM_H_

#include <stddef.h>
#include <stdint.h>

namespace ostinato {

// The stream of all initializers: apart from those of dropout and shuffling even where the seeds are equal.
constexpr uint64_t kInitializerStream = 0x696e697400000000u;  // "init"

// out[i] in [minval, maxval), the end excluded also after rounding to float (minval where both are equal).
void FillUniform(double minval, double maxval, uint64_t seed, float* out, size_t n);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_UNIFORM_H_
