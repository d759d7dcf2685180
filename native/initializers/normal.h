// SPDX-License-Identifier: MIT
// Normally distributed weights, whole or cut at two standard deviations, by inversion of the distribution
// function: one uniform number per element, no rejection, so that element i depends on (seed, i) alone.
#ifndef OSTINATO_INITIALIZERS_NORMAL_H_
#define OSTINATO_INITIALIZERS_NORMAL_H_

#include <stddef.h>
#include <stdint.h>

namespace ostinato {

// Element `index` of a standard normal stream.
double StandardNormal(uint64_t seed, uint64_t index);

void FillNormal(double mean, double stddev, uint64_t seed, float* out, size_t n);

// A normal distribution conditioned on |x - mean| <= 2 stddev. `stddev` is that of the uncut one.
void FillTruncatedNormal(double mean, double stddev, uint64_t seed, float* out, size_t n);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_NORMAL_H_
