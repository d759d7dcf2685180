// SPDX-License-Identifier: MIT
// exp in double in a form that compilers turn into vectors: rows of classes are many exponentials.
#ifndef OSTINATO_LOSSES_EXPONENTIAL_H_
#define OSTINATO_LOSSES_EXPONENTIAL_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ostinato {

// Of -708 to 0, to a few units of the last place of the value. NaN stays NaN. x = k ln 2 + r with |r| <=
// ln(2) / 2: the Taylor series of exp(r) to the 13th power, times 2^k by its exponent.
inline double ExpAboveLeast(double x) {
  constexpr double kLog2E = 1.4426950408889634, kLn2High = 0.693147180369123816490,
                   kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRounder = 6755399441055744.0;  // 1.5 * 2^52: the sum holds k in its low bits
  const double sum = x * kLog2E + kRounder, k = sum - kRounder;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  uint64_t bits, exponent;
  std::memcpy(&bits, &p, sizeof(bits));
  std::memcpy(&exponent, &sum, sizeof(exponent));
  bits += exponent << 52;
  double result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

// out[j] = exp(x[j] - largest), for largest >= x[j].
inline void ExpBelow(const float* x, double largest, size_t n, double* out) {
  // A choice within the loop would keep it from being vectors.
  const float least = static_cast<float>(largest - 700.0);
  int32_t below = 0;
  for (size_t j = 0; j < n; ++j) below |= x[j] < least;
  if (below) {
    for (size_t j = 0; j < n; ++j) out[j] = std::exp(x[j] - largest);
  } else {
    for (size_t j = 0; j < n; ++j) out[j] = ExpAboveLeast(x[j] - largest);
  }
}

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_EXPONENTIAL_H_
