// SPDX-License-Identifier: MIT
// A^T B over many rows, in parallel, with sums whose order depends on the problem alone. It is cut along the
// rows into chunks whose partial sums are added in order, or where those would be large or few, into blocks
// of itself, without partial sums. Tried and lost: adding the products of some steps on the way back, while
// L2 holds their deltas. That saves reading them again, but no thread can help another with it: 1.0 to 1.16
// of a step.
#ifndef OSTINATO_LAYERS_WEIGHT_GRADIENT_H_
#define OSTINATO_LAYERS_WEIGHT_GRADIENT_H_

#include "base/arena.h"
#include "layers/gradient_chunks.h"
#include "threading/kernel_calls.h"

namespace ostinato {

class WeightGradient {
 public:
  explicit WeightGradient(Arena* arena)
      : partial_(arena), bias_partial_(arena), sum_(arena), bias_sum_(arena) {}

  // A has k columns at `a` (rows through `index`), B n columns; rows [begin, end). With `bias`, also sums B's
  // columns. `order` is null or a permutation of those rows; it pays to follow it where others read the rows
  // in that order just before (RunPart).
  void Plan(const float* a, const int32_t* index, size_t lda, size_t k, const float* b, size_t ldb, size_t n,
            size_t begin, size_t end, bool bias, const int32_t* order = nullptr);

  // Tasks 0..tasks()-1 may run on any threads; then Reduce, once for each row of the gradient.
  size_t tasks() const { return blocks_ * partials_; }
  void Run(const KernelCalls& kernels, size_t task);
  void Reduce(const KernelCalls& kernels, size_t begin, size_t end);
  void Reduce(const KernelCalls& kernels) { Reduce(kernels, 0, outer_.k); }

  // Where the order is followed, tasks are the chunks of GradientChunks(begin, end), and instead of one task
  // a chunk may be run in parts, ascending. Rows up to `ahead` are those that this thread will run next.
  bool follows_order() const { return outer_.rows != nullptr; }
  void RunPart(const KernelCalls& kernels, size_t chunk, size_t begin, size_t end, size_t ahead);

  const float* sum() const { return sum_.data(); }  // [k, stride()]
  const float* bias_sum() const { return bias_sum_.data(); }
  float* mutable_sum() { return sum_.data(); }
  float* mutable_bias_sum() { return bias_sum_.data(); }
  size_t stride() const { return stride_; }

 private:
  // Adds the products of a chunk's rows [begin, end) to a block of its sums, or begins these.
  void Multiply(const KernelCalls& kernels, size_t chunk, size_t block, size_t begin, size_t end,
                size_t ahead);

  OuterArgs outer_ = {};
  bool bias_ = false;
  size_t blocks_ = 0, blocks_down_ = 0, block_rows_ = 0, block_columns_ = 0;  // of the gradient
  GradientChunks chunks_;
  size_t partials_ = 0, stride_ = 0;
  Buffer<float> partial_, bias_partial_, sum_, bias_sum_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_WEIGHT_GRADIENT_H_
