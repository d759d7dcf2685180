// SPDX-License-Identifier: MIT
#include "model/head.h"

#include <algorithm>
#include <cstring>

#include "layers/gather.h"
#include "losses/make_loss.h"
#include "metrics/make_metric.h"

namespace ostinato {

Head::Head(const ValueShape& shape, Node* node, Arena* arena)
    : shape_(shape),
      node_(node),
      compact_(arena),
      expand_(arena),
      gathered_(arena),
      gathered_logits_(arena),
      gradient_(arena),
      target_index_(arena),
      counted_(arena) {}

Activation Head::LastActivation(LossKind kind) {
  return kind == LossKind::kBinaryCrossentropy ? Activation::kSigmoid : Activation::kSoftmax;
}

bool Head::IsCrossentropy(LossKind kind) {
  return kind == LossKind::kBinaryCrossentropy || kind == LossKind::kCategoricalCrossentropy ||
         kind == LossKind::kSparseCategoricalCrossentropy;
}

void Head::CompileLoss(const HeadConfig& config, size_t first, bool fuses) {
  const size_t columns = shape_.columns;
  ExpectShape(!config.has_loss || (columns > 0 && FitsColumns(config.loss, columns) &&
                                   (!TakesLabels(config.loss.kind) || config.metrics.empty())),
              "the loss does not fit the outputs or the metrics");
  config_ = config;
  is_fused_ = fuses;
  node_->FuseWithLoss(fuses);
  // With the logits at hand a saturated sigmoid or softmax loses nothing (docs/numerics.md).
  if (fuses) config_.loss.from_logits = true;
  loss_ = config.has_loss ? MakeLoss(config_.loss) : nullptr;
  metrics_.clear();
  state_size_ = 0;
  for (MetricConfig metric : config.metrics) {
    ExpectShape(!config.has_loss || columns == 1 || TakesIds(metric) == TakesIds(config.loss.kind),
                "a metric takes other targets than the loss");
    const bool of_logits = fuses && metric.kind == MetricKind::kLoss && !metric.loss.from_logits &&
                           IsCrossentropy(metric.loss.kind) &&
                           LastActivation(metric.loss.kind) == LastActivation(config.loss.kind);
    if (of_logits) metric.loss.from_logits = true;
    metrics_.push_back({MakeMetric(metric), of_logits, metric.weighted, first + state_size_});
    state_size_ += metrics_.back().metric->state_size(columns);
  }
  is_additive_ = (!loss_ || !loss_->is_whole()) &&
                 std::all_of(metrics_.begin(), metrics_.end(),
                             [](const CompiledMetric& entry) { return entry.metric->is_additive(); });
}

void Head::Check(const Targets& targets, size_t rows) const {
  if (!config_.has_loss) return;
  const bool labels = TakesLabels(config_.loss.kind);
  ExpectShape(labels ? shape_.sequence && targets.size > 0
                     : targets.size == rows * (TakesIds(config_.loss.kind) ? 1 : shape_.columns),
              "the targets have the wrong size");
  ExpectShape(
      targets.weights.size() == 0 || targets.weight_size == 1 || (!labels && targets.weight_size == rows),
      "the weights have the wrong size");
}

void Head::Prepare(const Tensor& given, const Targets& targets, BatchContext& batch) {
  is_compacted_ = given.counts != nullptr;
  const Tensor tensor = compact_.Forward(given);
  const BatchLayout& layout = *tensor.layout;
  const size_t stride = PaddedStride(shape_.columns);
  const float* first = tensor.data;
  if (tensor.index || tensor.stride != stride) {
    Gather(tensor, batch, &gathered_);
    first = gathered_.data();
  }
  skipped_ = shape_.sequence ? layout.base() : 0;
  logits_ = nullptr;
  if (const float* logits = node_->Logits()) {
    Tensor rows = tensor;
    rows.data = logits;
    rows.stride = stride;
    if (is_compacted_) {
      Gather(rows, batch, &gathered_logits_);
      logits = gathered_logits_.data();
    }
    logits_ = logits + skipped_ * stride;
  }
  rows_ = {};
  rows_.predictions = first + skipped_ * stride;
  rows_.stride = stride;
  rows_.count = layout.rows();
  rows_.columns = shape_.columns;
  rows_.targets = targets.values.data();
  rows_.index = layout.samples();
  if (shape_.sequence) {
    // Masked steps are not there, so they count in no loss and no metric.
    rows_.count = layout.step_count() - skipped_;
    rows_.steps = layout.source_steps();
    target_index_.Resize(rows_.count);
    for (size_t t = 0, i = 0; t < layout.steps(); ++t)
      for (size_t r = 0; r < static_cast<size_t>(layout.active()[t]); ++r, ++i)
        target_index_[i] = layout.samples()[r] * static_cast<int32_t>(layout.source_steps()) +
                           static_cast<int32_t>(layout.source_step(r, t));
    rows_.index = target_index_.data();
  }
  if (tensor.parts > 0) rows_.steps *= tensor.parts;
  const bool labels = config_.has_loss && TakesLabels(config_.loss.kind);
  rows_.target_columns = labels ? targets.size : targets.size / rows_.steps;
  if (targets.weights.size() > 0) {
    rows_.weights = targets.weights.data();
    rows_.rows_per_weight = rows_.steps / targets.weight_size;
  }
}

Rows Head::LossRows() const {
  Rows rows = rows_;
  if (is_fused_) rows.predictions = logits_;
  return rows;
}

double Head::Loss(BatchContext& batch, bool gradient, double scale) {
  const size_t stride = rows_.stride;
  float* out = nullptr;
  if (gradient) {
    gradient_.Resize((skipped_ + rows_.count) * stride);
    std::memset(gradient_.data(), 0, skipped_ * stride * sizeof(float));
    out = gradient_.data() + skipped_ * stride;
  }
  return ComputeLoss(*loss_, config_.loss.reduction, LossRows(), &batch.pool, out, scale * config_.weight);
}

void Head::AddPart(BatchContext& batch, bool begins) {
  if (begins) sums_ = LossSums();
  const LossSums sums = SumLoss(*loss_, LossRows(), &batch.pool);
  sums_.count += sums.count;
  sums_.weights += sums.weights;
  sums_.values += sums.values;
}

Gradient Head::OutputGradient() { return compact_.Backward({gradient_.data(), rows_.stride, false}); }

// Those that count in the loss: what it ignores is no label for a metric either.
Rows Head::CountedRows() {
  if (!loss_ || !config_.loss.ignores || metrics_.empty()) return rows_;
  Rows counted = rows_;
  counted_.Resize(rows_.count);
  counted.chosen = counted_.data();
  counted.count = 0;
  for (size_t i = 0; i < rows_.count; ++i)
    if (loss_->Counts(rows_.target(i))) counted_[counted.count++] = static_cast<int32_t>(i);
  return counted;
}

void Head::UpdateMetrics(WorkerPool& pool, double* totals) {
  const Rows counted = CountedRows();
  for (const CompiledMetric& entry : metrics_) {
    Rows seen = counted;
    if (entry.of_logits) seen.predictions = logits_;
    if (!entry.weighted) seen.weights = nullptr;
    entry.metric->Update(seen, &pool, totals + entry.state);
  }
}

void Head::Write(const Tensor& output, WorkerPool& pool, float* out) {
  constexpr size_t kFloats = size_t{1} << 16;
  const Tensor tensor = shape_.sequence ? expand_.Forward(output) : output;
  const BatchLayout& layout = *tensor.layout;
  const size_t columns = tensor.columns, steps = shape_.sequence ? layout.steps() : 1;
  const size_t base = shape_.sequence ? layout.base() : 0;
  const size_t rows = layout.rows();
  ForChunks(pool, 0, steps * rows, std::max<size_t>(1, kFloats / columns), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      std::memcpy(out + (static_cast<size_t>(layout.order()[i % rows]) * steps + i / rows) * columns,
                  RowAt(tensor, base + i), columns * sizeof(float));
  });
}

}  // namespace ostinato
