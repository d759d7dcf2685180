// SPDX-License-Identifier: MIT
#include "optimizers/optimizer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "threading/ranges.h"
#include "threading/touch_pages.h"

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
    case OptimizerKind::kNadam:
      return {"momentum", "velocity"};
    case OptimizerKind::kAdamax:
      return {"momentum", "norm"};
    case OptimizerKind::kAdagrad:
      return {"accumulator"};
    case OptimizerKind::kAdadelta:
      return {"accumulated_grad", "accumulated_delta_var"};
    case OptimizerKind::kLion:
      return {"momentum"};
  }
  return {};
}

// Nadam's momentum of a step (Dozat 2016).
double MomentumAt(double beta1, double step) { return beta1 * (1.0 - 0.5 * std::pow(0.96, step)); }

}  // namespace

Optimizer::Optimizer(const OptimizerConfig& config, const std::vector<Parameter*>& parameters,
                     const std::vector<bool>& trainable, Arena* arena)
    : config_(config) {
  held_.reserve(parameters.size());  // buffers_ points into it
  first_task_.push_back(0);
  for (size_t weight = 0; weight < parameters.size(); ++weight) {
    Parameter& parameter = *parameters[weight];
    if (!trainable[weight]) continue;
    held_.push_back({&parameter,
                     config.decays[weight],
                     {StateBuffer<float>(arena), StateBuffer<float>(arena), StateBuffer<float>(arena)},
                     StateBuffer<float>(arena),
                     StateBuffer<float>(arena),
                     {}});
    AddArrays(weight, &held_.back());
    first_task_.push_back(first_task_.back() + TaskCount(parameter));
    const Constraint& constraint = parameter.config.constraint;
    if (constraint.kind != ConstraintKind::kNone)
      constrained_.emplace_back(&parameter, ConstrainedLines(constraint, parameter.shape));
  }
  if (accumulates()) {
    arrays_.push_back({"accumulated_batches", -1, 1});
    buffers_.push_back(nullptr);
  }
  squares_.resize(first_task_.back());
  clip_scales_.assign(held_.size(), 1.0);
}

void Optimizer::AddArrays(size_t weight, Held* held) {
  const auto add = [&](const char* name, Buffer<float>& values) {
    values.Resize(held->parameter->size());
    arrays_.push_back({name, static_cast<int64_t>(weight), values.size()});
    buffers_.push_back(&values);
  };
  const std::array<const char*, 3> names = SlotNames(config_);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i]) add(names[i], held->slots[i]);
  is_unsettled_ = config_.kind == OptimizerKind::kAdagrad;
  if (accumulates()) add("gradient_accumulator", held->accumulated);
  if (config_.use_ema) add("average", held->average);
}

void Optimizer::LetGo(FreedMemory* freed) {
  for (Buffer<float>* values : buffers_)
    if (values) Arena::LetGo(values, freed);
}

void Optimizer::Settle(WorkerPool& pool) {
  if (!is_unsettled_) return;
  constexpr size_t kFloats = size_t{1} << 18;
  for (Held& held : held_) {
    Buffer<float>& values = held.slots[0];
    ForRanges(&pool, values.size(), kFloats, [&](size_t begin, size_t end) {
      std::fill(values.data() + begin, values.data() + end, static_cast<float>(config_.initial_accumulator));
    });
  }
  is_unsettled_ = is_untouched_ = false;
}

void Optimizer::Read(size_t array, float* out) const {
  if (const Buffer<float>* values = buffers_[array])
    std::memcpy(out, values->data(), values->size() * sizeof(float));
  else
    *out = static_cast<float>(accumulated_);
}

bool Optimizer::Write(size_t array, const float* values) {
  if (Buffer<float>* to = buffers_[array]) {
    is_untouched_ = false;
    std::memcpy(to->data(), values, to->size() * sizeof(float));
    return true;
  }
  if (!(*values >= 0.0f && *values < static_cast<float>(config_.accumulation_steps) &&
        *values == std::floor(*values)))
    return false;
  accumulated_ = static_cast<uint64_t>(*values);
  return true;
}

// Calls body(i, task, begin, end) for the rows [begin, end) of held_[i]: the split depends on the weights
// alone.
template <class Body>
void Optimizer::ForTasks(WorkerPool& pool, Body&& body) {
  pool.For(first_task_.back(), [&](size_t task) {
    const size_t i = static_cast<size_t>(std::upper_bound(first_task_.begin(), first_task_.end(), task) -
                                         first_task_.begin() - 1);
    const Parameter& parameter = *held_[i].parameter;
    const size_t rows = RowsPerTask(parameter), begin = (task - first_task_[i]) * rows;
    body(i, task, begin, std::min(parameter.rows, begin + rows));
  });
}

void Optimizer::SetBatchGradient(const Held& held, UpdateArgs* args) const {
  Parameter& parameter = *held.parameter;
  args->weight = parameter.value.data();
  args->columns = parameter.columns;
  args->gradient = held.gradient.data;
  args->gradient_stride = held.gradient.stride;
  args->slot = held.gradient.slot;
  args->gradient_scale = static_cast<float>(1.0 / config_.loss_scale);
  args->l1 = parameter.config.l1;
  args->l2 = parameter.config.l2;
  args->penalty_gradient = parameter.orthogonal.gradient();
}

void Optimizer::SetStepGradient(const Held& held, UpdateArgs* args) const {
  if (!accumulates()) return SetBatchGradient(held, args);
  // The mean of those that were added up, penalties among them.
  args->weight = held.parameter->value.data();
  args->columns = held.parameter->columns;
  args->gradient = held.accumulated.data();
  args->gradient_stride = args->columns;
  args->gradient_scale = static_cast<float>(1.0 / static_cast<double>(config_.accumulation_steps));
}

void Optimizer::Prepare(const GradientSums& gradients, const KernelTable& kernels, WorkerPool& pool) {
  // A step cannot be stopped, so that it is to wait for nothing.
  if (std::exchange(is_untouched_, false))
    for (Buffer<float>* values : buffers_)
      if (values) TouchPages(&pool, *values);
  for (Held& held : held_) {
    Parameter& parameter = *held.parameter;
    held.gradient = gradients.Of(parameter);
    if (parameter.orthogonal.is_set())
      parameter.orthogonal.ComputeGradient(parameter.value.data(), kernels, pool);
  }
}

void Optimizer::Step(const KernelTable& kernels, WorkerPool& pool) {
  if (accumulates())
    ForTasks(pool, [&](size_t i, size_t, size_t begin, size_t end) {
      UpdateArgs args = {};
      SetBatchGradient(held_[i], &args);
      args.begin = begin;
      args.end = end;
      kernels.accumulate(args, held_[i].accumulated.data());
    });
  const bool moves = accumulated_ + 1 == config_.accumulation_steps;
  if (moves) Move(kernels, pool);
  // As in Keras, these come after every batch.
  if (config_.use_ema) Average(kernels, pool);
  Constrain(kernels, pool);
  accumulated_ = moves ? 0 : accumulated_ + 1;
  iterations_ += moves ? 1 : 0;
}

void Optimizer::SetScalars(UpdateArgs* args) {
  const double rate = learning_rate(), step = static_cast<double>(iterations_ + 1);
  const double beta1 = config_.beta1, beta2 = config_.beta2;
  double step_rate = rate;
  switch (config_.kind) {
    case OptimizerKind::kAdam:
      step_rate *= std::sqrt(1.0 - std::pow(beta2, step)) / (1.0 - std::pow(beta1, step));
      break;
    case OptimizerKind::kAdamax:
      step_rate /= 1.0 - std::pow(beta1, step);
      break;
    case OptimizerKind::kNadam: {
      const double product = MomentumProduct(iterations_ + 1), next = MomentumAt(beta1, step + 1.0);
      args->momentum_factor = static_cast<float>(next / (1.0 - product * next));
      args->gradient_factor = static_cast<float>((1.0 - MomentumAt(beta1, step)) / (1.0 - product));
      args->velocity_factor = static_cast<float>(1.0 / (1.0 - std::pow(beta2, step)));
      break;
    }
    default:
      break;
  }
  args->kind = config_.kind;
  args->rate = static_cast<float>(step_rate);
  args->decay = static_cast<float>(config_.weight_decay * rate);
  args->clip_value = static_cast<float>(config_.clipvalue);
  args->momentum = static_cast<float>(config_.momentum);
  args->rho = static_cast<float>(config_.rho);
  args->beta1 = static_cast<float>(beta1);
  args->beta2 = static_cast<float>(beta2);
  args->epsilon = static_cast<float>(config_.epsilon);
  args->nesterov = config_.nesterov;
  args->centered = config_.centered;
  args->amsgrad = config_.amsgrad;
}

// Of Nadam's momenta of the first `step` steps: a function of the step alone, so that it is no state.
double Optimizer::MomentumProduct(uint64_t step) {
  if (step < product_step_) {
    product_step_ = 0;
    product_ = 1.0;
  }
  // It vanishes before long.
  for (; product_step_ < step && product_ > 0.0; ++product_step_)
    product_ *= MomentumAt(config_.beta1, static_cast<double>(product_step_ + 1));
  product_step_ = step;
  return product_;
}

void Optimizer::Move(const KernelTable& kernels, WorkerPool& pool) {
  UpdateArgs scalars = {};
  SetScalars(&scalars);
  ComputeClipScales(kernels, pool);
  ForTasks(pool, [&](size_t i, size_t, size_t begin, size_t end) {
    Held& held = held_[i];
    UpdateArgs args = scalars;
    SetStepGradient(held, &args);
    args.clip_scale = static_cast<float>(clip_scales_[i]);
    if (!held.decays) args.decay = 0.0f;
    for (size_t k = 0; k < 3; ++k) args.slots[k] = held.slots[k].size() ? held.slots[k].data() : nullptr;
    args.begin = begin;
    args.end = end;
    kernels.update(args);
    if (accumulates())
      std::memset(held.accumulated.data() + begin * args.columns, 0,
                  (end - begin) * args.columns * sizeof(float));
  });
}

void Optimizer::ComputeClipScales(const KernelTable& kernels, WorkerPool& pool) {
  if (config_.clipnorm == 0.0 && config_.global_clipnorm == 0.0) return;
  ForTasks(pool, [&](size_t i, size_t task, size_t begin, size_t end) {
    UpdateArgs args = {};
    SetStepGradient(held_[i], &args);
    args.begin = begin;
    args.end = end;
    squares_[task] = kernels.gradient_squares(args);
  });
  // Within the norm nothing changes; a norm that is no number spoils the gradient.
  const auto scale = [](double squares, double most) {
    const double norm = std::sqrt(squares);
    return norm <= most ? 1.0 : most / norm;
  };
  double all = 0.0;
  for (size_t i = 0; i < held_.size(); ++i) {
    double sum = 0.0;
    for (size_t task = first_task_[i]; task < first_task_[i + 1]; ++task) sum += squares_[task];
    all += sum;
    if (config_.clipnorm > 0.0) clip_scales_[i] = scale(sum, config_.clipnorm);
  }
  if (config_.global_clipnorm == 0.0) return;
  const bool finite = std::isfinite(all);
  clip_scales_.assign(held_.size(), finite ? scale(all, config_.global_clipnorm) : std::nan(""));
}

// keras/src/optimizers/base_optimizer.py: the first average is the weight itself.
void Optimizer::Average(const KernelTable& kernels, WorkerPool& pool) {
  const float momentum = iterations_ == 0 ? 0.0f : static_cast<float>(config_.ema_momentum);
  const bool overwrites =
      config_.ema_overwrite_frequency > 0 && (iterations_ + 1) % config_.ema_overwrite_frequency == 0;
  ForTasks(pool, [&](size_t i, size_t, size_t begin, size_t end) {
    Held& held = held_[i];
    const size_t columns = held.parameter->columns, at = begin * columns, n = (end - begin) * columns;
    float* weight = held.parameter->value.data() + at;
    float* average = held.average.data() + at;
    kernels.average_weights(weight, average, n, momentum);
    if (overwrites) std::memcpy(weight, average, n * sizeof(float));
  });
}

bool Optimizer::ApplyAverages(WorkerPool& pool) {
  if (!config_.use_ema || batches() == 0) return false;
  ForTasks(pool, [&](size_t i, size_t, size_t begin, size_t end) {
    const Held& held = held_[i];
    const size_t columns = held.parameter->columns, at = begin * columns;
    std::memcpy(held.parameter->value.data() + at, held.average.data() + at,
                (end - begin) * columns * sizeof(float));
  });
  return true;
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
