// SPDX-License-Identifier: MIT
#include "napi/layers.h"

#include <functional>
#include <optional>

#include "layers/activation_layer.h"
#include "layers/activations/elu.h"
#include "layers/activations/masked_softmax.h"
#include "layers/activations/prelu.h"
#include "layers/activations/rectifier.h"
#include "layers/activity_regularization.h"
#include "layers/attention/attention.h"
#include "layers/batch_normalization.h"
#include "layers/conv1d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/fold.h"
#include "layers/gaussian_noise.h"
#include "layers/global_pool1d.h"
#include "layers/layer_normalization.h"
#include "layers/masking.h"
#include "layers/merging/concatenate.h"
#include "layers/merging/dot.h"
#include "layers/merging/merge.h"
#include "layers/normalization/normalization.h"
#include "layers/normalization/rescaling.h"
#include "layers/normalization/unit_normalization.h"
#include "layers/pool1d.h"
#include "layers/recurrent/gru.h"
#include "layers/recurrent/lstm.h"
#include "layers/recurrent/simple_rnn.h"
#include "layers/repeat_vector.h"
#include "layers/reshape.h"
#include "layers/reshaping/permute.h"
#include "layers/reshaping/select_steps.h"
#include "layers/reshaping/slice_features.h"
#include "layers/set_mask.h"
#include "layers/spatial_dropout1d.h"
#include "napi/arguments.h"

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
      {"legacy_hard_sigmoid", Activation::kLegacyHardSigmoid},
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

Activation GetActivation(const Napi::Object& object, const char* key) {
  return FromName(Activations(), GetString(object, key));
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

// As many as the layer has weights.
std::vector<WeightConfig> ToWeights(const Napi::Object& object, size_t count) {
  std::vector<WeightConfig> weights = ToWeights(object);
  if (weights.size() != count) Malformed("penalties");
  return weights;
}

template <class RecurrentLayer>
std::shared_ptr<Layer> MakeRecurrent(const Napi::Object& o) {
  RecurrentConfig config = {};
  config.features = GetAxis(o, "features");
  config.units = GetAxis(o, "units");
  config.activation = GetActivation(o, "activation");
  config.recurrent_activation = GetActivation(o, "recurrentActivation");
  config.use_bias = GetBool(o, "useBias");
  config.reset_after = GetBool(o, "resetAfter");
  config.return_sequences = GetBool(o, "returnSequences");
  config.go_backwards = GetBool(o, "goBackwards");
  config.stateful = GetBool(o, "stateful");
  config.zero_output = GetBool(o, "zeroOutputForMask");
  config.dropout = GetFloat(o, "dropout");
  config.recurrent_dropout = GetFloat(o, "recurrentDropout");
  config.seed = GetSize(o, "seed");
  config.weights = ToWeights(o, config.use_bias ? 3 : 2);
  return std::make_shared<RecurrentLayer>(config);
}

std::shared_ptr<Layer> MakeDense(const Napi::Object& o, std::vector<size_t> feature_shape,
                                 std::vector<size_t> unit_shape) {
  const bool use_bias = GetBool(o, "useBias");
  return std::make_shared<Dense>(DenseConfig{std::move(feature_shape), std::move(unit_shape),
                                             GetActivation(o, "activation"), use_bias,
                                             ToWeights(o, use_bias ? 2 : 1)});
}

std::shared_ptr<Layer> MakeReshape(const Napi::Object& o) {
  const Napi::Array shape = GetArray(o, "targetShape");
  if (shape.Length() != 1 && shape.Length() != 2) Malformed("targetShape");
  const size_t steps = shape.Length() == 2 ? ToSize(shape.Get(0u), "targetShape") : 0;
  return std::make_shared<Reshape>(
      ReshapeConfig{steps, ToSize(shape.Get(shape.Length() - 1), "targetShape")});
}

std::shared_ptr<Layer> MakeMerge(const Napi::Object& o) {
  static const std::map<std::string, MergeKind> kinds = {
      {"add", MergeKind::kAdd},           {"subtract", MergeKind::kSubtract},
      {"multiply", MergeKind::kMultiply}, {"average", MergeKind::kAverage},
      {"maximum", MergeKind::kMaximum},   {"minimum", MergeKind::kMinimum}};
  return std::make_shared<Merge>(MergeConfig{FromName(kinds, GetString(o, "merge"))});
}

std::optional<int64_t> ToBound(const Napi::Object& object, const char* key) {
  if (GetValue(object, key).IsNull()) return std::nullopt;
  return GetInteger(object, key);
}

std::shared_ptr<Layer> MakeSelectSteps(const Napi::Object& o) {
  SelectStepsConfig config = {};
  config.begin = ToBound(o, "begin");
  config.end = ToBound(o, "end");
  config.stride = GetInteger(o, "stride");
  if (config.stride == 0) Malformed("stride");
  config.repeats = GetAxis(o, "repeats");
  if (config.repeats == 0) Malformed("repeats");
  config.before = GetAxis(o, "before");
  config.after = GetAxis(o, "after");
  config.keeps_mask = GetBool(o, "keepsMask");
  config.drops_axis = GetBool(o, "dropsAxis");
  return std::make_shared<SelectSteps>(config);
}

// A parameter of one axis, or of two: steps and features.
std::vector<size_t> ToStepShape(const Napi::Object& object) {
  const Napi::Array shape = GetArray(object, "shape");
  if (shape.Length() != 1 && shape.Length() != 2) Malformed("shape");
  std::vector<size_t> sizes;
  for (uint32_t i = 0; i < shape.Length(); ++i) {
    sizes.push_back(ToSize(shape.Get(i), "shape"));
    if (sizes.back() == 0 || sizes.back() > INT32_MAX) Malformed("shape");
  }
  return sizes;
}

std::vector<float> ToFloatList(const Napi::Object& object, const char* key) {
  const Napi::Float32Array values = ToFloats(GetValue(object, key), key);
  return {values.Data(), values.Data() + values.ElementLength()};
}

std::shared_ptr<Layer> MakeNormalization(const Napi::Object& o) {
  const std::vector<WeightConfig> weights = ToWeights(o);
  if (!weights.empty() && weights.size() != 3) Malformed("penalties");
  return std::make_shared<Normalization>(NormalizationConfig{
      ToStepShape(o), GetBool(o, "invert"), ToFloatList(o, "mean"), ToFloatList(o, "variance"), weights});
}

std::shared_ptr<Layer> MakeRescaling(const Napi::Object& o) {
  Rescaling config = {ToFloatList(o, "scale"), ToFloatList(o, "offset")};
  return std::make_shared<RescalingLayer>(config);
}

std::shared_ptr<Layer> MakeDot(const Napi::Object& o) {
  const Napi::Array axes = GetArray(o, "axes");
  if (axes.Length() != 2) Malformed("axes");
  DotConfig config = {{}, GetBool(o, "normalize")};
  for (uint32_t i = 0; i < 2; ++i) {
    config.axes[i] = ToSize(axes.Get(i), "axes");
    if (config.axes[i] != 1 && config.axes[i] != 2) Malformed("axes");
  }
  return std::make_shared<Dot>(config);
}

std::shared_ptr<Layer> MakeAttention(const Napi::Object& o) {
  static const std::map<std::string, AttentionScore> scores = {{"dot", AttentionScore::kDot},
                                                               {"concat", AttentionScore::kConcat},
                                                               {"additive", AttentionScore::kAdditive}};
  AttentionConfig config = {};
  config.score = FromName(scores, GetString(o, "score"));
  config.heads = GetAxis(o, "heads");
  config.features = GetAxis(o, "features");
  config.scale = GetFloat(o, "scale");
  config.use_scale = GetBool(o, "useScale");
  config.multi_head = GetBool(o, "multiHead");
  config.dropout = GetFloat(o, "dropout");
  config.seed = GetSize(o, "seed");
  if (config.heads == 0) Malformed("heads");
  if (config.score != AttentionScore::kDot && config.heads != 1) Malformed("heads");
  config.weights =
      ToWeights(o, (config.use_scale ? 1u : 0u) + (config.score == AttentionScore::kConcat ? 1u : 0u));
  return std::make_shared<Attention>(config);
}

size_t NormalizationWeights(const Napi::Object& o) {
  return (GetBool(o, "scale") ? 1u : 0u) + (GetBool(o, "center") ? 1u : 0u);
}

using Maker = std::function<std::shared_ptr<Layer>(const Napi::Object&)>;

const std::map<std::string, Maker>& Makers() {
  static const std::map<std::string, Maker> table = {
      {"embedding",
       [](const Napi::Object& o) {
         return std::make_shared<Embedding>(EmbeddingConfig{GetAxis(o, "inputDim"), GetAxis(o, "outputDim"),
                                                            GetBool(o, "maskZero"), ToWeights(o, 1)[0]});
       }},
      {"simple_rnn", MakeRecurrent<SimpleRnn>},
      {"lstm", MakeRecurrent<Lstm>},
      {"gru", MakeRecurrent<Gru>},
      {"masking",
       [](const Napi::Object& o) {
         return std::make_shared<Masking>(MaskingConfig{GetFloat(o, "maskValue")});
       }},
      {"set_mask", [](const Napi::Object&) { return std::make_shared<SetMask>(SetMaskConfig{}); }},
      {"merge", MakeMerge},
      {"concatenate",
       [](const Napi::Object& o) {
         return std::make_shared<Concatenate>(ConcatenateConfig{GetBool(o, "alongSteps")});
       }},
      {"dot", MakeDot},
      {"attention", MakeAttention},
      {"repeat_vector",
       [](const Napi::Object& o) {
         return std::make_shared<RepeatVector>(RepeatVectorConfig{GetAxis(o, "n")});
       }},
      {"reshape", MakeReshape},
      {"select_steps", MakeSelectSteps},
      {"slice_features",
       [](const Napi::Object& o) {
         return std::make_shared<SliceFeatures>(
             SliceFeaturesConfig{GetAxis(o, "begin"), GetAxis(o, "count"), GetInteger(o, "stride")});
       }},
      {"permute", [](const Napi::Object&) { return std::make_shared<Permute>(PermuteConfig{}); }},
      {"dense",
       [](const Napi::Object& o) { return MakeDense(o, {GetAxis(o, "features")}, {GetAxis(o, "units")}); }},
      {"einsum_dense",
       [](const Napi::Object& o) {
         return MakeDense(o, GetAxes(o, "featureShape"), GetAxes(o, "unitShape"));
       }},
      {"conv1d",
       [](const Napi::Object& o) {
         const bool use_bias = GetBool(o, "useBias");
         const size_t groups = GetAxis(o, "groups");
         if (groups == 0) Malformed("groups");
         return std::make_shared<Conv1d>(Conv1dConfig{GetAxis(o, "features"), GetAxis(o, "filters"), groups,
                                                      ToWindows(o, "kernelSize", GetAxis(o, "dilationRate")),
                                                      GetActivation(o, "activation"), use_bias,
                                                      ToWeights(o, use_bias ? 2 : 1)});
       }},
      {"pool1d",
       [](const Napi::Object& o) {
         return std::make_shared<Pool1d>(Pool1dConfig{ToPool(o), ToWindows(o, "poolSize", 1)});
       }},
      {"global_pool1d",
       [](const Napi::Object& o) {
         return std::make_shared<GlobalPool1d>(GlobalPool1dConfig{ToPool(o), GetBool(o, "keepdims")});
       }},
      {"layer_normalization",
       [](const Napi::Object& o) {
         return std::make_shared<LayerNormalization>(
             LayerNormalizationConfig{GetAxis(o, "features"), GetNumber(o, "epsilon"), GetBool(o, "center"),
                                      GetBool(o, "scale"), ToWeights(o, NormalizationWeights(o))});
       }},
      {"batch_normalization",
       [](const Napi::Object& o) {
         return std::make_shared<BatchNormalization>(BatchNormalizationConfig{
             GetAxis(o, "features"), GetNumber(o, "momentum"), GetNumber(o, "epsilon"), GetBool(o, "center"),
             GetBool(o, "scale"), ToWeights(o, NormalizationWeights(o) + 2)});
       }},
      {"activation",
       [](const Napi::Object& o) {
         return std::make_shared<ActivationLayer>(GetActivation(o, "activation"));
       }},
      {"fold", [](const Napi::Object& o) { return std::make_shared<Fold>(FoldConfig{GetAxis(o, "parts")}); }},
      {"unfold", [](const Napi::Object&) { return std::make_shared<Unfold>(FoldConfig{}); }},
      {"unmask", [](const Napi::Object&) { return std::make_shared<Unmask>(FoldConfig{}); }},
      {"masked_softmax",
       [](const Napi::Object&) { return std::make_shared<MaskedSoftmax>(MaskedSoftmaxConfig{}); }},
      {"rectifier",
       [](const Napi::Object& o) {
         return std::make_shared<RectifierLayer>(Rectifier{GetFloat(o, "maxValue"), GetFloat(o, "slope"),
                                                           GetFloat(o, "threshold"),
                                                           GetFloat(o, "slopeAtThreshold")});
       }},
      {"elu", [](const Napi::Object& o) { return std::make_shared<EluLayer>(Elu{GetFloat(o, "alpha")}); }},
      {"prelu",
       [](const Napi::Object& o) {
         return std::make_shared<Prelu>(PreluConfig{ToStepShape(o), ToWeights(o, 1)[0]});
       }},
      {"unit_normalization",
       [](const Napi::Object&) { return std::make_shared<UnitNormalizationLayer>(UnitNormalization{}); }},
      {"rescaling", MakeRescaling},
      {"normalization", MakeNormalization},
      {"flatten", [](const Napi::Object&) { return std::make_shared<Flatten>(FlattenConfig{}); }},
      {"dropout",
       [](const Napi::Object& o) {
         return std::make_shared<Dropout>(DropoutConfig{GetFloat(o, "rate"), GetSize(o, "seed")});
       }},
      {"spatial_dropout1d",
       [](const Napi::Object& o) {
         return std::make_shared<SpatialDropout1d>(DropoutConfig{GetFloat(o, "rate"), GetSize(o, "seed")});
       }},
      {"gaussian_noise",
       [](const Napi::Object& o) {
         return std::make_shared<GaussianNoise>(
             GaussianNoiseConfig{GetNumber(o, "stddev"), GetBool(o, "multiplies"), GetSize(o, "seed")});
       }},
      {"activity_regularization",
       [](const Napi::Object& o) {
         return std::make_shared<ActivityRegularization>(
             ActivityRegularizationConfig{GetFloat(o, "l1"), GetFloat(o, "l2")});
       }},
  };
  return table;
}

}  // namespace

std::shared_ptr<const NodeCall> ToNodeCall(const Napi::Value& value) {
  if (value.IsNull()) return nullptr;
  const Napi::Object object = ToObject(value, "call");
  if (GetString(object, "kind") != "attention") Malformed("kind");
  auto call = std::make_shared<AttentionCall>();
  call->has_key = GetBool(object, "hasKey");
  call->has_mask = GetBool(object, "hasMask");
  call->causal = GetBool(object, "causal");
  call->gives_scores = GetBool(object, "givesScores");
  return call;
}

std::shared_ptr<Layer> MakeLayer(const Napi::Object& config) {
  return FromName(Makers(), GetString(config, "kind"))(config);
}

}  // namespace ostinato
