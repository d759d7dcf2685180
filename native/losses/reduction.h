// SPDX-License-Identifier: MIT
// One number out of the values of all rows, as keras/src/losses/loss.py reduces them, and the gradient that
// goes with it.
#ifndef OSTINATO_LOSSES_REDUCTION_H_
#define OSTINATO_LOSSES_REDUCTION_H_

#include "losses/loss.h"

namespace ostinato {

// Of the rows, or samples, that count: their number, the sum of their weights, and (SumLoss) of weight times
// value.
struct LossSums {
  double count = 0, weights = 0, values = 0;
};

LossSums SumLoss(Loss& loss, const Rows& rows, WorkerPool* pool);

// The loss that sums come to, where it is no value of the whole batch.
double LossOf(const LossSums& sums, Reduction reduction);

// The loss of a batch. `gradient` (or null) is [rows, stride] and is written with its padding. Where nothing
// counts, the loss and its gradient are 0. The gradient is that of the loss times `scale`. Not for
// Reduction::kNone.
double ComputeLoss(Loss& loss, Reduction reduction, const Rows& rows, WorkerPool* pool, float* gradient,
                   double scale = 1.0);

// Weight times value of every row, 0 where it does not count; or of every sample.
void RowLosses(Loss& loss, const Rows& rows, WorkerPool* pool, float* out);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_REDUCTION_H_
