// SPDX-License-Identifier: MIT
// Uniformly distributed weights.
#ifndef OSTINATO_INITIALIZERS_UNIFORM_H_
#define OSTINATO_INITIALIZERS_UNIFORM_H_

#include <stddef.h>
#include <stdint.h>

#include "threading/worker_pool.h"

namespace ostinato {

// out[i] in [minval, maxval), the end excluded also after rounding to float (minval where both are equal).
void FillUniform(double minval, double maxval, uint64_t seed, float* out, size_t n, WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_UNIFORM_H_
