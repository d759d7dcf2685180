// SPDX-License-Identifier: MIT
// The dense layer in double precision. For tests only.
#ifndef OSTINATO_REFERENCE_DENSE_REF_H_
#define OSTINATO_REFERENCE_DENSE_REF_H_

#include <stddef.h>

#include "reference/activations_ref.h"

namespace ostinato {
namespace reference {

// `rows` are all positions that the layer is applied to: N, or N*T after a sequence.
struct DenseConfig {
  size_t rows;
  size_t inputs;
  size_t units;
  Activation activation;
};

// y = f(x W + b). x [rows,C] in, kernel [C,units] in, bias [units] in or null, y [rows,units] out.
void DenseForward(const DenseConfig& config, const double* kernel, const double* bias, const double* x,
                  double* y);

// Gradients of sum(dy * y), overwritten; each may be null.
struct DenseGradients {
  double* kernel;
  double* bias;
  double* x;
};

void DenseBackward(const DenseConfig& config, const double* kernel, const double* bias, const double* x,
                   const double* dy, const DenseGradients& gradients);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_DENSE_REF_H_
