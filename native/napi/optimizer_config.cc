// SPDX-License-Identifier: MIT
#include "napi/optimizer_config.h"

#include "napi/arguments.h"

namespace ostinato {
namespace {

std::vector<double> ToNumbers(const Napi::Array& array, const char* what) {
  std::vector<double> numbers;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value value = array.Get(i);
    if (!value.IsNumber()) Malformed(what);
    numbers.push_back(value.As<Napi::Number>().DoubleValue());
  }
  return numbers;
}

// The options that a rule of `config.kind` has.
void ReadRule(const Napi::Object& object, OptimizerConfig* config) {
  const OptimizerKind kind = config->kind;
  const bool sgd = kind == OptimizerKind::kSgd, rmsprop = kind == OptimizerKind::kRmsprop;
  const bool adagrad = kind == OptimizerKind::kAdagrad, adadelta = kind == OptimizerKind::kAdadelta;
  if (sgd || rmsprop) config->momentum = GetNumber(object, "momentum");
  if (!sgd && kind != OptimizerKind::kLion) config->epsilon = GetNumber(object, "epsilon");
  if (sgd) config->nesterov = GetBool(object, "nesterov");
  if (rmsprop || adadelta) config->rho = GetNumber(object, "rho");
  if (rmsprop) config->centered = GetBool(object, "centered");
  if (adagrad) config->initial_accumulator = GetNumber(object, "initialAccumulatorValue");
  if (kind == OptimizerKind::kAdam) config->amsgrad = GetBool(object, "amsgrad");
  if (sgd || rmsprop || adagrad || adadelta) return;
  config->beta1 = GetNumber(object, "beta1");
  config->beta2 = GetNumber(object, "beta2");
}

}  // namespace

Schedule ToSchedule(const Napi::Object& object) {
  static const std::map<std::string, ScheduleKind> kinds = {
      {"exponential_decay", ScheduleKind::kExponentialDecay},
      {"piecewise_constant_decay", ScheduleKind::kPiecewiseConstantDecay},
      {"polynomial_decay", ScheduleKind::kPolynomialDecay},
      {"inverse_time_decay", ScheduleKind::kInverseTimeDecay},
      {"cosine_decay", ScheduleKind::kCosineDecay},
      {"cosine_decay_restarts", ScheduleKind::kCosineDecayRestarts}};
  Schedule schedule;
  schedule.kind = FromName(kinds, GetString(object, "kind"));
  if (schedule.kind == ScheduleKind::kPiecewiseConstantDecay) {
    schedule.boundaries = ToNumbers(GetArray(object, "boundaries"), "boundaries");
    schedule.values = ToNumbers(GetArray(object, "values"), "values");
    if (schedule.values.size() != schedule.boundaries.size() + 1) Malformed("values");
    return schedule;
  }
  schedule.initial = GetNumber(object, "initialLearningRate");
  schedule.decay_steps = GetNumber(object, "decaySteps");
  switch (schedule.kind) {
    case ScheduleKind::kPolynomialDecay:
      schedule.end = GetNumber(object, "endLearningRate");
      schedule.power = GetNumber(object, "power");
      schedule.cycle = GetBool(object, "cycle");
      break;
    case ScheduleKind::kCosineDecay: {
      schedule.alpha = GetNumber(object, "alpha");
      const Napi::Value target = GetValue(object, "warmupTarget");
      schedule.warms_up = !target.IsNull();
      if (schedule.warms_up) schedule.warmup_target = GetNumber(object, "warmupTarget");
      schedule.warmup_steps = GetNumber(object, "warmupSteps");
      break;
    }
    case ScheduleKind::kCosineDecayRestarts:
      schedule.alpha = GetNumber(object, "alpha");
      schedule.t_mul = GetNumber(object, "tMul");
      schedule.m_mul = GetNumber(object, "mMul");
      break;
    default:
      schedule.decay_rate = GetNumber(object, "decayRate");
      schedule.staircase = GetBool(object, "staircase");
      break;
  }
  return schedule;
}

OptimizerConfig ToOptimizerConfig(const Napi::Object& object) {
  static const std::map<std::string, OptimizerKind> kinds = {
      {"sgd", OptimizerKind::kSgd},           {"rmsprop", OptimizerKind::kRmsprop},
      {"adam", OptimizerKind::kAdam},         {"nadam", OptimizerKind::kNadam},
      {"adamax", OptimizerKind::kAdamax},     {"adagrad", OptimizerKind::kAdagrad},
      {"adadelta", OptimizerKind::kAdadelta}, {"lion", OptimizerKind::kLion}};
  OptimizerConfig config = {};
  config.kind = FromName(kinds, GetString(object, "kind"));
  ReadRule(object, &config);
  const Napi::Value rate = GetValue(object, "learningRate");
  if (rate.IsNumber())
    config.learning_rate.initial = rate.As<Napi::Number>().DoubleValue();
  else
    config.learning_rate = ToSchedule(ToObject(rate, "learningRate"));
  config.weight_decay = GetNumber(object, "weightDecay");
  const Napi::Array decays = GetArray(object, "decays");
  for (uint32_t i = 0; i < decays.Length(); ++i) {
    const Napi::Value decay = decays.Get(i);
    if (!decay.IsBoolean()) Malformed("decays");
    config.decays.push_back(decay.As<Napi::Boolean>());
  }
  config.clipnorm = GetNumber(object, "clipnorm");
  config.global_clipnorm = GetNumber(object, "globalClipnorm");
  config.clipvalue = GetNumber(object, "clipvalue");
  config.use_ema = GetBool(object, "useEma");
  config.ema_momentum = GetNumber(object, "emaMomentum");
  config.ema_overwrite_frequency = GetSize(object, "emaOverwriteFrequency");
  config.loss_scale = GetNumber(object, "lossScaleFactor");
  config.accumulation_steps = GetSize(object, "gradientAccumulationSteps");
  if (config.accumulation_steps == 0) Malformed("gradientAccumulationSteps");
  return config;
}

}  // namespace ostinato
