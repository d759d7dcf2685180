// SPDX-License-Identifier: MIT
#include "regularizers/orthogonal.h"

#include <algorithm>

namespace ostinato {
namespace {

constexpr size_t kVectorsPerTask = 16;

}  // namespace

void OrthogonalPenalty::Set(float factor, bool by_rows, size_t rows, size_t columns) {
  factor_ = factor;
  by_rows_ = by_rows;
  rows_ = rows;
  columns_ = columns;
}

double OrthogonalPenalty::Compute(const float* weight, bool with_gradient, const KernelTable& kernels,
                                  WorkerPool& pool) {
  const size_t count = by_rows_ ? rows_ : columns_, length = by_rows_ ? columns_ : rows_;
  const size_t stride = PaddedColumns(length), tasks = (count + kVectorsPerTask - 1) / kVectorsPerTask;
  const double pairs = static_cast<double>(count) * (static_cast<double>(count) - 1.0) / 2.0;
  // A single vector makes no pair: nothing to be orthogonal to (Keras divides zero by zero there).
  const double factor = count < 2 ? 0.0 : static_cast<double>(factor_) * 0.5 / pairs;
  units_.Resize(count * stride);
  scales_.Resize(count);
  work_.Resize(tasks * stride);
  sums_.Resize(tasks);
  if (with_gradient) gradient_.Resize(rows_ * columns_);
  const auto range = [count](size_t task, size_t* begin) {
    *begin = task * kVectorsPerTask;
    return std::min(count, *begin + kVectorsPerTask);
  };
  pool.For(tasks, [&](size_t task) {
    size_t begin;
    const size_t end = range(task, &begin);
    kernels.unit_vectors(
        {weight, rows_, columns_, by_rows_, begin, end, units_.data(), stride, scales_.data()});
  });
  pool.For(tasks, [&](size_t task) {
    size_t begin;
    const size_t end = range(task, &begin);
    sums_[task] = 0.0;
    for (size_t i = begin; i < end && WorkerPool::Yield(); ++i)
      sums_[task] += kernels.orthogonal({units_.data(), stride, scales_.data(), count, length, i, i + 1,
                                         by_rows_, static_cast<float>(factor), work_.data() + task * stride,
                                         with_gradient ? gradient_.data() : nullptr});
  });
  double sum = 0.0;
  for (size_t task = 0; task < tasks; ++task) sum += sums_[task];
  return factor * sum;
}

}  // namespace ostinato
