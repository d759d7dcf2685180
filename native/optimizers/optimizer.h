// SPDX-License-Identifier: MIT
// One optimizer step over all weights of a model. Scalars of a step are made in double, once.
#ifndef OSTINATO_OPTIMIZERS_OPTIMIZER_H_
#define OSTINATO_OPTIMIZERS_OPTIMIZER_H_

#include <array>
#include <utility>
#include <vector>

#include "kernels/kernel_list.h"
#include "layers/parameter.h"
#include "threading/worker_pool.h"

namespace ostinato {

struct OptimizerConfig {
  OptimizerKind kind;
  double learning_rate;
  double momentum, rho, beta1, beta2, epsilon;
  bool nesterov, centered, amsgrad;
};

// An array that an optimizer holds, named as in Keras. `weight` is the place of the weight that it belongs
// to.
struct OptimizerArray {
  const char* name;
  int64_t weight;
  size_t size;
};

class Optimizer {
 public:
  // Makes the slots of every weight that is trained.
  Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters, Arena* arena);

  // Moves the weights, then puts those with a constraint back within it.
  void Step(const KernelTable& kernels, WorkerPool& pool);
  void set_learning_rate(double rate) { config_.learning_rate = rate; }
  double learning_rate() const { return config_.learning_rate; }
  uint64_t iterations() const { return iterations_; }
  void set_iterations(uint64_t iterations) { iterations_ = iterations; }

  // All that a step depends on besides the weights, their gradients and the iterations.
  const std::vector<OptimizerArray>& arrays() const { return arrays_; }
  void Read(size_t array, float* out) const;
  void Write(size_t array, const float* values);

 private:
  // What belongs to one weight.
  struct Held {
    Parameter* parameter;
    Buffer<float> slots[3];
  };

  UpdateArgs StepArgs() const;
  void Constrain(const KernelTable& kernels, WorkerPool& pool) const;

  OptimizerConfig config_;
  std::vector<Held> held_;
  std::vector<OptimizerArray> arrays_;
  std::vector<Buffer<float>*> buffers_;  // of arrays_
  std::vector<std::pair<Parameter*, ConstrainedLines>> constrained_;
  uint64_t iterations_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_OPTIMIZERS_OPTIMIZER_H_
