// SPDX-License-Identifier: MIT
#include "napi/losses.h"

#include "losses/make_loss.h"
#include "losses/reduction.h"
#include "metrics/make_metric.h"
#include "napi/arguments.h"
#include "napi/errors.h"

namespace ostinato {
namespace {

const std::map<std::string, LossKind>& LossKinds() {
  static const std::map<std::string, LossKind> table = {
      {"binary_crossentropy", LossKind::kBinaryCrossentropy},
      {"categorical_crossentropy", LossKind::kCategoricalCrossentropy},
      {"sparse_categorical_crossentropy", LossKind::kSparseCategoricalCrossentropy},
      {"binary_focal_crossentropy", LossKind::kBinaryFocalCrossentropy},
      {"categorical_focal_crossentropy", LossKind::kCategoricalFocalCrossentropy},
      {"mean_squared_error", LossKind::kMeanSquaredError},
      {"mean_absolute_error", LossKind::kMeanAbsoluteError},
      {"mean_absolute_percentage_error", LossKind::kMeanAbsolutePercentageError},
      {"mean_squared_logarithmic_error", LossKind::kMeanSquaredLogarithmicError},
      {"huber", LossKind::kHuber},
      {"log_cosh", LossKind::kLogCosh},
      {"cosine_similarity", LossKind::kCosineSimilarity},
      {"hinge", LossKind::kHinge},
      {"squared_hinge", LossKind::kSquaredHinge},
      {"categorical_hinge", LossKind::kCategoricalHinge},
      {"kl_divergence", LossKind::kKlDivergence},
      {"poisson", LossKind::kPoisson},
      {"dice", LossKind::kDice},
      {"tversky", LossKind::kTversky},
  };
  return table;
}

const std::map<std::string, MetricKind>& MetricKinds() {
  static const std::map<std::string, MetricKind> table = {
      {"loss", MetricKind::kLoss},
      {"accuracy", MetricKind::kAccuracy},
      {"binary_accuracy", MetricKind::kBinaryAccuracy},
      {"categorical_accuracy", MetricKind::kCategoricalAccuracy},
      {"sparse_categorical_accuracy", MetricKind::kSparseCategoricalAccuracy},
      {"top_k_categorical_accuracy", MetricKind::kTopKCategoricalAccuracy},
      {"sparse_top_k_categorical_accuracy", MetricKind::kSparseTopKCategoricalAccuracy},
      {"cosine_similarity", MetricKind::kCosineSimilarity},
      {"pearson_correlation", MetricKind::kPearsonCorrelation},
      {"concordance_correlation", MetricKind::kConcordanceCorrelation},
      {"mean", MetricKind::kMean},
      {"sum", MetricKind::kSum},
      {"confusion", MetricKind::kConfusion},
      {"f_beta", MetricKind::kFBeta},
      {"r2", MetricKind::kR2},
      {"class_matrix", MetricKind::kClassMatrix},
  };
  return table;
}

// An id of a class, or -1 for null.
int32_t ToClass(const Napi::Value& value, const char* what) {
  if (!value.IsNull() && !value.IsNumber()) Malformed(what);
  return value.IsNull() ? -1 : value.As<Napi::Number>().Int32Value();
}

void ReadConfusion(const Napi::Object& object, MetricConfig* config) {
  const Napi::Float32Array thresholds = ToFloats(GetValue(object, "thresholds"), "thresholds");
  config->thresholds.assign(thresholds.Data(), thresholds.Data() + thresholds.ElementLength());
  if (config->thresholds.empty()) Malformed("thresholds");
  config->even = GetBool(object, "even");
  config->below_first = GetBool(object, "belowFirst");
  config->from_logits = GetBool(object, "fromLogits");
  config->by_column = GetBool(object, "byColumn");
  config->column = ToClass(GetValue(object, "column"), "column");
  config->k = GetSize(object, "topK");
  const Napi::Float64Array weights = ToDoubles(GetValue(object, "labelWeights"), "labelWeights");
  config->label_weights.assign(weights.Data(), weights.Data() + weights.ElementLength());
}

void ReadClassMatrix(const Napi::Object& object, MetricConfig* config) {
  config->classes = GetAxis(object, "classes");
  config->ignore_class = ToClass(GetValue(object, "ignoreClass"), "ignoreClass");
  config->sparse_targets = GetBool(object, "sparseTargets");
  config->sparse_predictions = GetBool(object, "sparsePredictions");
}

void ReadThreshold(const Napi::Object& object, MetricConfig* config) {
  config->has_threshold = !GetValue(object, "threshold").IsNull();
  if (config->has_threshold) config->threshold = GetFloat(object, "threshold");
}

// Rows without padding: NativeRows of lib/native/binding.ts.
Rows ToRows(const Napi::Value& value) {
  const Napi::Object object = ToObject(value, "rows");
  Rows rows;
  rows.count = GetSize(object, "rows");
  rows.columns = rows.stride = GetAxis(object, "columns");
  rows.steps = GetAxis(object, "steps");
  rows.rows_per_weight = GetAxis(object, "rowsPerWeight");
  rows.target_columns = GetAxis(object, "targetColumns");
  if (rows.columns == 0 || rows.steps == 0 || rows.rows_per_weight == 0) Malformed("rows");
  const auto floats = [&](const char* key, size_t size) -> const float* {
    const Napi::Value given = GetValue(object, key);
    if (given.IsNull()) return nullptr;
    const Napi::Float32Array array = ToFloats(given, key);
    if (array.ElementLength() != size) Malformed(key);
    return array.Data();
  };
  rows.predictions = floats("predictions", Product(rows.count, rows.columns, "columns"));
  rows.targets = floats("targets", Product(rows.count, rows.target_columns, "targetColumns"));
  rows.weights = floats("weights", rows.count / rows.rows_per_weight);
  if (!rows.predictions) Malformed("predictions");
  return rows;
}

}  // namespace

LossConfig ToLossConfig(const Napi::Object& object) {
  static const std::map<std::string, Reduction> reductions = {
      {"sum_over_batch_size", Reduction::kSumOverBatchSize},
      {"sum", Reduction::kSum},
      {"mean_with_sample_weight", Reduction::kMeanWithSampleWeight},
      {"none", Reduction::kNone}};
  LossConfig config;
  config.kind = FromName(LossKinds(), GetString(object, "kind"));
  config.reduction = FromName(reductions, GetString(object, "reduction"));
  switch (config.kind) {
    case LossKind::kBinaryFocalCrossentropy:
      config.class_balancing = GetBool(object, "applyClassBalancing");
      [[fallthrough]];
    case LossKind::kCategoricalFocalCrossentropy:
      config.alpha = GetNumber(object, "alpha");
      config.gamma = GetNumber(object, "gamma");
      [[fallthrough]];
    case LossKind::kBinaryCrossentropy:
    case LossKind::kCategoricalCrossentropy:
      config.from_logits = GetBool(object, "fromLogits");
      config.label_smoothing = GetNumber(object, "labelSmoothing");
      break;
    case LossKind::kSparseCategoricalCrossentropy:
      config.from_logits = GetBool(object, "fromLogits");
      config.ignores = !GetValue(object, "ignoreClass").IsNull();
      if (config.ignores) config.ignore_class = GetFloat(object, "ignoreClass");
      break;
    case LossKind::kHuber:
      config.delta = GetNumber(object, "delta");
      break;
    case LossKind::kTversky:
      config.alpha = GetNumber(object, "alpha");
      config.beta = GetNumber(object, "beta");
      [[fallthrough]];
    case LossKind::kDice:
      config.by_row = GetBool(object, "byRow");
      break;
    default:
      break;
  }
  return config;
}

MetricConfig ToMetricConfig(const Napi::Object& object) {
  MetricConfig config;
  config.kind = FromName(MetricKinds(), GetString(object, "kind"));
  switch (config.kind) {
    case MetricKind::kLoss:
      config.loss = ToLossConfig(ToObject(GetValue(object, "loss"), "loss"));
      break;
    case MetricKind::kBinaryAccuracy:
      config.threshold = GetFloat(object, "threshold");
      break;
    case MetricKind::kSparseTopKCategoricalAccuracy:
      config.sorted_ids = GetBool(object, "fromSortedIds");
      [[fallthrough]];
    case MetricKind::kTopKCategoricalAccuracy:
      config.k = GetSize(object, "k");
      break;
    case MetricKind::kConfusion:
      ReadConfusion(object, &config);
      break;
    case MetricKind::kFBeta:
      ReadThreshold(object, &config);
      break;
    case MetricKind::kClassMatrix:
      ReadThreshold(object, &config);
      ReadClassMatrix(object, &config);
      break;
    default:
      break;
  }
  return config;
}

Napi::Value JsComputeLoss(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const LossConfig config = ToLossConfig(ToObject(info[0], "loss"));
    const Rows rows = ToRows(info[1]);
    if (!rows.targets || rows.target_columns != (TakesIds(config.kind) ? 1 : rows.columns))
      Malformed("targets");
    const std::unique_ptr<Loss> loss = MakeLoss(config);
    if (config.reduction != Reduction::kNone)
      return Napi::Number::New(info.Env(), ComputeLoss(*loss, config.reduction, rows, nullptr, nullptr));
    Napi::Float32Array values = ToFloats(info[2], "values");
    if (values.ElementLength() != rows.count) Malformed("values");
    RowLosses(*loss, rows, nullptr, values.Data());
    return Napi::Number::New(info.Env(), 0);
  });
}

void JsUpdateMetric(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const MetricConfig config = ToMetricConfig(ToObject(info[0], "metric"));
    const Rows rows = ToRows(info[1]);
    const bool plain = config.kind == MetricKind::kMean || config.kind == MetricKind::kSum;
    const size_t wanted = TakesIds(config) ? 1 : rows.columns;
    if (!plain && (!rows.targets || rows.target_columns != wanted)) Malformed("targets");
    const std::unique_ptr<Metric> metric = MakeMetric(config);
    Napi::Float64Array state = ToDoubles(info[2], "state");
    if (state.ElementLength() != metric->state_size(rows.columns)) Malformed("state");
    metric->Update(rows, nullptr, state.Data());
  });
}

}  // namespace ostinato
