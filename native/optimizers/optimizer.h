// SPDX-License-Identifier: MIT
// One optimizer step over all weights of a model, in the order of keras/src/optimizers/base_optimizer.py.
// Scalars of a step are made in double, once.
#ifndef OSTINATO_OPTIMIZERS_OPTIMIZER_H_
#define OSTINATO_OPTIMIZERS_OPTIMIZER_H_

#include <utility>
#include <vector>

#include "kernels/kernel_list.h"
#include "layers/gradient_sums.h"
#include "layers/parameter.h"
#include "optimizers/schedule.h"
#include "threading/worker_pool.h"

namespace ostinato {

struct OptimizerConfig {
  OptimizerKind kind;
  Schedule learning_rate;
  double momentum, rho, beta1, beta2, epsilon, initial_accumulator;
  bool nesterov, centered, amsgrad;
  double weight_decay;                          // 0 for none
  std::vector<bool> decays;                     // by weight
  double clipnorm, global_clipnorm, clipvalue;  // 0 for none
  bool use_ema;
  double ema_momentum;
  uint64_t ema_overwrite_frequency;  // 0 for never
  double loss_scale;
  uint64_t accumulation_steps;  // batches of one step
};

// An array that an optimizer holds, named as in Keras. `weight` is the place of the weight that it belongs
// to, -1 for a number that stands alone.
struct OptimizerArray {
  const char* name;
  int64_t weight;
  size_t size;
};

class Optimizer {
 public:
  // Makes the slots of every weight that is trained.
  Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters,
            const std::vector<bool>& trainable, Arena* arena);

  // What a step needs besides the gradients of the batch: all of a step that takes memory, or that may be
  // given up.
  void Prepare(const GradientSums& gradients, const KernelTable& kernels, WorkerPool& pool);
  // Takes the gradients that Prepare was given. Moves the weights, unless more batches belong to the step,
  // and puts those with a constraint back within it.
  void Step(const KernelTable& kernels, WorkerPool& pool);
  void set_learning_rate(double rate) {
    config_.learning_rate = {};
    config_.learning_rate.initial = rate;
  }
  // Values that the arrays begin with besides zeros: before the first step.
  bool is_unsettled() const { return is_unsettled_; }
  void Settle(WorkerPool& pool);
  // Of the next step.
  double learning_rate() const { return config_.learning_rate.At(static_cast<double>(batches())); }
  // Gives all memory back; the optimizer is of no use then.
  void LetGo(FreedMemory* freed);
  uint64_t iterations() const { return iterations_; }
  void set_iterations(uint64_t iterations) { iterations_ = iterations; }
  uint64_t batches() const { return iterations_ * config_.accumulation_steps + accumulated_; }
  // What the loss is multiplied by before its gradient is taken.
  float loss_scale() const { return static_cast<float>(config_.loss_scale); }
  // Writes the moving averages over the weights; false where there are none yet.
  bool ApplyAverages(WorkerPool& pool);

  // All that a step depends on besides weights, gradients and iterations.
  const std::vector<OptimizerArray>& arrays() const { return arrays_; }
  // Null where the array is a number that stands alone.
  float* values(size_t array) { return buffers_[array] ? buffers_[array]->data() : nullptr; }
  // Changes the values of an array, which are no such number, with a buffer of as many.
  void Exchange(size_t array, Buffer<float>* values) { buffers_[array]->Swap(*values); }
  void Read(size_t array, float* out) const;
  // False where the values cannot be.
  bool Write(size_t array, const float* values);

 private:
  // What belongs to one weight.
  struct Held {
    Parameter* parameter;
    bool decays;
    StateBuffer<float> slots[3], accumulated, average;
    WeightRows gradient;  // of the last batch
  };

  bool accumulates() const { return config_.accumulation_steps > 1; }
  void AddArrays(size_t weight, Held* held);
  template <class Body>
  void ForTasks(WorkerPool& pool, Body&& body);
  // The gradient that the last batch gave; that which the weight is moved by.
  void SetBatchGradient(const Held& held, UpdateArgs* args) const;
  void SetStepGradient(const Held& held, UpdateArgs* args) const;
  void SetScalars(UpdateArgs* args);
  double MomentumProduct(uint64_t step);
  void Move(const KernelTable& kernels, WorkerPool& pool);
  // What each weight's gradient is multiplied by, so that norms are kept.
  void ComputeClipScales(const KernelTable& kernels, WorkerPool& pool);
  void Average(const KernelTable& kernels, WorkerPool& pool);
  void Constrain(const KernelTable& kernels, WorkerPool& pool) const;

  OptimizerConfig config_;
  std::vector<Held> held_;
  std::vector<OptimizerArray> arrays_;
  std::vector<Buffer<float>*> buffers_;  // of arrays_; null for accumulated_
  std::vector<std::pair<Parameter*, ConstrainedLines>> constrained_;
  std::vector<size_t> first_task_;   // of each of held_, and the number of all
  std::vector<double> squares_;      // of the gradient, by task
  std::vector<double> clip_scales_;  // by weight of held_
  uint64_t iterations_ = 0;
  uint64_t accumulated_ = 0;  // batches of the next step
  bool is_unsettled_ = false;
  uint64_t product_step_ = 0;
  double product_ = 1.0;  // Nadam: of the momenta of that many steps
};

}  // namespace ostinato

#endif  // OSTINATO_OPTIMIZERS_OPTIMIZER_H_
