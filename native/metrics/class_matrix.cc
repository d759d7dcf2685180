// SPDX-License-Identifier: MIT
#include "metrics/class_matrix.h"

namespace ostinato {
namespace {

class ClassMatrix : public Metric {
 public:
  explicit ClassMatrix(const MetricConfig& config) : config_(config) {}

  size_t state_size(size_t) const override { return config_.classes * config_.classes; }

  void Update(const Rows& rows, WorkerPool*, double* state) const override {
    ForEachRow(rows, [&](size_t i) {
      const float *x = rows.prediction(i), *y = rows.target(i);
      const double weight = rows.weight(i);
      // Ids lie side by side; one-hot targets and scores make one class of a row.
      const bool by_row = !config_.sparse_predictions || !config_.sparse_targets;
      const size_t each = by_row ? 1 : rows.columns;
      for (size_t j = 0; j < each; ++j) {
        const int64_t target = config_.sparse_targets ? ToId(y[j]) : Largest(y, rows.target_columns);
        const int64_t output = config_.has_threshold        ? (x[j] >= config_.threshold ? 1 : 0)
                               : config_.sparse_predictions ? ToId(x[j])
                                                            : Largest(x, rows.columns);
        if (!IsClass(target) || !IsClass(output) || target == config_.ignore_class) continue;
        state[static_cast<size_t>(target) * config_.classes + static_cast<size_t>(output)] += weight;
      }
    });
  }

 private:
  // Towards zero, as Keras casts; what is no 32-bit number is no class.
  static int64_t ToId(float x) {
    return x > -2147483648.0f && x < 2147483648.0f ? static_cast<int64_t>(x) : -1;
  }
  static int64_t Largest(const float* x, size_t n) {
    size_t best = 0;
    for (size_t j = 1; j < n; ++j)
      if (x[j] > x[best]) best = j;
    return static_cast<int64_t>(best);
  }
  bool IsClass(int64_t id) const { return id >= 0 && id < static_cast<int64_t>(config_.classes); }

  MetricConfig config_;
};

}  // namespace

std::unique_ptr<Metric> MakeClassMatrix(const MetricConfig& config) {
  return std::make_unique<ClassMatrix>(config);
}

}  // namespace ostinato
