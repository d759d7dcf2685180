// SPDX-License-Identifier: MIT
// Rows summed per different token of a batch, in parallel, with sums whose order depends on the batch alone.
// Positions are taken in the order of their tokens and cut along it into GradientChunks; a token whose
// positions lie in several chunks is summed in each of them, chunks ascending.
#ifndef OSTINATO_LAYERS_TOKEN_SUMS_H_
#define OSTINATO_LAYERS_TOKEN_SUMS_H_

#include "base/arena.h"
#include "batch/tensor.h"
#include "layers/gradient_chunks.h"
#include "threading/kernel_calls.h"

namespace ostinato {

class TokenSums {
 public:
  explicit TokenSums(Arena* arena) : sums_(arena), begun_(arena) {}

  // Rows of n columns at `b`, one per position. Chunks are of positions()[begin..end); those before them all
  // belong to the first token, and RunLead() sums them.
  void Plan(const DistinctTokens& tokens, const float* b, size_t ldb, size_t n, size_t begin, size_t end);

  // Chunks may run on any threads, each whole or in parts, ascending; then Reduce() once.
  const GradientChunks& chunks() const { return chunks_; }
  const int32_t* positions() const { return args_.rows; }
  void Run(const KernelCalls& kernels, size_t chunk) {
    RunPart(kernels, chunk, chunks_.first(chunk), chunks_.last(chunk));
  }
  void RunPart(const KernelCalls& kernels, size_t chunk, size_t begin, size_t end);
  void RunLead(const KernelCalls& kernels);
  void Reduce(const KernelCalls& kernels);

  float* sums() { return sums_.data(); }  // [tokens, stride()]
  size_t stride() const { return args_.ldo; }

 private:
  // Token of the chunk's first position, if it has positions before the chunk as well, else -1.
  int32_t Begun(size_t chunk) const;

  GroupSumArgs args_ = {};
  GradientChunks chunks_;
  Buffer<float> sums_;
  Buffer<float> begun_;  // [chunks, n] sums of the tokens that began in an earlier chunk
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_TOKEN_SUMS_H_
