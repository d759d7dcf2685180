// SPDX-License-Identifier: MIT
// Sums behind R2. State: [4, columns]: squares, targets, squared errors, weights; then the number of
// elements.
#ifndef OSTINATO_METRICS_R2_H_
#define OSTINATO_METRICS_R2_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeR2(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_R2_H_
