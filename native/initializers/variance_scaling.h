// SPDX-License-Identifier: MIT
// Weights whose spread follows the number of inputs and outputs of a unit: Glorot, He and LeCun are cases of
// this one.
#ifndef OSTINATO_INITIALIZERS_VARIANCE_SCALING_H_
#define OSTINATO_INITIALIZERS_VARIANCE_SCALING_H_

#include <stddef.h>
#include <stdint.h>

#include "initializers/initializers.h"

namespace ostinato {

struct Fans {
  double in;
  double out;
};

// As Keras' compute_fans: rank 0 counts as 1, rank 1 as [n, n], rank 2 as [in, out], more as [..., in, out]
// where the leading axes multiply both.
Fans ComputeFans(const int64_t* shape, size_t rank);

// Glorot and Bengio 2010, He et al. 2015, as in keras/src/initializers/random_initializers.py.
void FillVarianceScaling(double scale, FanMode mode, ScalingDistribution distribution, const int64_t* shape,
                         size_t rank, uint64_t seed, float* out, size_t n, WorkerPool* pool);

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_VARIANCE_SCALING_H_
