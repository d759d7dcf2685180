// SPDX-License-Identifier: MIT
// The inverse of the normal distribution function: normal numbers from uniform ones, one from one.
#ifndef OSTINATO_BASE_NORMAL_QUANTILE_H_
#define OSTINATO_BASE_NORMAL_QUANTILE_H_

namespace ostinato {

// z with P(Z <= z) = p for a standard normal Z, 0 < p < 1. Relative error about 1e-16.
// Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37, 1988.
double NormalQuantile(double p);

}  // namespace ostinato

#endif  // OSTINATO_BASE_NORMAL_QUANTILE_H_
