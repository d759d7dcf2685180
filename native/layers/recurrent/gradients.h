// SPDX-License-Identifier: MIT
// What is summed over the deltas of a walk: the gradients of the kernels and of the bias, sums per token, and
// the gradient of the input.
#ifndef OSTINATO_LAYERS_RECURRENT_GRADIENTS_H_
#define OSTINATO_LAYERS_RECURRENT_GRADIENTS_H_

#include <vector>

#include "layers/recurrent/dropout.h"
#include "layers/token_sums.h"
#include "layers/weight_gradient.h"

namespace ostinato {

class CellGradients {
 public:
  CellGradients(CellBatch* use, Arena* arena);

  // All that is summed over the rows' deltas: per token, and the recurrent kernel's gradient. `trunk` walks
  // the trunk back meanwhile.
  template <class Trunk>
  void SumOverRows(BatchContext& batch, Trunk&& trunk) {
    PlanSums(batch);
    const size_t runs = chunk_runs_.size() - 1;
    size_t tasks = 2 + runs;
    for (size_t i = 0; i < products_.size(); ++i) tasks += OwnTasks(i);
    batch.pool.For(tasks, [&](size_t task) {
      if (task == 0) {
        trunk();
        if (sums_tokens_) token_sums_.RunLead(batch.kernels);
      } else if (task == 1) {
        batch.next_batch.Run();
      } else {
        RunSums(task - 2, runs, batch);
      }
    });
    if (sums_tokens_) token_sums_.Reduce(batch.kernels);
  }
  // The trunk's part of the recurrent kernel's gradient, once it was walked back.
  void AddTrunk(BatchContext& batch);
  // The gradients of the weights, added to batch.weights, and that of the input where it is needed.
  Gradient Finish(CellDropout* dropout, BatchContext& batch, bool needs_input);

 private:
  // One product of the recurrent kernel's gradient: states times blocks of deltas.
  struct Product {
    const float* a;
    const int32_t* index;
    size_t lda;
    size_t first_delta, gates;  // blocks of deltas
    size_t first_gate;          // in the order of the walk
  };

  // Gradients that follow the order of the tokens are run with their chunks and have no tasks of their own.
  size_t OwnTasks(size_t i) const {
    return recurrent_gradients_[i].follows_order() ? 0 : recurrent_gradients_[i].tasks();
  }
  void PlanSums(const BatchContext& batch);
  void PlanRecurrent(const int32_t* order);
  void RunSums(size_t task, size_t runs, const BatchContext& batch);
  void RunChunks(size_t from, size_t to, const BatchContext& batch);
  bool recurrent_in_place() const;
  size_t RecurrentTasks() const;
  void ReduceRecurrent(size_t task, BatchContext& batch);
  void ReduceKernel(size_t count, BatchContext& batch);
  Gradient FinishInput(BatchContext& batch, bool needs_input);

  CellBatch& use_;
  bool sums_tokens_ = false;
  TokenSums token_sums_;  // [tokens, gates] of deltas
  std::vector<Product> products_;
  std::vector<size_t> chunk_runs_;  // the first chunk of each run, then the number of chunks
  std::vector<WeightGradient> recurrent_gradients_, trunk_gradients_, kernel_gradients_;
  size_t reduced_rows_ = 1;                              // rows of a weight that one task reduces
  Buffer<float> kernel_sum_, recurrent_sum_, bias_sum_;  // gradients as Keras lays out weights
  Buffer<float> input_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_GRADIENTS_H_
