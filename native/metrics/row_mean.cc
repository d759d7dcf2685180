// SPDX-License-Identifier: MIT
#include "metrics/row_mean.h"

#include <cmath>

#include "losses/cosine_similarity.h"

namespace ostinato {
namespace {

// A metric whose rows have a value each, given by Value::operator()(output, target, columns).
template <class Value>
class RowMean : public Metric {
 public:
  RowMean(Value value, bool is_sum) : value_(value), is_sum_(is_sum) {}

  size_t state_size(size_t) const override { return is_sum_ ? 1 : 2; }

  void Update(const Rows& rows, WorkerPool* pool, double* state) const override {
    const RowChunks chunks(rows);
    double totals[kMaxRowChunks] = {}, weights[kMaxRowChunks] = {};
    ForRowChunks(chunks, pool, [&](size_t chunk, size_t begin, size_t end) {
      double total = totals[chunk], weight = weights[chunk];
      for (size_t i = begin; i < end; ++i) {
        const double w = rows.weight(i);
        total += w * value_(rows.prediction(i), rows.targets ? rows.target(i) : nullptr, rows.columns);
        weight += w;
      }
      totals[chunk] = total;
      weights[chunk] = weight;
    });
    double total = 0.0, weight = 0.0;
    for (size_t chunk = 0; chunk < chunks.count; ++chunk) {
      total += totals[chunk];
      weight += weights[chunk];
    }
    if (is_sum_) {
      state[0] += total;
      return;
    }
    // Keras takes the mean of each sample over its timesteps first.
    const double steps = static_cast<double>(rows.steps);
    state[0] += total / steps;
    state[1] += weight / steps;
  }

 private:
  Value value_;
  bool is_sum_;
};

template <class Value>
std::unique_ptr<Metric> Make(Value value, bool is_sum = false) {
  return std::make_unique<RowMean<Value>>(value, is_sum);
}

// The first largest element, as argmax has it.
size_t Largest(const float* x, size_t n) {
  size_t best = 0;
  for (size_t j = 1; j < n; ++j)
    if (x[j] > x[best]) best = j;
  return best;
}

template <class Hit>
double Share(size_t n, Hit hit) {
  size_t hits = 0;
  for (size_t j = 0; j < n; ++j) hits += hit(j);
  return static_cast<double>(hits) / static_cast<double>(n);
}

// Whether fewer than k outputs are larger than that of `label`. NaN is no large output.
bool InTopK(const float* x, size_t n, size_t label, size_t k) {
  if (label >= n) return false;
  const float own = x[label] != x[label] ? -INFINITY : x[label];
  size_t larger = 0;
  for (size_t j = 0; j < n; ++j) larger += x[j] > own;
  return larger < k;
}

// Means and sums of squares about the mean, and of products about both.
struct Moments {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  Moments(const float* a, const float* b, size_t count) {
    const double n = static_cast<double>(count);
    for (size_t j = 0; j < count; ++j) {
      x += a[j] / n;
      y += b[j] / n;
    }
    for (size_t j = 0; j < count; ++j) {
      xx += (a[j] - x) * (a[j] - x) / n;
      yy += (b[j] - y) * (b[j] - y) / n;
      xy += (a[j] - x) * (b[j] - y) / n;
    }
  }
};

}  // namespace

std::unique_ptr<Metric> MakeRowMean(const MetricConfig& config) {
  switch (config.kind) {
    case MetricKind::kBinaryAccuracy: {
      const float threshold = config.threshold;
      return Make([threshold](const float* x, const float* y, size_t n) {
        return Share(n, [&](size_t j) { return (x[j] > threshold ? 1.0f : 0.0f) == y[j]; });
      });
    }
    case MetricKind::kCategoricalAccuracy:
      return Make([](const float* x, const float* y, size_t n) {
        return Largest(x, n) == Largest(y, n) ? 1.0 : 0.0;
      });
    case MetricKind::kSparseCategoricalAccuracy:
      return Make([](const float* x, const float* y, size_t n) {
        return Largest(x, n) == static_cast<size_t>(y[0]) ? 1.0 : 0.0;
      });
    case MetricKind::kTopKCategoricalAccuracy: {
      const size_t k = config.k;
      return Make([k](const float* x, const float* y, size_t n) {
        return InTopK(x, n, Largest(y, n), k) ? 1.0 : 0.0;
      });
    }
    case MetricKind::kSparseTopKCategoricalAccuracy: {
      const size_t k = config.k;
      if (config.sorted_ids)
        return Make([k](const float* x, const float* y, size_t n) {
          bool found = false;
          for (size_t j = 0; j < n && j < k; ++j) found = found || x[j] == y[0];
          return found ? 1.0 : 0.0;
        });
      return Make([k](const float* x, const float* y, size_t n) {
        return InTopK(x, n, static_cast<size_t>(y[0]), k) ? 1.0 : 0.0;
      });
    }
    case MetricKind::kCosineSimilarity:
      return Make([](const float* x, const float* y, size_t n) { return Cosine(x, y, n); });
    case MetricKind::kPearsonCorrelation:
      return Make([](const float* x, const float* y, size_t n) {
        const Moments m(x, y, n);
        return m.xy / std::sqrt(m.xx * m.yy);
      });
    case MetricKind::kConcordanceCorrelation:
      return Make([](const float* x, const float* y, size_t n) {
        const Moments m(x, y, n);
        // Keras multiplies deviations of both from the mean of the outputs.
        double shared = 0.0;
        for (size_t j = 0; j < n; ++j) shared += (y[j] - m.x) * (x[j] - m.x) / static_cast<double>(n);
        return 2.0 * shared / (m.xx + m.yy + (m.x - m.y) * (m.x - m.y) + kEpsilon);
      });
    case MetricKind::kMean:
    case MetricKind::kSum: {
      const bool is_sum = config.kind == MetricKind::kSum;
      return Make(
          [is_sum](const float* x, const float*, size_t n) {
            double sum = 0.0;
            for (size_t j = 0; j < n; ++j) sum += x[j];
            return is_sum ? sum : sum / static_cast<double>(n);
          },
          is_sum);
    }
    default:
      return Make([](const float* x, const float* y, size_t n) {
        return Share(n, [&](size_t j) { return x[j] == y[j]; });
      });
  }
}

}  // namespace ostinato
