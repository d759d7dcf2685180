// SPDX-License-Identifier: MIT
// The contract of a metric: a state of doubles that is zero at first and grows batch by batch. What the state
// means is for lib/metrics to say, which computes the result from it.
#ifndef OSTINATO_METRICS_METRIC_H_
#define OSTINATO_METRICS_METRIC_H_

#include <cstddef>
#include <vector>

#include "losses/loss.h"
#include "losses/rows.h"

namespace ostinato {

enum class MetricKind : int32_t {
  kLoss,
  kAccuracy,
  kBinaryAccuracy,
  kCategoricalAccuracy,
  kSparseCategoricalAccuracy,
  kTopKCategoricalAccuracy,
  kSparseTopKCategoricalAccuracy,
  kCosineSimilarity,
  kPearsonCorrelation,
  kConcordanceCorrelation,
  kMean,
  kSum,
  kConfusion,
  kFBeta,
  kR2,
  kClassMatrix,
};

// Every field resolved; a metric reads those that it has.
struct MetricConfig {
  MetricKind kind = MetricKind::kAccuracy;
  bool weighted = false;  // whether it looks at the weights of a data set
  LossConfig loss;
  float threshold = 0;
  bool has_threshold = false;
  size_t k = 0;             // top k; 0 for all
  bool sorted_ids = false;  // predictions are ids, best first
  // Confusion.
  std::vector<float> thresholds;  // ascending
  bool even = false;              // thresholds divide [0, 1] evenly: a bucket is computed, not searched
  bool below_first = false;       // even: the first threshold lies below 0
  bool from_logits = false, by_column = false;
  int32_t column = -1;                // the only one that counts, or -1
  std::vector<double> label_weights;  // of columns, or empty
  // Class matrix.
  size_t classes = 0;
  int32_t ignore_class = -1;
  bool sparse_targets = false, sparse_predictions = false;
};

// Whether a metric takes class ids as targets; else they have the outputs' columns.
inline bool TakesIds(const MetricConfig& config) {
  switch (config.kind) {
    case MetricKind::kLoss:
      return TakesIds(config.loss.kind);
    case MetricKind::kSparseCategoricalAccuracy:
    case MetricKind::kSparseTopKCategoricalAccuracy:
      return true;
    case MetricKind::kClassMatrix:
      return config.sparse_targets && !config.sparse_predictions;
    default:
      return false;
  }
}

class Metric {
 public:
  virtual ~Metric() = default;
  // Throws Error where outputs of so many columns do not fit the settings.
  virtual size_t state_size(size_t columns) const = 0;
  virtual void Update(const Rows& rows, WorkerPool* pool, double* state) const = 0;
  // Whether a batch may be added part by part.
  virtual bool is_additive() const { return true; }
};

}  // namespace ostinato

#endif  // OSTINATO_METRICS_METRIC_H_
