// SPDX-License-Identifier: MIT
// Normally distributed weights, whole or cut at two standard deviations, by inversion of the distribution
// function: one uniform number per element, no rejection, so that element i depends on (seed, i) alone.
#ifndef OSTINATO_INITIALIZERS_NORMAL_H_
#define OSTINATO_INITIALIZERS_NORMAL_H_

#include <stddef.h>
#include <stdint.h>

#include "threading/worker_pool.h"

namespace ostinato {

void FillNormal(double mean, double stddev, uint64_t seed, float* out, size_t n, WorkerPool* pool);

// A normal distribution conditioned on |x - mean| <= 2 stddev. `stddev` is that of the uncut one.
void FillTruncatedNormal(double mean, double stddev, uint64_t seed, float* out, size_t n, WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_NORMAL_H_
