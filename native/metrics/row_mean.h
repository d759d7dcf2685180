// SPDX-License-Identifier: MIT
// Metrics that are a mean over rows: accuracies, similarities, plain means and sums. State: total, weight.
#ifndef OSTINATO_METRICS_ROW_MEAN_H_
#define OSTINATO_METRICS_ROW_MEAN_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeRowMean(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_ROW_MEAN_H_
