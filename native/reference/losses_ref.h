// SPDX-License-Identifier: MIT
// Losses and their gradients in double precision. For tests only.
#ifndef OSTINATO_REFERENCE_LOSSES_REF_H_
#define OSTINATO_REFERENCE_LOSSES_REF_H_

#include <stddef.h>

namespace ostinato {
namespace reference {

enum class LossKind {
  kBinaryCrossentropy,
  kCategoricalCrossentropy,
  kSparseCategoricalCrossentropy,
  kMeanSquaredError,
  kMeanAbsoluteError,
};

// Keras' `sum_over_batch_size`: the mean over `rows` (N, or N*T for sequences) of the loss of a row of
// `columns`. targets [rows,columns], or class ids [rows] for the sparse loss; predictions [rows,columns],
// logits if `from_logits` (which the last two kinds ignore). Probabilities are clipped to [1e-7, 1 - 1e-7],
// the gradient being zero beyond, and are first divided by their sum in the categorical losses (as Keras on
// JAX and PyTorch). gradient [rows,columns] with respect to the predictions (or logits): out, may be null.
double Loss(LossKind kind, bool from_logits, size_t rows, size_t columns, const double* targets,
            const double* predictions, double* gradient);

}  // namespace reference
}  // namespace ostinato

#endif  // OSTINATO_REFERENCE_LOSSES_REF_H_
