// SPDX-License-Identifier: MIT
// Sums behind F-scores. State: [4, columns]: true and false positives, false negatives, true labels.
#ifndef OSTINATO_METRICS_F_BETA_H_
#define OSTINATO_METRICS_F_BETA_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeFBeta(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_F_BETA_H_
