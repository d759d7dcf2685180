// SPDX-License-Identifier: MIT
// Weights that are not drawn: one value everywhere, values that are given, or a multiple of the identity.
#ifndef OSTINATO_INITIALIZERS_CONSTANT_H_
#define OSTINATO_INITIALIZERS_CONSTANT_H_

#include <stddef.h>

#include "threading/worker_pool.h"

namespace ostinato {

void FillConstant(double value, float* out, size_t n, WorkerPool* pool);
void FillValues(const float* values, float* out, size_t n, WorkerPool* pool);

// `gain` on the main diagonal of `out` [rows, columns], zero elsewhere.
void FillIdentity(double gain, size_t rows, size_t columns, float* out, WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_CONSTANT_H_
