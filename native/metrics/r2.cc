// SPDX-License-Identifier: MIT
#include "metrics/r2.h"

namespace ostinato {
namespace {

class R2 : public Metric {
 public:
  size_t state_size(size_t columns) const override { return 4 * columns + 1; }

  void Update(const Rows& rows, WorkerPool*, double* state) const override {
    const size_t n = rows.columns;
    ForEachRow(rows, [&](size_t i) {
      const float *x = rows.prediction(i), *target = rows.target(i);
      const double weight = rows.weight(i);
      for (size_t j = 0; j < n; ++j) {
        const double y = target[j], error = y - x[j];
        state[j] += weight * y * y;
        state[n + j] += weight * y;
        state[2 * n + j] += weight * error * error;
        state[3 * n + j] += weight;
      }
    });
    state[4 * n] += static_cast<double>(rows.count * n);
  }
};

}  // namespace

std::unique_ptr<Metric> MakeR2(const MetricConfig&) { return std::make_unique<R2>(); }

}  // namespace ostinato
