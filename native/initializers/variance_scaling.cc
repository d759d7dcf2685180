// SPDX-License-Identifier: MIT
// Fans and the spread that follows from them.
#include "initializers/variance_scaling.h"

#include <cmath>

#include "initializers/normal.h"
#include "initializers/uniform.h"

namespace ostinato {

namespace {

// Standard deviation of a standard normal cut at +-2: dividing by it gives the cut one the wanted variance.
constexpr double kTruncatedStddev = .87962566103423978;

double ScaledVariance(double scale, FanMode mode, Fans fans) {
  const double fan = mode == FanMode::kFanIn    ? fans.in
                     : mode == FanMode::kFanOut ? fans.out
                                                : (fans.in + fans.out) / 2.0;
  return scale / (fan > 1.0 ? fan : 1.0);
}

}  // namespace

Fans ComputeFans(const int64_t* shape, size_t rank) {
  if (rank == 0) return {1.0, 1.0};
  const double last = static_cast<double>(shape[rank - 1]);
  if (rank == 1) return {last, last};
  double receptive_field = 1.0;
  for (size_t axis = 0; axis + 2 < rank; ++axis) receptive_field *= static_cast<double>(shape[axis]);
  return {static_cast<double>(shape[rank - 2]) * receptive_field, last * receptive_field};
}

void FillVarianceScaling(double scale, FanMode mode, ScalingDistribution distribution, const int64_t* shape,
                         size_t rank, uint64_t seed, float* out, size_t n, WorkerPool* pool) {
  const double variance = ScaledVariance(scale, mode, ComputeFans(shape, rank));
  switch (distribution) {
    case ScalingDistribution::kTruncatedNormal:
      return FillTruncatedNormal(0.0, std::sqrt(variance) / kTruncatedStddev, seed, out, n, pool);
    case ScalingDistribution::kUntruncatedNormal:
      return FillNormal(0.0, std::sqrt(variance), seed, out, n, pool);
    case ScalingDistribution::kUniform: {
      const double limit = std::sqrt(3.0 * variance);
      return FillUniform(-limit, limit, seed, out, n, pool);
    }
  }
}

}  // namespace ostinato
