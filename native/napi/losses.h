// SPDX-License-Identifier: MIT
// Losses and metrics of lib/native/binding.ts: their configurations as C++ structs, and both by themselves,
// without a model.
#ifndef OSTINATO_NAPI_LOSSES_H_
#define OSTINATO_NAPI_LOSSES_H_

#include <napi.h>

#include "losses/loss.h"
#include "metrics/metric.h"

namespace ostinato {

LossConfig ToLossConfig(const Napi::Object& object);
MetricConfig ToMetricConfig(const Napi::Object& object);

// computeLoss(loss, rows, values)
Napi::Value JsComputeLoss(const Napi::CallbackInfo& info);
// updateMetric(metric, rows, state)
void JsUpdateMetric(const Napi::CallbackInfo& info);
// ctcDecode(spec, done)
void JsCtcDecode(const Napi::CallbackInfo& info);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_LOSSES_H_
