// SPDX-License-Identifier: MIT
// Losses with their gradients and metrics on rows with strides and an index, as the engine has them, so that
// tests can poison padding and place arrays against guard pages.
#include <napi.h>

#include "losses/make_loss.h"
#include "losses/reduction.h"
#include "metrics/make_metric.h"
#include "napi/arguments.h"
#include "napi/errors.h"
#include "napi/losses.h"
#include "testing/register.h"

namespace ostinato {
namespace {

const float* Floats(const Napi::Object& object, const char* key) {
  const Napi::Value value = GetValue(object, key);
  return value.IsNull() ? nullptr : ToFloats(value, key).Data();
}

Rows RowsOf(const Napi::Object& o) {
  Rows rows;
  rows.predictions = Floats(o, "predictions");
  rows.stride = GetSize(o, "stride");
  rows.count = GetSize(o, "rows");
  rows.columns = GetSize(o, "columns");
  rows.targets = Floats(o, "targets");
  const Napi::Value index = GetValue(o, "index");
  rows.index = index.IsNull() ? nullptr : ToInts(index, "index").Data();
  rows.target_columns = GetSize(o, "targetColumns");
  rows.weights = Floats(o, "weights");
  rows.rows_per_weight = GetSize(o, "rowsPerWeight");
  rows.steps = GetSize(o, "steps");
  return rows;
}

// loss(NativeLoss, { predictions, stride, rows, columns, targets, index, targetColumns, weights,
// rowsPerWeight, steps, gradient })
Napi::Value JsLoss(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const LossConfig config = ToLossConfig(ToObject(info[0], "loss"));
    const Napi::Object o = ToObject(info[1], "arguments");
    const Napi::Value gradient = GetValue(o, "gradient");
    return Napi::Number::New(
        info.Env(), ComputeLoss(*MakeLoss(config), config.reduction, RowsOf(o), nullptr,
                                gradient.IsNull() ? nullptr : ToFloats(gradient, "gradient").Data()));
  });
}

// metric(NativeMetric, the rows of loss, state)
void JsMetric(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const MetricConfig config = ToMetricConfig(ToObject(info[0], "metric"));
    MakeMetric(config)->Update(RowsOf(ToObject(info[1], "arguments")), nullptr,
                               ToDoubles(info[2], "state").Data());
  });
}

}  // namespace

void RegisterLosses(Napi::Env env, Napi::Object exports) {
  exports.Set("loss", Napi::Function::New<JsLoss>(env, "loss"));
  exports.Set("metric", Napi::Function::New<JsMetric>(env, "metric"));
}

}  // namespace ostinato
