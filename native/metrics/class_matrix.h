// SPDX-License-Identifier: MIT
// Confusion matrix of classes, behind intersection over union. State: [classes, classes], targets first.
#ifndef OSTINATO_METRICS_CLASS_MATRIX_H_
#define OSTINATO_METRICS_CLASS_MATRIX_H_

#include <memory>

#include "metrics/metric.h"

namespace ostinato {

std::unique_ptr<Metric> MakeClassMatrix(const MetricConfig& config);

}  // namespace ostinato

#endif  // OSTINATO_METRICS_CLASS_MATRIX_H_
