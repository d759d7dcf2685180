// SPDX-License-Identifier: MIT
#include "metrics/make_metric.h"

#include "metrics/class_matrix.h"
#include "metrics/confusion.h"
#include "metrics/f_beta.h"
#include "metrics/loss_mean.h"
#include "metrics/r2.h"
#include "metrics/row_mean.h"

namespace ostinato {

std::unique_ptr<Metric> MakeMetric(const MetricConfig& config) {
  switch (config.kind) {
    case MetricKind::kLoss:
      return MakeLossMean(config);
    case MetricKind::kConfusion:
      return MakeConfusion(config);
    case MetricKind::kFBeta:
      return MakeFBeta(config);
    case MetricKind::kR2:
      return MakeR2(config);
    case MetricKind::kClassMatrix:
      return MakeClassMatrix(config);
    default:
      return MakeRowMean(config);
  }
}

}  // namespace ostinato
