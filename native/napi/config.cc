// SPDX-License-Identifier: MIT
#include "napi/config.h"

#include "napi/arguments.h"
#include "napi/losses.h"
#include "napi/optimizer_config.h"

namespace ostinato {
namespace {

const std::map<std::string, Activation>& Activations() {
  static const std::map<std::string, Activation> table = {
      {"linear", Activation::kLinear},
      {"tanh", Activation::kTanh},
      {"sigmoid", Activation::kSigmoid},
      {"relu", Activation::kRelu},
      {"softmax", Activation::kSoftmax},
      {"elu", Activation::kElu},
      {"exponential", Activation::kExponential},
      {"hard_sigmoid", Activation::kHardSigmoid},
      {"softsign", Activation::kSoftsign},
      {"leaky_relu", Activation::kLeakyRelu},
      {"relu6", Activation::kRelu6},
      {"celu", Activation::kCelu},
      {"selu", Activation::kSelu},
      {"gelu", Activation::kGelu},
      {"silu", Activation::kSilu},
      {"softplus", Activation::kSoftplus},
      {"squareplus", Activation::kSquareplus},
      {"soft_shrink", Activation::kSoftShrink},
      {"hard_shrink", Activation::kHardShrink},
      {"tanh_shrink", Activation::kTanhShrink},
      {"hard_tanh", Activation::kHardTanh},
      {"hard_silu", Activation::kHardSilu},
      {"log_sigmoid", Activation::kLogSigmoid},
      {"log_softmax", Activation::kLogSoftmax},
      {"mish", Activation::kMish},
      {"sparse_plus", Activation::kSparsePlus},
      {"sparse_sigmoid", Activation::kSparseSigmoid},
      {"sparsemax", Activation::kSparsemax},
  };
  return table;
}

const std::map<std::string, LayerConfig::Kind>& LayerKinds() {
  using Kind = LayerConfig::Kind;
  static const std::map<std::string, Kind> table = {
      {"embedding", Kind::kEmbedding},
      {"simple_rnn", Kind::kSimpleRnn},
      {"lstm", Kind::kLstm},
      {"gru", Kind::kGru},
      {"bidirectional", Kind::kBidirectional},
      {"masking", Kind::kMasking},
      {"repeat_vector", Kind::kRepeatVector},
      {"reshape", Kind::kReshape},
      {"dense", Kind::kDense},
      {"conv1d", Kind::kConv1d},
      {"pool1d", Kind::kPool1d},
      {"global_pool1d", Kind::kGlobalPool1d},
      {"layer_normalization", Kind::kLayerNormalization},
      {"batch_normalization", Kind::kBatchNormalization},
      {"activation", Kind::kActivation},
      {"flatten", Kind::kFlatten},
      {"dropout", Kind::kDropout},
      {"spatial_dropout1d", Kind::kSpatialDropout1d},
      {"gaussian_noise", Kind::kGaussianNoise},
      {"activity_regularization", Kind::kActivityRegularization},
  };
  return table;
}

void ReadRecurrent(const Napi::Object& object, LayerConfig* layer) {
  layer->return_sequences = GetBool(object, "returnSequences");
  layer->recurrent_activation = FromName(Activations(), GetString(object, "recurrentActivation"));
  layer->reset_after = GetBool(object, "resetAfter");
  layer->go_backwards = GetBool(object, "goBackwards");
  layer->stateful = GetBool(object, "stateful");
  layer->zero_output = GetBool(object, "zeroOutputForMask");
  layer->rate = GetNumber(object, "dropout");
  layer->recurrent_rate = GetNumber(object, "recurrentDropout");
  layer->seed = GetSize(object, "seed");
}

Windows ToWindows(const Napi::Object& object, const char* size, size_t dilation) {
  static const std::map<std::string, WindowPadding> paddings = {
      {"valid", WindowPadding::kValid}, {"same", WindowPadding::kSame}, {"causal", WindowPadding::kCausal}};
  return {GetAxis(object, size), GetAxis(object, "strides"), dilation,
          FromName(paddings, GetString(object, "padding"))};
}

PoolKind ToPool(const Napi::Object& object) {
  static const std::map<std::string, PoolKind> pools = {{"max", PoolKind::kMax},
                                                        {"average", PoolKind::kAverage}};
  return FromName(pools, GetString(object, "pool"));
}

// Convolution, pooling and what changes the shape of sequences.
void ReadShaping(const Napi::Object& object, LayerConfig* layer) {
  switch (layer->kind) {
    case LayerConfig::Kind::kRepeatVector:
      layer->units = GetAxis(object, "n");
      break;
    case LayerConfig::Kind::kReshape: {
      const Napi::Array shape = GetArray(object, "targetShape");
      if (shape.Length() != 1 && shape.Length() != 2) Malformed("targetShape");
      if (shape.Length() == 2) layer->steps = ToSize(shape.Get(0u), "targetShape");
      layer->units = ToSize(shape.Get(shape.Length() - 1), "targetShape");
      break;
    }
    case LayerConfig::Kind::kConv1d:
      layer->units = GetAxis(object, "filters");
      layer->use_bias = GetBool(object, "useBias");
      layer->groups = GetAxis(object, "groups");
      layer->windows = ToWindows(object, "kernelSize", GetAxis(object, "dilationRate"));
      break;
    case LayerConfig::Kind::kPool1d:
      layer->pool = ToPool(object);
      layer->windows = ToWindows(object, "poolSize", 1);
      break;
    case LayerConfig::Kind::kGlobalPool1d:
      layer->pool = ToPool(object);
      layer->keep_steps = GetBool(object, "keepdims");
      break;
    default:
      break;
  }
}

Constraint ToConstraint(const Napi::Value& value) {
  static const std::map<std::string, ConstraintKind> kinds = {{"max_norm", ConstraintKind::kMaxNorm},
                                                              {"non_neg", ConstraintKind::kNonNeg},
                                                              {"unit_norm", ConstraintKind::kUnitNorm},
                                                              {"min_max_norm", ConstraintKind::kMinMaxNorm}};
  Constraint constraint;
  if (value.IsNull()) return constraint;
  const Napi::Object object = ToObject(value, "constraint");
  constraint.kind = FromName(kinds, GetString(object, "kind"));
  const bool both = constraint.kind == ConstraintKind::kMinMaxNorm;
  if (constraint.kind != ConstraintKind::kNonNeg) {
    const double axis = GetNumber(object, "axis");
    if (!(axis >= -32.0 && axis <= 32.0)) Malformed("axis");
    constraint.axis = static_cast<int>(axis);
  }
  if (both || constraint.kind == ConstraintKind::kMaxNorm)
    constraint.max_value = GetFloat(object, "maxValue");
  if (both) {
    constraint.min_value = GetFloat(object, "minValue");
    constraint.rate = GetFloat(object, "rate");
  }
  return constraint;
}

// `penalties` and `constraints`: one entry of each per weight.
std::vector<WeightConfig> ToWeights(const Napi::Object& object) {
  const Napi::Array penalties = GetArray(object, "penalties"), constraints = GetArray(object, "constraints");
  if (penalties.Length() != constraints.Length()) Malformed("constraints");
  std::vector<WeightConfig> weights;
  for (uint32_t i = 0; i < penalties.Length(); ++i) {
    const Napi::Object penalty = ToObject(penalties.Get(i), "penalty");
    weights.push_back({GetFloat(penalty, "l1"), GetFloat(penalty, "l2"), GetFloat(penalty, "orthogonal"),
                       GetBool(penalty, "orthogonalByRows"), ToConstraint(constraints.Get(i))});
  }
  return weights;
}

LayerConfig ToLayerConfig(const Napi::Object& object) {
  using Kind = LayerConfig::Kind;
  static const std::map<std::string, MergeMode> merges = {{"concat", MergeMode::kConcat},
                                                          {"sum", MergeMode::kSum},
                                                          {"mul", MergeMode::kMul},
                                                          {"ave", MergeMode::kAve}};
  LayerConfig layer;
  layer.kind = FromName(LayerKinds(), GetString(object, "kind"));
  const bool embedding = layer.kind == Kind::kEmbedding, dense = layer.kind == Kind::kDense;
  const bool recurrent =
      layer.kind == Kind::kSimpleRnn || layer.kind == Kind::kLstm || layer.kind == Kind::kGru;
  if (embedding) {
    layer.input_dim = GetAxis(object, "inputDim");
    layer.units = GetAxis(object, "outputDim");
    layer.mask_zero = GetBool(object, "maskZero");
  }
  if (recurrent || dense) {
    layer.units = GetAxis(object, "units");
    layer.use_bias = GetBool(object, "useBias");
  }
  if (recurrent) ReadRecurrent(object, &layer);
  ReadShaping(object, &layer);
  const bool convolution = layer.kind == Kind::kConv1d;
  if (recurrent || dense || convolution || layer.kind == Kind::kActivation)
    layer.activation = FromName(Activations(), GetString(object, "activation"));
  if (layer.kind == Kind::kBidirectional) {
    layer.merge = FromName(merges, GetString(object, "mergeMode"));
    for (const char* direction : {"forward", "backward"})
      layer.children.push_back(ToLayerConfig(ToObject(GetValue(object, direction), direction)));
  }
  if (layer.kind == Kind::kMasking) layer.mask_value = GetNumber(object, "maskValue");
  if (layer.kind == Kind::kDropout || layer.kind == Kind::kSpatialDropout1d)
    layer.rate = GetNumber(object, "rate");
  if (layer.kind == Kind::kGaussianNoise) layer.stddev = GetNumber(object, "stddev");
  if (layer.kind == Kind::kDropout || layer.kind == Kind::kSpatialDropout1d ||
      layer.kind == Kind::kGaussianNoise)
    layer.seed = GetSize(object, "seed");
  if (layer.kind == Kind::kActivityRegularization) {
    layer.l1 = GetNumber(object, "l1");
    layer.l2 = GetNumber(object, "l2");
  }
  const bool batch_norm = layer.kind == Kind::kBatchNormalization;
  const bool normalization = batch_norm || layer.kind == Kind::kLayerNormalization;
  if (batch_norm) layer.momentum = GetNumber(object, "momentum");
  if (normalization) {
    layer.epsilon = GetNumber(object, "epsilon");
    layer.center = GetBool(object, "center");
    layer.scale = GetBool(object, "scale");
  }
  if (embedding || recurrent || dense || convolution || normalization) {
    layer.trainable = GetBool(object, "trainable");
    layer.weights = ToWeights(object);
  }
  return layer;
}

}  // namespace

ModelConfig ToModelConfig(const Napi::Object& object) {
  ModelConfig config;
  const std::string input = GetString(object, "input");
  if (input != "tokens" && input != "values") Malformed("input");
  config.is_tokens = input == "tokens";
  const Napi::Array shape = GetArray(object, "inputShape");
  for (uint32_t i = 0; i < shape.Length(); ++i)
    config.input_shape.push_back(Napi::Value(shape.Get(i)).As<Napi::Number>().Int64Value());
  if (config.input_shape.empty() || config.input_shape.size() > (config.is_tokens ? 1u : 2u))
    Malformed("inputShape");
  const Napi::Array layers = GetArray(object, "layers");
  if (layers.Length() == 0) Malformed("layers");
  for (uint32_t i = 0; i < layers.Length(); ++i)
    config.layers.push_back(ToLayerConfig(ToObject(layers.Get(i), "layer")));
  const Napi::Object shortcuts = ToObject(GetValue(object, "shortcuts"), "shortcuts");
  config.shortcuts = {GetBool(shortcuts, "tokenProjection"), GetBool(shortcuts, "reverseProjection"),
                      GetBool(shortcuts, "sharedPadding"), GetBool(shortcuts, "fusedWalk"),
                      GetBool(shortcuts, "overlapLayers")};
  return config;
}

CompileConfig ToCompileConfig(const Napi::Object& object) {
  CompileConfig config;
  config.optimizer = ToOptimizerConfig(ToObject(GetValue(object, "optimizer"), "optimizer"));
  config.loss = ToLossConfig(ToObject(GetValue(object, "loss"), "loss"));
  const Napi::Array metrics = GetArray(object, "metrics");
  for (uint32_t i = 0; i < metrics.Length(); ++i) {
    const Napi::Object metric = ToObject(metrics.Get(i), "metric");
    config.metrics.push_back(ToMetricConfig(metric));
    config.metrics.back().weighted = GetBool(metric, "weighted");
  }
  return config;
}

InitializerSpec ToInitializerSpec(const Napi::Object& object) {
  static const std::map<std::string, InitializerKind> kinds = {
      {"constant", InitializerKind::kConstant},
      {"values", InitializerKind::kValues},
      {"identity", InitializerKind::kIdentity},
      {"random_uniform", InitializerKind::kRandomUniform},
      {"random_normal", InitializerKind::kRandomNormal},
      {"truncated_normal", InitializerKind::kTruncatedNormal},
      {"variance_scaling", InitializerKind::kVarianceScaling},
      {"orthogonal", InitializerKind::kOrthogonal}};
  static const std::map<std::string, FanMode> modes = {
      {"fan_in", FanMode::kFanIn}, {"fan_out", FanMode::kFanOut}, {"fan_avg", FanMode::kFanAvg}};
  static const std::map<std::string, ScalingDistribution> distributions = {
      {"truncated_normal", ScalingDistribution::kTruncatedNormal},
      {"untruncated_normal", ScalingDistribution::kUntruncatedNormal},
      {"uniform", ScalingDistribution::kUniform}};
  InitializerSpec spec;
  spec.kind = FromName(kinds, GetString(object, "kind"));
  switch (spec.kind) {
    case InitializerKind::kConstant:
      spec.value = GetNumber(object, "value");
      break;
    case InitializerKind::kValues: {
      const Napi::Float32Array values = ToFloats(GetValue(object, "values"), "values");
      spec.values.assign(values.Data(), values.Data() + values.ElementLength());
      break;
    }
    case InitializerKind::kIdentity:
    case InitializerKind::kOrthogonal:
      spec.gain = GetNumber(object, "gain");
      break;
    case InitializerKind::kRandomUniform:
      spec.minval = GetNumber(object, "minval");
      spec.maxval = GetNumber(object, "maxval");
      break;
    case InitializerKind::kRandomNormal:
    case InitializerKind::kTruncatedNormal:
      spec.mean = GetNumber(object, "mean");
      spec.stddev = GetNumber(object, "stddev");
      break;
    case InitializerKind::kVarianceScaling:
      spec.scale = GetNumber(object, "scale");
      spec.mode = FromName(modes, GetString(object, "mode"));
      spec.distribution = FromName(distributions, GetString(object, "distribution"));
      break;
  }
  return spec;
}

}  // namespace ostinato
