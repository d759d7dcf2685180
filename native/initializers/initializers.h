// SPDX-License-Identifier: MIT
// First values of weights, as Keras' initializers draw them (distribution, fans, gains), from a counter-based
// stream: element i depends on (seed, i) alone. Which initializer has which defaults is known to TypeScript
// only.
#ifndef OSTINATO_INITIALIZERS_INITIALIZERS_H_
#define OSTINATO_INITIALIZERS_INITIALIZERS_H_

#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "threading/worker_pool.h"

namespace ostinato {

enum class InitializerKind {
  kConstant,         // value
  kValues,           // values
  kIdentity,         // gain
  kRandomUniform,    // minval, maxval
  kRandomNormal,     // mean, stddev
  kTruncatedNormal,  // mean, stddev
  kVarianceScaling,  // scale, mode, distribution
  kOrthogonal,       // gain
};

enum class FanMode { kFanIn, kFanOut, kFanAvg };

enum class ScalingDistribution { kTruncatedNormal, kUntruncatedNormal, kUniform };

// A fully resolved initializer; the fields that its kind does not name are ignored.
struct InitializerSpec {
  InitializerKind kind = InitializerKind::kConstant;
  double value = 0;
  std::vector<float> values;  // as many as the weight has
  double gain = 1;
  double minval = 0;
  double maxval = 0;
  double mean = 0;
  double stddev = 0;
  double scale = 1;
  FanMode mode = FanMode::kFanIn;
  ScalingDistribution distribution = ScalingDistribution::kTruncatedNormal;
};

// Fills `out` (row-major, of `shape`) with first values. TypeScript checks that an identity has rank 2 and an
// orthogonal matrix rank 2 or more; here, lower ranks count as one row.
// On the threads of `pool`, throwing Cancelled, or where that is null on this one: to the same values. May
// throw std::bad_alloc (orthogonal).
void Initialize(const InitializerSpec& spec, const int64_t* shape, size_t rank, uint64_t seed, float* out,
                WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_INITIALIZERS_H_
