// SPDX-License-Identifier: MIT
// Constraints on weights, as keras/src/constraints/constraints.py computes them, in double and rounded once.
#ifndef OSTINATO_KERNELS_CONSTRAINTS_INL_H_
#define OSTINATO_KERNELS_CONSTRAINTS_INL_H_

#include <math.h>

#include "kernels/kernel_list.h"

namespace ostinato {
namespace {

// What a line of this norm is multiplied by. Clipping to [low, high] takes `high` where the two cross.
double ConstraintScale(const ConstrainArgs& args, double norm) {
  constexpr double kEpsilon = 1e-7;
  if (args.kind == ConstraintKind::kUnitNorm) return 1.0 / (kEpsilon + norm);
  const bool both = args.kind == ConstraintKind::kMinMaxNorm;
  const double low = both ? static_cast<double>(args.min_value) : 0.0;
  const double high = static_cast<double>(args.max_value);
  const double rate = both ? static_cast<double>(args.rate) : 1.0;
  double clipped = norm < low ? low : norm;
  clipped = high < clipped ? high : clipped;
  return (rate * clipped + (1.0 - rate) * norm) / (kEpsilon + norm);
}

// Lines in blocks: neighbours lie side by side where the axis is not the last.
void Constrain(const ConstrainArgs& args) {
  constexpr size_t kBlock = 64;
  for (size_t first = args.begin; first < args.end; first += kBlock) {
    const size_t count = args.end - first < kBlock ? args.end - first : kBlock;
    float* lines[kBlock];
    double values[kBlock];
    for (size_t l = 0; l < count; ++l) {
      const size_t line = first + l;
      lines[l] = args.weight + line / args.inner * args.length * args.inner + line % args.inner;
      values[l] = 0.0;
    }
    if (args.kind != ConstraintKind::kNonNeg) {
      for (size_t k = 0; k < args.length; ++k)
        for (size_t l = 0; l < count; ++l) {
          const double w = static_cast<double>(lines[l][k * args.inner]);
          values[l] += w * w;
        }
      for (size_t l = 0; l < count; ++l) values[l] = ConstraintScale(args, sqrt(values[l]));
    }
    for (size_t k = 0; k < args.length; ++k)
      for (size_t l = 0; l < count; ++l) {
        float& w = lines[l][k * args.inner];
        if (args.kind == ConstraintKind::kNonNeg) {
          w = w < 0.0f ? 0.0f : w;
        } else {
          w = static_cast<float>(static_cast<double>(w) * values[l]);
        }
      }
  }
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_CONSTRAINTS_INL_H_
