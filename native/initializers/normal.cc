// SPDX-License-Identifier: MIT
// Normally distributed weights by inversion, in double.
#include "initializers/normal.h"

#include "base/normal_quantile.h"
#include "initializers/draw.h"

namespace ostinato {

namespace {

constexpr double kBelowMinusTwo = 0.022750131948179207;  // P(Z < -2)

}  // namespace

void FillNormal(double mean, double stddev, uint64_t seed, float* out, size_t n, WorkerPool* pool) {
  ForDraws(pool, seed, true, n,
           [&](size_t i, double p) { out[i] = static_cast<float>(mean + stddev * NormalQuantile(p)); });
}

void FillTruncatedNormal(double mean, double stddev, uint64_t seed, float* out, size_t n, WorkerPool* pool) {
  ForDraws(pool, seed, true, n, [&](size_t i, double u) {
    const double p = kBelowMinusTwo + u * (1.0 - 2.0 * kBelowMinusTwo);
    out[i] = static_cast<float>(mean + stddev * NormalQuantile(p));
  });
}

}  // namespace ostinato
