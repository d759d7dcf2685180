// SPDX-License-Identifier: MIT
// Uniformly distributed weights.
#include "initializers/uniform.h"

#include <cmath>

#include "base/random.h"

namespace ostinato {

void FillUniform(double minval, double maxval, uint64_t seed, float* out, size_t n) {
  const CounterRng rng(seed, kInitializerStream);
  const float low = static_cast<float>(minval);
  const float high = static_cast<float>(maxval);
  const float last = high > low ? std::nextafter(high, low) : low;  // rounding may reach `high`
  for (size_t i = 0; i < n; ++i) {
    const float drawn = static_cast<float>(minval + rng.Uniform(i) * (maxval - minval));
    out[i] = drawn < last ? drawn : last;
  }
}

}  // namespace ostinato
