// SPDX-License-Identifier: MIT
// The gradients of a model's weights in one batch: each the sum over all uses of a weight, in the order in
// which they were added.
#ifndef OSTINATO_LAYERS_GRADIENT_SUMS_H_
#define OSTINATO_LAYERS_GRADIENT_SUMS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "base/arena.h"
#include "batch/tensor.h"
#include "kernels/kernel_list.h"
#include "layers/parameter.h"
#include "threading/worker_pool.h"

namespace ostinato {

// Row i of a weight's gradient is row i of `data`; with `slot`, row slot[i], and zero where slot[i] < 0.
struct WeightRows {
  const float* data = nullptr;
  size_t stride = 0;
  const int32_t* slot = nullptr;             // [rows of the weight]
  const DistinctTokens* distinct = nullptr;  // with slot: the rows that there are
};

class GradientSums {
 public:
  GradientSums(const std::vector<Parameter*>& parameters, Arena* arena);

  // A batch begins: all are zero.
  void Begin();
  // The gradient of one use. It stays where it is until the optimizer has taken the sums.
  void Add(const Parameter& parameter, const WeightRows& rows);
  // After all uses. A gradient of one use is taken as it is.
  void Finish(const KernelTable& kernels, WorkerPool& pool);
  const WeightRows& Of(const Parameter& parameter) const;

 private:
  struct Sum {
    Sum(const Parameter* parameter_, Arena* arena)
        : parameter(parameter_), values(arena), slots(arena), tokens(arena), place(arena) {}
    const Parameter* parameter;
    std::vector<WeightRows> uses;
    WeightRows rows;
    // Where there are several uses:
    Buffer<float> values;
    Buffer<int32_t> slots;   // of an embedding, [rows of the weight]: -1 but for `tokens`
    Buffer<int32_t> tokens;  // [count] that have a row in `values`
    Buffer<int32_t> place;   // the row in `values` of each row of a use
    size_t count = 0;
  };

  void SumDense(Sum* sum, const KernelTable& kernels, WorkerPool& pool);
  void SumTokens(Sum* sum, const KernelTable& kernels, WorkerPool& pool);

  std::deque<Sum> sums_;
  std::unordered_map<const Parameter*, Sum*> places_;
  StateBuffer<float> zeros_;  // a row of the widest weight
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GRADIENT_SUMS_H_
