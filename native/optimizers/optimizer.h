// SPDX-License-Identifier: MIT
// One optimizer step over all weights of a model. Scalars of a step are made in double, once.
#ifndef OSTINATO_OPTIMIZERS_OPTIMIZER_H_
#define OSTINATO_OPTIMIZERS_OPTIMIZER_H_

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

class Optimizer {
 public:
  // Makes the slots of every weight that is trained, all zero.
  Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters);

  // Moves the weights, then puts those with a constraint back within it.
  void Step(const KernelTable& kernels, WorkerPool& pool);
  void set_learning_rate(double rate) { config_.learning_rate = rate; }
  uint64_t iterations() const { return iterations_; }

 private:
  UpdateArgs StepArgs() const;
  void Constrain(const KernelTable& kernels, WorkerPool& pool) const;

  OptimizerConfig config_;
  std::vector<Parameter*> parameters_;
  std::vector<std::pair<Parameter*, ConstrainedLines>> constrained_;
  uint64_t iterations_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_OPTIMIZERS_OPTIMIZER_H_
