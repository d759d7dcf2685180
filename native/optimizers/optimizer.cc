// SPDX-License-Identifier: MIT
#include "optimizers/optimizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

// Keras' names of the slots of the kernel's rule; null where the options call for none.
std::array<const char*, 3> SlotNames(const OptimizerConfig& config) {
  const bool has_momentum = config.momentum != 0.0;
  switch (config.kind) {
    case OptimizerKind::kSgd:
      return {has_momentum ? "momentum" : nullptr};
    case OptimizerKind::kRmsprop:
      return {"velocity", has_momentum ? "momentum" : nullptr,
              config.centered ? "average_gradient" : nullptr};
    case OptimizerKind::kAdam:
      return {"momentum", "velocity", config.amsgrad ? "velocity_hat" : nullptr};
  }
  return {};
}

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters, Arena* arena)
    : config_(config) {
  const std::array<const char*, 3> names = SlotNames(config);
  held_.reserve(parameters.size());  // buffers_ points into it
  for (size_t weight = 0; weight < parameters.size(); ++weight) {
    Parameter& parameter = *parameters[weight];
    if (!parameter.trainable) continue;
    held_.push_back({&parameter, {Buffer<float>(arena), Buffer<float>(arena), Buffer<float>(arena)}});
    const auto hold = [&](const char* name, Buffer<float>& values) {
      values.Resize(parameter.size());
      arrays_.push_back({name, static_cast<int64_t>(weight), values.size()});
      buffers_.push_back(&values);
    };
    for (size_t i = 0; i < names.size(); ++i)
      if (names[i]) hold(names[i], held_.back().slots[i]);
    const Constraint& constraint = parameter.config.constraint;
    if (constraint.kind != ConstraintKind::kNone)
      constrained_.emplace_back(&parameter, ConstrainedLines(constraint, parameter.shape));
  }
}

void Optimizer::Read(size_t array, float* out) const {
  const Buffer<float>& values = *buffers_[array];
  std::memcpy(out, values.data(), values.size() * sizeof(float));
}

void Optimizer::Write(size_t array, const float* values) {
  Buffer<float>& to = *buffers_[array];
  std::memcpy(to.data(), values, to.size() * sizeof(float));
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
  for (const Held& held : held_) {
    Parameter& parameter = *held.parameter;
    tasks += TaskCount(parameter);
    if (parameter.orthogonal.is_set())
      parameter.orthogonal.ComputeGradient(parameter.value.data(), kernels, pool);
  }
  pool.For(tasks, [&](size_t task) {
    size_t i = 0;
    for (; task >= TaskCount(*held_[i].parameter); ++i) task -= TaskCount(*held_[i].parameter);
    Held& held = held_[i];
    Parameter& parameter = *held.parameter;
    UpdateArgs args = step;
    args.weight = parameter.value.data();
    for (size_t k = 0; k < 3; ++k) args.slots[k] = held.slots[k].size() ? held.slots[k].data() : nullptr;
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
