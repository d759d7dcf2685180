// SPDX-License-Identifier: MIT
// Activations and their slopes in double precision, shaped like the equations. For tests only.
#ifndef OSTINATO_REFERENCE_ACTIVATIONS_REF_H_
#define OSTINATO_REFERENCE_ACTIVATIONS_REF_H_

#include <stddef.h>

namespace ostinato {
namespace reference {

enum class Activation {
  kLinear,
  kTanh,
  kSigmoid,
  kRelu,
  kSoftmax,
  kElu,
  kExponential,
  kHardSigmoid,
  kLegacyHardSigmoid,
  kSoftsign,
  kLeakyRelu,
  kRelu6,
  kCelu,
  kSelu,
  kGelu,
  kSilu,
  kSoftplus,
  kSquareplus,
  kSoftShrink,
  kHardShrink,
  kTanhShrink,
  kHardTanh,
  kHardSilu,
  kLogSigmoid,
  kLogSoftmax,
  kMish,
  kSparsePlus,
  kSparseSigmoid,
  kSparsemax,
};

// f(x) and f'(x) of every activation that looks at one number at a time. Where f has a corner or a jump, the
// slope is one of its sides': that of the flat one, where there is one.
double Activate(Activation activation, double x);
double ActivationSlope(Activation activation, double x);

// y = f(x) for x, y [rows, columns]; softmax, log_softmax and sparsemax go along each row. y may alias x.
void ActivateRows(Activation activation, size_t rows, size_t columns, const double* x, double* y);

// dx = (df/dx)^T dy at the pre-activations x. dx may alias dy.
void ActivateRowsBackward(Activation activation, size_t rows, size_t columns, const double* x,
                          const double* dy, double* dx);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_ACTIVATIONS_REF_H_
