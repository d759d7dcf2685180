// SPDX-License-Identifier: MIT
// What is done with one output of a model: its loss and the gradient of that, its metrics, or writing it out.
#ifndef OSTINATO_MODEL_HEAD_H_
#define OSTINATO_MODEL_HEAD_H_

#include <memory>
#include <vector>

#include "layers/expand.h"
#include "losses/loss.h"
#include "losses/reduction.h"
#include "metrics/metric.h"
#include "model/dataset.h"
#include "plan/plan.h"

namespace ostinato {

struct HeadConfig {
  bool has_loss = true;  // else the output is for predict alone
  LossConfig loss;
  double weight = 1.0;  // of the loss in the total
  std::vector<MetricConfig> metrics;
};

class Head {
 public:
  // `node` gives the output and may give its logits to the loss: `fuses` says for which last activation it
  // can, where nobody else reads the output.
  Head(const ValueShape& shape, Node* node, Arena* arena);

  // Throws where the settings do not fit the output. The state of the metrics begins at `first` in the
  // totals.
  template <class CanFuse>
  void Compile(const HeadConfig& config, size_t first, CanFuse&& can_fuse) {
    const bool fuses = config.has_loss && !config.loss.from_logits && IsCrossentropy(config.loss.kind) &&
                       can_fuse(LastActivation(config.loss.kind));
    CompileLoss(config, first, fuses);
  }
  bool has_loss() const { return config_.has_loss; }
  // Size of the states of all metrics.
  size_t state_size() const { return state_size_; }

  // Throws where targets or weights do not fit outputs of `rows` rows per sample.
  void Check(const Targets& targets, size_t rows) const;

  // The batch at hand.
  void Prepare(const Tensor& output, const Targets& targets, BatchContext& batch);
  // The loss, times nothing; where `gradient`, also its gradient times `scale` and the head's weight.
  double Loss(BatchContext& batch, bool gradient, double scale);
  double weight() const { return config_.weight; }
  // That of the whole output, after Loss.
  Gradient OutputGradient();
  // Whether loss and metrics of a batch can be summed over its parts.
  bool is_additive() const { return is_additive_; }
  // The loss of a batch part by part: adds one, the first where `begins`; LossOfParts is that of all.
  void AddPart(BatchContext& batch, bool begins);
  double LossOfParts() const { return LossOf(sums_, config_.loss.reduction); }
  // Adds the batch to the states in `totals`.
  void UpdateMetrics(WorkerPool& pool, double* totals);

  // Writes the outputs, rows in the order of the batch, [rows, steps, columns].
  void Write(const Tensor& output, WorkerPool& pool, float* out);

 private:
  struct CompiledMetric {
    std::unique_ptr<Metric> metric;
    bool of_logits, weighted;
    size_t state;  // begin in the totals
  };

  static Activation LastActivation(LossKind kind);
  static bool IsCrossentropy(LossKind kind);
  void CompileLoss(const HeadConfig& config, size_t first, bool fuses);
  Rows LossRows() const;
  Rows CountedRows();

  ValueShape shape_;
  Node* node_;
  HeadConfig config_;
  bool is_fused_ = false, is_additive_ = true;
  std::unique_ptr<ostinato::Loss> loss_;
  std::vector<CompiledMetric> metrics_;
  size_t state_size_ = 0;
  // Of a batch.
  Compact compact_;
  Expand expand_;
  Rows rows_;
  size_t skipped_ = 0;  // rows before the first that counts
  const float* logits_ = nullptr;
  bool is_compacted_ = false;
  Buffer<float> gathered_, gathered_logits_, gradient_;
  Buffer<int32_t> target_index_, counted_;
  LossSums sums_;  // of the parts of the batch so far
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_HEAD_H_
