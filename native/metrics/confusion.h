// SPDX-License-Identifier: MIT
// What all of Keras' confusion metrics are made of: how many outputs lie between two thresholds.
// State, for each group of columns: the weights of true labels, then of false ones, by the number of
// thresholds (0 to all) that lie below the output.
#ifndef OSTINATO_METRICS_CONFUSION_H_
#define OSTINATO_METRICS_CONFUSION_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeConfusion(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_CONFUSION_H_
