// SPDX-License-Identifier: MIT
// Uniformly distributed weights.
#include "initializers/uniform.h"

#include <cmath>

#include "initializers/draw.h"

namespace ostinato {

void FillUniform(double minval, double maxval, uint64_t seed, float* out, size_t n, WorkerPool* pool) {
  const float low = static_cast<float>(minval);
  const float high = static_cast<float>(maxval);
  const float last = high > low ? std::nextafter(high, low) : low;  // rounding may reach `high`
  ForDraws(pool, seed, false, n, [&](size_t i, double u) {
    const float drawn = static_cast<float>(minval + u * (maxval - minval));
    out[i] = drawn < last ? drawn : last;
  });
}

}  // namespace ostinato
