// SPDX-License-Identifier: MIT
// The contract of a loss: the value of one row of outputs and its gradient, in double, as
// keras/src/losses/losses.py defines them. reduction.h makes one number of the rows.
#ifndef OSTINATO_LOSSES_LOSS_H_
#define OSTINATO_LOSSES_LOSS_H_

#include <cstddef>
#include <cstdint>

#include "losses/rows.h"

namespace ostinato {

enum class LossKind : int32_t {
  kBinaryCrossentropy,
  kCategoricalCrossentropy,
  kSparseCategoricalCrossentropy,
  kBinaryFocalCrossentropy,
  kCategoricalFocalCrossentropy,
  kMeanSquaredError,
  kMeanAbsoluteError,
  kMeanAbsolutePercentageError,
  kMeanSquaredLogarithmicError,
  kHuber,
  kLogCosh,
  kCosineSimilarity,
  kHinge,
  kSquaredHinge,
  kCategoricalHinge,
  kKlDivergence,
  kPoisson,
  kDice,
  kTversky,
};

enum class Reduction : int32_t { kSumOverBatchSize, kSum, kMeanWithSampleWeight, kNone };

// Every field resolved; a loss reads those that it has.
struct LossConfig {
  LossKind kind = LossKind::kMeanSquaredError;
  Reduction reduction = Reduction::kSumOverBatchSize;
  bool from_logits = false;
  double label_smoothing = 0;
  bool ignores = false;  // sparse: rows of the class `ignore_class` count nothing
  float ignore_class = 0;
  double delta = 0;  // Huber
  double alpha = 0, beta = 0, gamma = 0;
  bool class_balancing = false;
  bool by_row = false;  // overlap: each row by itself, not the batch as a whole
};

constexpr double kEpsilon = 1e-7;  // keras.config.epsilon()

// Whether losses of a kind take class ids as targets.
constexpr bool TakesIds(LossKind kind) { return kind == LossKind::kSparseCategoricalCrossentropy; }

class Loss {
 public:
  virtual ~Loss() = default;

  // Looks at all rows of a batch, before any is computed.
  virtual void Begin(const Rows&) {}
  // Whether the batch is one value, which every row returns: its gradient takes the weight of all rows.
  virtual bool is_whole() const { return false; }
  // Whether a row of these targets counts at all.
  virtual bool Counts(const float*) const { return true; }
  // Value of a row. Where `gradient` is not null, its gradient times `scale` goes to gradient[0..columns).
  virtual double Row(const float* x, const float* target, size_t columns, double scale,
                     float* gradient) const = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_LOSS_H_
