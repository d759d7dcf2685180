// SPDX-License-Identifier: MIT
// A^T B over many rows, in parallel, with sums whose order depends on the problem alone. It is cut along the
// rows into chunks whose partial sums are added in order, or where those would be large or few, into blocks
// of itself, without partial sums. Tried and lost: adding the products of some steps on the way back, while
// L2 holds their deltas. That saves reading them again, but no thread can help another with it: 1.0 to 1.16
// of a step.
#ifndef OSTINATO_LAYERS_WEIGHT_GRADIENT_H_
#define OSTINATO_LAYERS_WEIGHT_GRADIENT_H_

#include "base/arena.h"
#include "kernels/kernel_list.h"

namespace ostinato {

class WeightGradient {
 public:
  explicit WeightGradient(Arena* arena)
      : partial_(arena), bias_partial_(arena), sum_(arena), bias_sum_(arena) {}

  // A has k columns at `a` (rows through `index`), B n columns; rows [begin, end). With `bias`, also sums B's
  // columns.
  void Plan(const float* a, const int32_t* index, size_t lda, size_t k, const float* b, size_t ldb, size_t n,
            size_t begin, size_t end, bool bias);

  // Tasks 0..tasks()-1 may run on any threads; then Reduce() once.
  size_t tasks() const { return blocks_ * chunks_; }
  void Run(const KernelTable& kernels, size_t task);
  void Reduce(const KernelTable& kernels);

  const float* sum() const { return sum_.data(); }  // [k, stride()]
  const float* bias_sum() const { return bias_sum_.data(); }
  float* mutable_sum() { return sum_.data(); }
  float* mutable_bias_sum() { return bias_sum_.data(); }
  size_t stride() const { return stride_; }

 private:
  OuterArgs outer_ = {};
  bool bias_ = false;
  size_t blocks_ = 0, blocks_down_ = 0, block_rows_ = 0, block_columns_ = 0;  // of the gradient
  size_t chunks_ = 0, chunk_rows_ = 0, stride_ = 0;
  Buffer<float> partial_, bias_partial_, sum_, bias_sum_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_WEIGHT_GRADIENT_H_
