// SPDX-License-Identifier: MIT
// Normally distributed weights by inversion, in double.
#include "initializers/normal.h"

#include "base/normal_quantile.h"
#include "base/random.h"
#include "initializers/uniform.h"

namespace ostinato {

namespace {

constexpr double kBelowMinusTwo = 0.022750131948179207;  // P(Z < -2)

}  // namespace

double StandardNormal(uint64_t seed, uint64_t index) {
  return NormalQuantile(CounterRng(seed, kInitializerStream).OpenUniform(index));
}

void FillNormal(double mean, double stddev, uint64_t seed, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<float>(mean + stddev * StandardNormal(seed, i));
}

void FillTruncatedNormal(double mean, double stddev, uint64_t seed, float* out, size_t n) {
  const CounterRng rng(seed, kInitializerStream);
  for (size_t i = 0; i < n; ++i) {
    const double p = kBelowMinusTwo + rng.OpenUniform(i) * (1.0 - 2.0 * kBelowMinusTwo);
    out[i] = static_cast<float>(mean + stddev * NormalQuantile(p));
  }
}

}  // namespace ostinato
