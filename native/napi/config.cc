// SPDX-License-Identifier: MIT
#include "napi/config.h"

#include <algorithm>

#include "napi/arguments.h"
#include "napi/layers.h"
#include "napi/losses.h"
#include "napi/optimizer_config.h"

namespace ostinato {
namespace {

std::vector<size_t> ToSizes(const Napi::Object& object, const char* key) {
  const Napi::Array array = GetArray(object, key);
  std::vector<size_t> sizes;
  for (uint32_t i = 0; i < array.Length(); ++i) sizes.push_back(ToSize(array.Get(i), key));
  return sizes;
}

GraphInput ToGraphInput(const Napi::Object& object) {
  const std::string kind = GetString(object, "kind");
  if (kind != "tokens" && kind != "values") Malformed("kind");
  GraphInput input = {kind == "tokens", {}};
  const Napi::Array shape = GetArray(object, "shape");
  for (uint32_t i = 0; i < shape.Length(); ++i) {
    const Napi::Value size = shape.Get(i);
    if (!size.IsNumber()) Malformed("shape");
    const bool is_open = size.As<Napi::Number>().DoubleValue() == -1.0;
    const size_t known = is_open ? 1 : ToSize(size, "shape");
    if (known == 0 || known > INT32_MAX) Malformed("shape");
    input.shape.push_back(is_open ? -1 : static_cast<int64_t>(known));
  }
  if (input.shape.empty() || input.shape.size() > (input.is_tokens ? 2u : 3u)) Malformed("shape");
  if (!input.is_tokens && input.shape.back() < 1) Malformed("shape");
  return input;
}

HeadConfig ToHeadConfig(const Napi::Object& object) {
  HeadConfig head;
  const Napi::Value loss = GetValue(object, "loss");
  head.has_loss = !loss.IsNull();
  if (head.has_loss) head.loss = ToLossConfig(ToObject(loss, "loss"));
  head.weight = GetNumber(object, "weight");
  const Napi::Array metrics = GetArray(object, "metrics");
  for (uint32_t i = 0; i < metrics.Length(); ++i) {
    const Napi::Object metric = ToObject(metrics.Get(i), "metric");
    head.metrics.push_back(ToMetricConfig(metric));
    head.metrics.back().weighted = GetBool(metric, "weighted");
  }
  return head;
}

std::vector<bool> GetFlags(const Napi::Object& object, const char* name) {
  const Napi::Array list = GetArray(object, name);
  std::vector<bool> flags;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value flag = list.Get(i);
    if (!flag.IsBoolean()) Malformed(name);
    flags.push_back(flag.As<Napi::Boolean>());
  }
  return flags;
}

}  // namespace

Graph ToGraph(const Napi::Object& object, std::vector<std::shared_ptr<SharedLayer>>* shared) {
  Graph graph;
  const Napi::Array inputs = GetArray(object, "inputs"), layers = GetArray(object, "layers");
  const Napi::Array nodes = GetArray(object, "nodes");
  for (uint32_t i = 0; i < inputs.Length(); ++i)
    graph.inputs.push_back(ToGraphInput(ToObject(inputs.Get(i), "input")));
  for (uint32_t i = 0; i < layers.Length(); ++i) {
    shared->push_back(NativeLayer::From(layers.Get(i)));
    if (std::count(shared->begin(), shared->end(), shared->back()) > 1) Malformed("layers: one twice");
    graph.layers.push_back(shared->back()->layer);
  }
  for (uint32_t i = 0; i < nodes.Length(); ++i) {
    const Napi::Object node = ToObject(nodes.Get(i), "node");
    graph.nodes.push_back({GetSize(node, "layer"), ToSizes(node, "inputs"), GetBool(node, "flipsOutputs"),
                           ToNodeCall(GetValue(node, "call"))});
  }
  graph.outputs = ToSizes(object, "outputs");
  const Napi::Object shortcuts = ToObject(GetValue(object, "shortcuts"), "shortcuts");
  graph.shortcuts = {GetBool(shortcuts, "tokenProjection"), GetBool(shortcuts, "reverseProjection"),
                     GetBool(shortcuts, "sharedPadding"), GetBool(shortcuts, "fusedWalk"),
                     GetBool(shortcuts, "overlapLayers")};
  return graph;
}

CompileConfig ToCompileConfig(const Napi::Object& object) {
  CompileConfig config;
  config.optimizer = ToOptimizerConfig(ToObject(GetValue(object, "optimizer"), "optimizer"));
  const Napi::Array heads = GetArray(object, "heads");
  config.trainable = GetFlags(object, "trainable");
  config.layer_trainable = GetFlags(object, "layerTrainable");
  for (uint32_t i = 0; i < heads.Length(); ++i)
    config.heads.push_back(ToHeadConfig(ToObject(heads.Get(i), "head")));
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
