// SPDX-License-Identifier: MIT
// The clip of probabilities that Keras' losses share.
#ifndef OSTINATO_LOSSES_PROBABILITIES_H_
#define OSTINATO_LOSSES_PROBABILITIES_H_

#include "losses/loss.h"

namespace ostinato {

inline bool IsInside(double p) { return p > kEpsilon && p < 1.0 - kEpsilon; }
// NaN stays NaN.
inline double Clipped(double p) {
  return p < kEpsilon ? kEpsilon : (p > 1.0 - kEpsilon ? 1.0 - kEpsilon : p);
}

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_PROBABILITIES_H_
