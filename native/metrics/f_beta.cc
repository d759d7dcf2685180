// SPDX-License-Identifier: MIT
#include "metrics/f_beta.h"

#include <cmath>

namespace ostinato {
namespace {

class FBeta : public Metric {
 public:
  explicit FBeta(const MetricConfig& config) : config_(config) {}

  size_t state_size(size_t columns) const override { return 4 * columns; }

  void Update(const Rows& rows, WorkerPool*, double* state) const override {
    const size_t n = rows.columns;
    ForEachRow(rows, [&](size_t i) {
      const float *x = rows.prediction(i), *target = rows.target(i);
      const double weight = rows.weight(i);
      float largest = x[0];
      for (size_t j = 1; j < n; ++j) largest = x[j] > largest ? x[j] : largest;
      for (size_t j = 0; j < n; ++j) {
        const bool positive =
            config_.has_threshold ? x[j] > config_.threshold : x[j] >= largest && std::fabs(x[j]) > 1e-9f;
        const double y = target[j];
        state[(positive ? 0 : 2) * n + j] += weight * y;
        if (positive) state[n + j] += weight * (1.0 - y);
        state[3 * n + j] += weight * y;
      }
    });
  }

 private:
  MetricConfig config_;
};

}  // namespace

std::unique_ptr<Metric> MakeFBeta(const MetricConfig& config) { return std::make_unique<FBeta>(config); }

}  // namespace ostinato
