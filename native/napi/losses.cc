// SPDX-License-Identifier: MIT
#include "napi/losses.h"

#include "losses/ctc_decode.h"
#include "losses/make_loss.h"
#include "losses/reduction.h"
#include "metrics/make_metric.h"
#include "napi/arguments.h"
#include "napi/environment.h"
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
      {"ctc", LossKind::kCtc},
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

// Rows without padding: NativeRows of lib/native/binding.ts. Targets are for each row, or for each sample.
Rows ToRows(const Napi::Value& value, bool of_samples = false) {
  const Napi::Object object = ToObject(value, "rows");
  Rows rows;
  rows.count = GetSize(object, "rows");
  rows.columns = rows.stride = GetAxis(object, "columns");
  rows.steps = GetAxis(object, "steps");
  rows.rows_per_weight = GetAxis(object, "rowsPerWeight");
  rows.target_columns = GetAxis(object, "targetColumns");
  if (rows.columns == 0 || rows.steps == 0 || rows.rows_per_weight == 0 || rows.count % rows.steps != 0)
    Malformed("rows");
  const auto floats = [&](const char* key, size_t size) -> const float* {
    const Napi::Value given = GetValue(object, key);
    if (given.IsNull()) return nullptr;
    const Napi::Float32Array array = ToFloats(given, key);
    if (array.ElementLength() != size) Malformed(key);
    return array.Data();
  };
  rows.predictions = floats("predictions", Product(rows.count, rows.columns, "columns"));
  rows.targets = floats("targets", Product(of_samples ? rows.count / rows.steps : rows.count,
                                           rows.target_columns, "targetColumns"));
  rows.weights = floats("weights", rows.count / rows.rows_per_weight);
  if (!rows.predictions) Malformed("predictions");
  return rows;
}

void ReadFocal(const Napi::Object& object, LossConfig* config) {
  config->gamma = GetNumber(object, "gamma");
  if (config->kind == LossKind::kBinaryFocalCrossentropy) {
    config->alpha = GetNumber(object, "alpha");
    config->class_balancing = GetBool(object, "applyClassBalancing");
    return;
  }
  const Napi::Float64Array alphas = ToDoubles(GetValue(object, "alpha"), "alpha");
  config->alphas.assign(alphas.Data(), alphas.Data() + alphas.ElementLength());
  if (config->alphas.empty()) Malformed("alpha");
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
    case LossKind::kCategoricalFocalCrossentropy:
      ReadFocal(object, &config);
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
    const bool of_samples = TakesLabels(config.kind);
    const Rows rows = ToRows(info[1], of_samples);
    const size_t wanted = TakesIds(config.kind) ? 1 : rows.columns;
    if (!rows.targets || (!of_samples && rows.target_columns != wanted)) Malformed("targets");
    if (!FitsColumns(config, rows.columns)) Malformed("alpha");
    const std::unique_ptr<Loss> loss = MakeLoss(config);
    if (config.reduction != Reduction::kNone)
      return Napi::Number::New(info.Env(), ComputeLoss(*loss, config.reduction, rows, nullptr, nullptr));
    Napi::Float32Array values = ToFloats(info[2], "values");
    if (values.ElementLength() != (of_samples ? rows.count / rows.steps : rows.count)) Malformed("values");
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

void JsCtcDecode(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    // All that the job needs while JavaScript goes on.
    struct State {
      CtcDecoding decoding = {};
      std::vector<float> logits;
      std::vector<int32_t> lengths;
      size_t rows_done = 0;
      const char* code = nullptr;
      Napi::Reference<Napi::Int32Array> paths;
      Napi::Reference<Napi::Float32Array> scores;
      Napi::FunctionReference done;
    };
    auto state = std::make_shared<State>();
    const Napi::Object spec = ToObject(info[0], "spec");
    if (!info[1].IsFunction()) Malformed("done");
    CtcDecoding& d = state->decoding;
    d.rows = GetAxis(spec, "rows");
    d.steps = GetAxis(spec, "steps");
    d.columns = GetAxis(spec, "columns");
    d.blank = GetSize(spec, "blank");
    d.beam_width = GetAxis(spec, "beamWidth");
    d.top_paths = GetAxis(spec, "topPaths");
    d.merge_repeated = GetBool(spec, "mergeRepeated");
    if (d.blank >= d.columns || d.top_paths == 0 || (d.beam_width == 0 && d.top_paths != 1))
      Malformed("ctcDecode");
    const Napi::Float32Array logits = ToFloats(GetValue(spec, "logits"), "logits");
    const Napi::Int32Array lengths = ToInts(GetValue(spec, "lengths"), "lengths");
    Napi::Int32Array paths = ToInts(GetValue(spec, "paths"), "paths");
    Napi::Float32Array scores = ToFloats(GetValue(spec, "scores"), "scores");
    const size_t positions = Product(d.rows, d.steps, "rows");
    if (logits.ElementLength() != Product(positions, d.columns, "columns")) Malformed("logits");
    if (lengths.ElementLength() != d.rows) Malformed("lengths");
    if (paths.ElementLength() != Product(positions, d.top_paths, "topPaths")) Malformed("paths");
    if (scores.ElementLength() != Product(d.rows, d.top_paths, "topPaths")) Malformed("scores");
    state->logits.assign(logits.Data(), logits.Data() + logits.ElementLength());
    state->lengths.assign(lengths.Data(), lengths.Data() + d.rows);
    for (const int32_t length : state->lengths)
      if (length < 0 || static_cast<size_t>(length) > d.steps) Malformed("lengths");
    d.logits = state->logits.data();
    d.lengths = state->lengths.data();
    d.paths = paths.Data();
    d.scores = scores.Data();
    state->paths = Napi::Persistent(paths);
    state->scores = Napi::Persistent(scores);
    state->done = Napi::Persistent(info[1].As<Napi::Function>());

    auto job = std::make_unique<Job>();
    job->strand = std::make_shared<Strand>();
    job->compute = [state] {
      try {
        state->rows_done = DecodeCtc(state->decoding, WorkerPool::Instance());
      } catch (const Cancelled&) {
        // Only where the environment ends: nobody hears of it.
      } catch (const std::bad_alloc&) {
        state->code = "ERR_OUT_OF_MEMORY";
      }
    };
    job->deliver = [state](Napi::Env env) {
      const Napi::Value code = state->code ? Napi::Value(Napi::String::New(env, state->code)) : env.Null();
      const char* message =
          state->code ? "ctcDecode: expected enough memory for the paths, received none. Lower beamWidth."
                      : "";
      state->done.Call({code, Napi::String::New(env, message),
                        Napi::Number::New(env, static_cast<double>(state->rows_done)),
                        Napi::Number::New(env, 0)});
    };
    Environment::Of(info.Env()).Start(std::move(job));
  });
}

}  // namespace ostinato
