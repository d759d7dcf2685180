// SPDX-License-Identifier: MIT
#include "optimizers/optimizer.h"

#include <algorithm>
#include <cmath>

namespace ostinato {
namespace {

constexpr size_t kElementsPerTask = 16384;

size_t RowsPerTask(const Parameter& parameter) {
  return std::max<size_t>(1, kElementsPerTask / parameter.columns);
}

size_t TaskCount(const Parameter& parameter) {
  const size_t rows = RowsPerTask(parameter);
  return (parameter.rows + rows - 1) / rows;
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters)
    : config_(config) {
  // By kernel: SGD m; RMSprop v, momentum, mean gradient; Adam m, v, largest v.
  const bool sgd = config.kind == OptimizerKind::kSgd, adam = config.kind == OptimizerKind::kAdam;
  const bool needed[3] = {!sgd || config.momentum != 0.0, adam || (!sgd && config.momentum != 0.0),
                          adam ? config.amsgrad : !sgd && config.centered};
  for (Parameter* parameter : parameters) {
    if (!parameter->trainable) continue;
    for (size_t i = 0; i < 3; ++i) {
      parameter->slots[i].Resize(needed[i] ? parameter->size() : 0);
      if (needed[i]) parameter->slots[i].Zero();
    }
    parameters_.push_back(parameter);
    const Constraint& constraint = parameter->config.constraint;
    if (constraint.kind != ConstraintKind::kNone)
      constrained_.emplace_back(parameter, ConstrainedLines(constraint, parameter->shape));
  }
}

UpdateArgs Optimizer::StepArgs() const {
  UpdateArgs args = {};
  args.kind = config_.kind;
  args.momentum = static_cast<float>(config_.momentum);
  args.rho = static_cast<float>(config_.rho);
  args.beta1 = static_cast<float>(config_.beta1);
  args.beta2 = static_cast<float>(config_.beta2);
  args.epsilon = static_cast<float>(config_.epsilon);
  args.nesterov = config_.nesterov;
  args.centered = config_.centered;
  args.amsgrad = config_.amsgrad;
  double rate = config_.learning_rate;
  if (config_.kind == OptimizerKind::kAdam) {
    const double step = static_cast<double>(iterations_);
    rate *= std::sqrt(1.0 - std::pow(config_.beta2, step)) / (1.0 - std::pow(config_.beta1, step));
  }
  args.rate = static_cast<float>(rate);
  return args;
}

void Optimizer::Step(const KernelTable& kernels, WorkerPool& pool) {
  ++iterations_;
  const UpdateArgs step = StepArgs();
  size_t tasks = 0;
  for (Parameter* parameter : parameters_) {
    tasks += TaskCount(*parameter);
    if (parameter->orthogonal.is_set())
      parameter->orthogonal.ComputeGradient(parameter->value.data(), kernels, pool);
  }
  pool.For(tasks, [&](size_t task) {
    size_t i = 0;
    for (; task >= TaskCount(*parameters_[i]); ++i) task -= TaskCount(*parameters_[i]);
    Parameter& parameter = *parameters_[i];
    UpdateArgs args = step;
    args.weight = parameter.value.data();
    for (size_t k = 0; k < 3; ++k)
      args.slots[k] = parameter.slots[k].size() ? parameter.slots[k].data() : nullptr;
    args.gradient = parameter.gradient;
    args.gradient_stride = parameter.gradient_stride;
    args.slot = parameter.gradient_slot;
    args.begin = task * RowsPerTask(parameter);
    args.end = std::min(parameter.rows, args.begin + RowsPerTask(parameter));
    args.columns = parameter.columns;
    args.l1 = parameter.config.l1;
    args.l2 = parameter.config.l2;
    args.penalty_gradient = parameter.orthogonal.gradient();
    kernels.update(args);
  });
  Constrain(kernels, pool);
}

void Optimizer::Constrain(const KernelTable& kernels, WorkerPool& pool) const {
  size_t tasks = 0;
  for (const auto& [parameter, lines] : constrained_) tasks += lines.tasks();
  pool.For(tasks, [&](size_t task) {
    size_t i = 0;
    for (; task >= constrained_[i].second.tasks(); ++i) task -= constrained_[i].second.tasks();
    constrained_[i].second.Run(kernels, constrained_[i].first->value.data(), task);
  });
}

}  // namespace ostinato
