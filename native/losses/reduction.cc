// SPDX-License-Identifier: MIT
#include "losses/reduction.h"

namespace ostinato {
namespace {

LossSums SumWeights(const Loss& loss, const Rows& rows) {
  LossSums sums;
  for (size_t i = 0; i < rows.count; ++i) {
    if (!loss.Counts(rows.target(i))) continue;
    sums.count += 1.0;
    sums.weights += rows.weight(i);
  }
  return sums;
}

// Sum of weight times value; gradients are scaled by `factor`, and by their weights unless `is_whole`.
double SumValues(const Loss& loss, const Rows& rows, double factor, WorkerPool* pool, float* gradient) {
  const RowChunks chunks(rows);
  const bool whole = loss.is_whole();
  double partial[kMaxRowChunks];
  ForRowChunks(chunks, pool, [&](size_t chunk, size_t begin, size_t end) {
    double sum = 0.0;
    for (size_t i = begin; i < end; ++i) {
      const float* target = rows.target(i);
      float* slope = gradient ? gradient + i * rows.stride : nullptr;
      const bool counts = loss.Counts(target);
      if (counts) {
        const double weight = rows.weight(i);
        sum += weight *
               loss.Row(rows.prediction(i), target, rows.columns, whole ? factor : factor * weight, slope);
      }
      if (slope)
        for (size_t j = counts ? rows.columns : 0; j < PaddedColumns(rows.columns); ++j) slope[j] = 0.0f;
    }
    partial[chunk] = sum;
  });
  double total = 0.0;
  for (size_t chunk = 0; chunk < chunks.count; ++chunk) total += partial[chunk];
  return total;
}

}  // namespace

LossSums SumLoss(Loss& loss, const Rows& rows, WorkerPool* pool) {
  loss.Begin(rows);
  LossSums sums = SumWeights(loss, rows);
  sums.values = SumValues(loss, rows, 0.0, pool, nullptr);
  return sums;
}

double ComputeLoss(Loss& loss, Reduction reduction, const Rows& rows, WorkerPool* pool, float* gradient,
                   double scale) {
  loss.Begin(rows);
  const LossSums sums = SumWeights(loss, rows);
  // The value of a whole batch is no sum: without weights there is nothing to add up.
  const bool is_sum = reduction == Reduction::kSum && !(loss.is_whole() && !rows.weights);
  const double divisor = reduction == Reduction::kMeanWithSampleWeight ? sums.weights : sums.count;
  const double factor = is_sum ? 1.0 : (divisor == 0.0 ? 0.0 : 1.0 / divisor);
  const double slope = scale * (loss.is_whole() ? factor * sums.weights : factor);
  const double values = SumValues(loss, rows, slope, pool, gradient);
  return is_sum ? values : (divisor == 0.0 ? 0.0 : values / divisor);
}

void RowLosses(Loss& loss, const Rows& rows, WorkerPool* pool, float* values) {
  loss.Begin(rows);
  ForRowChunks(RowChunks(rows), pool, [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      values[i] = loss.Counts(rows.target(i))
                      ? static_cast<float>(rows.weight(i) * loss.Row(rows.prediction(i), rows.target(i),
                                                                     rows.columns, 0.0, nullptr))
                      : 0.0f;
  });
}

}  // namespace ostinato
