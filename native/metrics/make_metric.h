// SPDX-License-Identifier: MIT
// A metric from its configuration.
#ifndef OSTINATO_METRICS_MAKE_METRIC_H_
#define OSTINATO_METRICS_MAKE_METRIC_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeMetric(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_MAKE_METRIC_H_
