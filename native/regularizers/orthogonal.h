// SPDX-License-Identifier: MIT
// The orthogonal penalty of a weight (keras/src/regularizers/regularizers.py): half the factor times the mean
// of |u_i . u_j| over all pairs of rows or columns, where u are unit vectors. The arithmetic is a kernel.
#ifndef OSTINATO_REGULARIZERS_ORTHOGONAL_H_
#define OSTINATO_REGULARIZERS_ORTHOGONAL_H_

#include "base/arena.h"
#include "kernels/kernel_list.h"
#include "threading/worker_pool.h"

namespace ostinato {

class OrthogonalPenalty {
 public:
  explicit OrthogonalPenalty(Arena* arena)
      : units_(arena), scales_(arena), work_(arena), gradient_(arena), sums_(arena) {}

  // `factor` 0: no penalty, nothing is held.
  void Set(float factor, bool by_rows, size_t rows, size_t columns);
  bool is_set() const { return factor_ != 0.0f; }

  double Value(const float* weight, const KernelTable& kernels, WorkerPool& pool) {
    return Compute(weight, false, kernels, pool);
  }
  // Sets gradient(), that of Value.
  void ComputeGradient(const float* weight, const KernelTable& kernels, WorkerPool& pool) {
    Compute(weight, true, kernels, pool);
  }
  // [rows, columns] without padding; null where there is no penalty.
  const float* gradient() const { return is_set() ? gradient_.data() : nullptr; }

 private:
  double Compute(const float* weight, bool with_gradient, const KernelTable& kernels, WorkerPool& pool);

  float factor_ = 0;
  bool by_rows_ = true;
  size_t rows_ = 0, columns_ = 0;
  Buffer<float> units_, scales_, work_, gradient_;
  Buffer<double> sums_;
};

}  // namespace ostinato

#endif  // OSTINATO_REGULARIZERS_ORTHOGONAL_H_
