// SPDX-License-Identifier: MIT
// The penalty that keeps rows or columns of a weight orthogonal, keras/src/regularizers/regularizers.py:
// unit vectors u_i = w_i / |w_i|, and the sum of |u_i . u_j| over all pairs.
#ifndef OSTINATO_KERNELS_ORTHOGONAL_INL_H_
#define OSTINATO_KERNELS_ORTHOGONAL_INL_H_

#include <math.h>

#include "kernels/kernel_list.h"
#include "simd/vec.h"

namespace ostinato {
namespace {

constexpr float kLargestScale = 1e7f;  // one over Keras' epsilon

void UnitVectors(const UnitVectorsArgs& args) {
  const size_t length = args.by_rows ? args.columns : args.rows;
  const size_t from = args.by_rows ? args.columns : 1, step = args.by_rows ? 1 : args.columns;
  for (size_t i = args.begin; i < args.end; ++i) {
    const float* w = args.weight + i * from;
    float* u = args.units + i * args.stride;
    double square = 0.0;
    for (size_t k = 0; k < length; ++k)
      square += static_cast<double>(w[k * step]) * static_cast<double>(w[k * step]);
    const float scale = static_cast<float>(1.0 / sqrt(square));
    args.scales[i] = scale < kLargestScale ? scale : kLargestScale;
    size_t k = 0;
    for (; k < length; ++k) u[k] = w[k * step] * args.scales[i];
    for (; k < args.stride; ++k) u[k] = 0.0f;
  }
}

OSTINATO_OP float DotRow(const float* a, const float* b, size_t stride) {
  Vec sum = Zero();
  for (size_t k = 0; k < stride; k += kLanes) sum = MulAdd(Load(a + k), Load(b + k), sum);
  float lanes[kLanes];
  Store(lanes, sum);
  float total = lanes[0];
  for (size_t l = 1; l < kLanes; ++l) total += lanes[l];
  return total;
}

// The derivative by u_i is 2 sum_j sign(u_i . u_j) u_j, as each pair stands in the sum twice; by w_i it is
// what of that is at right angles to u_i, over |w_i|. Where the scale is at its limit, u_i is linear in w_i.
double Orthogonal(const OrthogonalArgs& args) {
  double sum = 0.0;
  for (size_t i = args.begin; i < args.end; ++i) {
    const float* u = args.units + i * args.stride;
    if (args.gradient)
      for (size_t k = 0; k < args.stride; ++k) args.work[k] = 0.0f;
    for (size_t j = 0; j < args.count; ++j) {
      if (j == i) continue;
      const float* other = args.units + j * args.stride;
      const float dot = DotRow(u, other, args.stride);
      sum += static_cast<double>(dot < 0.0f ? -dot : dot);
      if (!args.gradient || dot == 0.0f) continue;
      const Vec sign = Set1(dot < 0.0f ? -1.0f : 1.0f);
      for (size_t k = 0; k < args.stride; k += kLanes)
        Store(args.work + k, MulAdd(sign, Load(other + k), Load(args.work + k)));
    }
    if (!args.gradient) continue;
    const float along = args.scales[i] < kLargestScale ? DotRow(args.work, u, args.stride) : 0.0f;
    const float scale = 2.0f * args.factor * args.scales[i];
    for (size_t k = 0; k < args.length; ++k)
      args.gradient[args.by_rows ? i * args.length + k : k * args.count + i] =
          scale * (args.work[k] - along * u[k]);
  }
  return sum;
}

}  // namespace
}  // namespace ostinato

#endif  // OSTINATO_KERNELS_ORTHOGONAL_INL_H_
