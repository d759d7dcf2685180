// SPDX-License-Identifier: MIT
#include "metrics/confusion.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace ostinato {
namespace {

class Confusion : public Metric {
 public:
  explicit Confusion(const MetricConfig& config) : config_(config) {}

  size_t state_size(size_t columns) const override {
    const size_t labels = config_.label_weights.size();
    if ((config_.column >= 0 && static_cast<size_t>(config_.column) >= columns) ||
        (labels > 0 && labels != columns))
      throw Error(ErrorCode::kInternal, "native metric: the outputs have the wrong columns");
    return 2 * Buckets() * (config_.by_column && config_.column < 0 ? columns : 1);
  }

  // One thread: a row costs less than a step of the hot loop of any layer, and buckets are few and shared.
  void Update(const Rows& rows, WorkerPool*, double* state) const override {
    const size_t first = config_.column < 0 ? 0 : static_cast<size_t>(config_.column);
    const size_t end = config_.column < 0 ? rows.columns : first + 1;
    std::vector<float> sorted;
    std::vector<char> is_top;
    ForEachRow(rows, [&](size_t i) {
      const float *x = rows.prediction(i), *y = rows.target(i);
      const double weight = rows.weight(i);
      if (config_.k > 0) MarkTop(x, rows.columns, &sorted, &is_top);
      for (size_t j = first; j < end; ++j) {
        const double w = config_.label_weights.empty() ? weight : weight * config_.label_weights[j];
        const float p = config_.k > 0 && !is_top[j] ? kFarBelow : x[j];
        double* counts = config_.by_column ? state + 2 * Buckets() * (j - first) : state;
        counts[(y[j] != 0.0f ? 0 : Buckets()) + Bucket(p)] += w;
      }
    });
  }

 private:
  static constexpr float kFarBelow = -1e10f;  // what Keras puts in place of outputs that are not at the top

  size_t Buckets() const { return config_.thresholds.size() + 1; }

  // Number of thresholds below an output, compared in float32 as Keras does. NaN lies above none.
  size_t Bucket(float x) const {
    float p = x;
    if (config_.from_logits) p = static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(x))));
    if (p != p) return 0;
    if (!config_.even) {
      const auto& t = config_.thresholds;
      return static_cast<size_t>(std::lower_bound(t.begin(), t.end(), p) - t.begin());
    }
    const float clipped = p < 0.0f ? 0.0f : (p > 1.0f ? 1.0f : p);
    const float last = static_cast<float>(config_.thresholds.size()) - 1.0f;
    const float above = std::ceil(clipped * last);
    return static_cast<size_t>(config_.below_first && above < 1.0f ? 1.0f : above);
  }

  // The k largest columns; of equal ones the first.
  void MarkTop(const float* x, size_t columns, std::vector<float>* sorted, std::vector<char>* is_top) const {
    const size_t k = std::min(config_.k, columns);
    sorted->assign(x, x + columns);
    std::nth_element(sorted->begin(), sorted->begin() + static_cast<std::ptrdiff_t>(k - 1), sorted->end(),
                     [](float a, float b) { return a > b; });
    const float last = (*sorted)[k - 1];
    size_t ties = k;
    for (size_t j = 0; j < columns; ++j) ties -= x[j] > last;
    is_top->assign(columns, 0);
    for (size_t j = 0; j < columns; ++j) {
      const bool tie = x[j] == last && ties > 0;
      if (tie) --ties;
      (*is_top)[j] = tie || x[j] > last;
    }
  }

  MetricConfig config_;
};

}  // namespace

std::unique_ptr<Metric> MakeConfusion(const MetricConfig& config) {
  return std::make_unique<Confusion>(config);
}

}  // namespace ostinato
