// SPDX-License-Identifier: MIT
// Any loss as a metric: its mean over rows, without penalties. State: total, weight.
#ifndef OSTINATO_METRICS_LOSS_MEAN_H_
#define OSTINATO_METRICS_LOSS_MEAN_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeLossMean(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_LOSS_MEAN_H_
