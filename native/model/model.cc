// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "dispatch/dispatch.h"
#include "layers/gather.h"
#include "layers/recurrent.h"
#include "losses/make_loss.h"
#include "losses/reduction.h"
#include "metrics/make_metric.h"
#include "threading/ordered_work.h"
#include "threading/ranges.h"

namespace ostinato {
namespace {

// Positions are numbered with 32 bits.
constexpr size_t kMaxPositions = static_cast<size_t>(std::numeric_limits<int32_t>::max()) / 4;

// Recurrent kernels of this many floats (16 KB) are walked in blocks as tall as a tile: one that does not
// stay in L1 is streamed once per block, and one that does gains as much on the way back as small blocks do
// forward (64 units of SimpleRNN: 0.95 of a step, LSTM(32): 0.97; GRU(32): 1.02, SimpleRNN(32): 1.0).
constexpr size_t kWalkFloats = size_t{1} << 12;
// Steps that a layer of a stack is ahead of the next: enough to make a hand-over cheap.
constexpr size_t kOverlapSteps = 16;

Activation LastActivation(LossKind kind) {
  return kind == LossKind::kBinaryCrossentropy ? Activation::kSigmoid : Activation::kSoftmax;
}

bool IsCrossentropy(LossKind kind) {
  return kind == LossKind::kBinaryCrossentropy || kind == LossKind::kCategoricalCrossentropy ||
         kind == LossKind::kSparseCategoricalCrossentropy;
}

}  // namespace

Model::Model(const ModelConfig& config)
    : shortcuts_(config.shortcuts),
      is_tokens_(config.is_tokens),
      input_shape_(config.input_shape),
      layouts_{BatchLayout(&arena_), BatchLayout(&arena_)},
      expand_(&arena_),
      gathered_(&arena_),
      loss_gradient_(&arena_),
      target_index_(&arena_),
      counted_(&arena_) {
  FlowShape shape = {is_tokens_ || input_shape_.size() == 2, input_shape_[0],
                     is_tokens_ ? 1 : static_cast<size_t>(input_shape_.back())};
  if (!shape.sequence) shape.steps = 1;
  if (is_tokens_) {
    if (config.layers[0].kind != LayerConfig::Kind::kEmbedding)
      throw Error(ErrorCode::kInternal,
                  "native model: an embedding must be the first layer of a token model");
    vocabulary_ = config.layers[0].input_dim;
    mask_zero_ = config.layers[0].mask_zero;
  }
  bool has_weights = false;
  for (const LayerConfig& layer : config.layers) {
    inflows_.push_back({shape.sequence, shape.columns});
    layers_.push_back(MakeLayer(layer, &shape, &arena_));
    Layer& made = *layers_.back();
    walk_floats_ = std::max(walk_floats_, made.walk_floats());
    if (made.state_size() > 0) {
      if (!first_recurrent_) first_recurrent_ = &made;
      last_recurrent_ = &made;
    }
    made.ListParameters(&parameters_);
    has_weights = has_weights || !parameters_.empty();
    if (!has_weights) ++first_trained_;
  }
  output_columns_ = shape.columns;
  output_is_sequence_ = shape.sequence;
}

void Model::Invalidate() {
  for (const auto& layer : layers_) layer->Invalidate();
}

void Model::DropPending(size_t weight) {
  const auto is_it = [weight](const Pending& pending) { return pending.weight == weight; };
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(), is_it), pending_.end());
}

void Model::DrawWeight(size_t weight, const InitializerSpec& initializer, uint64_t seed) {
  DropPending(weight);
  pending_.push_back({weight, nullptr, initializer, seed});
}

void Model::FillWeight(size_t weight, const float* values) {
  DropPending(weight);
  pending_.push_back({weight, values, {}, 0});
}

void Model::MoveWeight(size_t weight, Model& from, size_t from_weight) {
  DropPending(weight);
  for (const Pending& pending : from.pending_)
    if (pending.weight == from_weight)
      pending_.push_back({weight, pending.values, pending.initializer, pending.seed});
  from.DropPending(from_weight);
  parameters_[weight]->value.Swap(from.parameters_[from_weight]->value);
  Invalidate();
}

void Model::Settle(WorkerPool& pool) {
  constexpr size_t kFloats = size_t{1} << 18;
  while (!pending_.empty()) {
    const Pending& next = pending_.back();
    Parameter& parameter = *parameters_[next.weight];
    float* const out = parameter.value.data();
    if (next.values) {
      ForRanges(&pool, parameter.size(), kFloats, [&](size_t begin, size_t end) {
        std::memcpy(out + begin, next.values + begin, (end - begin) * sizeof(float));
      });
    } else {
      const std::vector<int64_t> shape(parameter.shape.begin(), parameter.shape.end());
      Initialize(next.initializer, shape.data(), shape.size(), next.seed, out, &pool);
    }
    pending_.pop_back();
    Invalidate();
  }
  if (optimizer_) optimizer_->Settle(pool);
}

void Model::DropOptimizer(FreedMemory* freed) {
  if (!optimizer_) return;
  optimizer_->LetGo(freed);
  optimizer_.reset();
}

FreedMemory Model::Retire() {
  FreedMemory freed = Trim();
  DropOptimizer(&freed);
  return freed;
}

FreedMemory Model::Trim() {
  Invalidate();
  return arena_.Trim();
}

FreedMemory Model::Compile(const CompileConfig& config) {
  auto optimizer = std::make_unique<Optimizer>(config.optimizer, parameters_, &arena_);
  CompileLosses(config);
  FreedMemory freed;
  DropOptimizer(&freed);
  optimizer_ = std::move(optimizer);
  return freed;
}

void Model::CompileLosses(const CompileConfig& config) {
  const auto can_be_logits = [](const LossConfig& loss) {
    return !loss.from_logits && IsCrossentropy(loss.kind);
  };
  // With the logits at hand a saturated sigmoid or softmax loses nothing (docs/numerics.md).
  Layer& last = *layers_.back();
  loss_config_ = config.loss;
  fused_loss_ = can_be_logits(loss_config_) && last.CanFuseWithLoss(LastActivation(loss_config_.kind));
  last.FuseWithLoss(fused_loss_);
  if (fused_loss_) loss_config_.from_logits = true;
  loss_ = MakeLoss(loss_config_);
  metrics_.clear();
  totals_size_ = 2;
  if (!FitsColumns(loss_config_, output_columns_) ||
      (TakesLabels(loss_config_.kind) && !config.metrics.empty()))
    throw Error(ErrorCode::kInternal, "native model: the loss does not fit the outputs or the metrics");
  for (MetricConfig metric : config.metrics) {
    if (output_columns_ > 1 && TakesIds(metric) != TakesIds(loss_config_.kind))
      throw Error(ErrorCode::kInternal, "native model: a metric takes other targets than the loss");
    const bool of_logits = fused_loss_ && metric.kind == MetricKind::kLoss && can_be_logits(metric.loss) &&
                           LastActivation(metric.loss.kind) == LastActivation(loss_config_.kind);
    if (of_logits) metric.loss.from_logits = true;
    metrics_.push_back({MakeMetric(metric), of_logits, metric.weighted, totals_size_});
    totals_size_ += metrics_.back().metric->state_size(output_columns_);
  }
  is_additive_ = !loss_->is_whole() &&
                 std::all_of(metrics_.begin(), metrics_.end(),
                             [](const CompiledMetric& entry) { return entry.metric->is_additive(); });
}

void Model::SetLearningRate(double rate) {
  if (optimizer_) optimizer_->set_learning_rate(rate);
}

size_t Model::output_steps(size_t steps) const {
  if (!output_is_sequence_) return 1;
  int64_t count = static_cast<int64_t>(steps);
  for (const auto& layer : layers_) count = layer->OutputSteps(count);
  return static_cast<size_t>(count);
}

void Model::ResetStates() {
  for (const auto& layer : layers_) layer->ResetStates();
}

std::vector<CarriedStates*> Model::carried_states() const {
  std::vector<CarriedStates*> list;
  for (const auto& layer : layers_) layer->ListCarried(&list);
  return list;
}

void Model::CheckRun(const Run& run) const {
  for (const Dataset* data : run.datasets) CheckData(run, *data);
}

void Model::CheckData(const Run& run, const Dataset& data) const {
  const auto expect = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::kInternal, std::string("native run: ") + what);
  };
  expect(data.is_tokens == is_tokens_, "the data set is of the wrong kind");
  expect(data.shape.size() == input_shape_.size(), "the data set has the wrong rank");
  for (size_t i = 0; i < data.shape.size(); ++i)
    expect(input_shape_[i] < 0 || static_cast<size_t>(input_shape_[i]) == data.shape[i],
           "the data set has the wrong shape");
  if (is_tokens_)
    expect(data.min_token >= 0 && (data.max_token < 0 || static_cast<size_t>(data.max_token) < vocabulary_),
           "a token is outside the vocabulary");
  const size_t steps = data.shape.size() == 2 || is_tokens_ ? data.shape[0] : 1;
  if (run.mode != RunMode::kPredict) {
    expect(is_compiled(), "the model is not compiled");
    const size_t rows = output_steps(steps);
    const bool labels = TakesLabels(loss_config_.kind);
    expect(labels ? output_is_sequence_ && data.target_size > 0
                  : data.target_size == rows * (TakesIds(loss_config_.kind) ? 1 : output_columns_),
           "the targets have the wrong size");
    expect(data.weights.size() == 0 || data.weight_size == 1 || (!labels && data.weight_size == rows),
           "the weights have the wrong size");
  }
  if (data.initial_state.size() > 0)
    expect(first_recurrent_ && data.initial_state.size() == data.rows * first_recurrent_->state_size(),
           "the initial state has the wrong size");
  if (data.mask.size() > 0)
    expect(!is_tokens_ && data.shape.size() == 2 && data.mask.size() == data.rows * steps,
           "the mask has the wrong size");
  int64_t now = static_cast<int64_t>(steps), longest = now;
  for (const auto& layer : layers_) {
    now = layer->OutputSteps(now);
    longest = std::max(longest, now);
  }
  if (std::min(run.batch_size, run.end - run.begin) >
          kMaxPositions / std::max<size_t>(1, static_cast<size_t>(longest)) ||
      data.rows > kMaxPositions * 4 / std::max<size_t>(1, steps))
    throw Error(ErrorCode::kShape,
                "ostinato: expected fewer than 2^29 timesteps in a batch and 2^31 in all, received "
                "more. Use a smaller batchSize, or feed the data in parts.");
}

// Rows may share a trunk as long as every layer treats them alike until a recurrent layer ends the sequence.
void Model::LayOut(const Run& run, const Slice& slice, BatchLayout* layout) const {
  const Dataset& data = *slice.data;
  const size_t begin = slice.begin, rows = slice.rows;
  const size_t walk_rows = walk_floats_ >= kWalkFloats ? Kernels().tile_rows : Kernels().walk_rows;
  if (!is_tokens_) {
    layout->BuildValues(data.shape.size() == 2 ? data.shape[0] : 1,
                        data.mask.size() > 0 ? data.mask.data() : nullptr, run.order, begin, rows, walk_rows);
    return;
  }
  bool shares = shortcuts_.shared_padding && data.initial_state.size() == 0;
  bool ends = false;
  for (size_t i = 0; i < layers_.size() && !ends; ++i) {
    shares = shares && layers_[i]->SharesPadding(run.training);
    ends = layers_[i]->EndsSequence();
  }
  layout->BuildTokens(data.tokens.data(), data.shape[0], vocabulary_, run.order, begin, rows, shares && ends,
                      mask_zero_, walk_rows);
}

// From the last layer to the first: who is the first to look at more than a step of a layer's output.
void Model::ChooseUnmasked(bool reader_wants_all, bool training) {
  bool unmasked = reader_wants_all;
  for (size_t i = layers_.size(); i-- > 0;) {
    layers_[i]->ReturnUnmasked(unmasked);
    const MaskUse use = layers_[i]->mask_use(training);
    if (use != MaskUse::kStepwise) unmasked = use == MaskUse::kNone;
  }
}

Tensor Model::Forward(const Run& run, const Dataset& data, const BatchLayout& layout, BatchContext& batch) {
  Tensor tensor;
  tensor.layout = &layout;
  const bool sequence = is_tokens_ || data.shape.size() == 2;
  tensor.space = sequence ? Space::kSteps : Space::kSamples;
  if (!is_tokens_) {
    tensor.data = data.values.data();
    tensor.index = sequence ? layout.values() : layout.samples();
    tensor.stride = tensor.columns = data.shape.back();
  }
  ChooseUnmasked(run.mode == RunMode::kPredict, run.training);
  for (size_t i = 0; i < layers_.size();) {
    Layer& layer = *layers_[i];
    const bool given = &layer == first_recurrent_ && data.initial_state.size() > 0;
    batch.initial_state = given ? data.initial_state.data() : nullptr;
    batch.initial_stride = layer.state_size();
    const size_t stacked = given ? 1 : StackedAt(i, tensor, batch);
    tensor = stacked > 1 ? ForwardStack(i, stacked, tensor, batch) : layer.Forward(tensor, batch);
    i += stacked;
  }
  return tensor;
}

// Number of layers from `first` on that may overlap in time; 1 where none does.
size_t Model::StackedAt(size_t first, const Tensor& input, const BatchContext& batch) {
  if (!shortcuts_.overlap_layers || input.space != Space::kSteps) return 1;
  size_t count = 0;
  for (; first + count < layers_.size(); ++count) {
    Recurrent* layer = layers_[first + count]->AsRecurrent();
    if (!layer || !layer->Overlaps(input, batch)) break;
    if (layer->EndsSequence()) return count + 1;
  }
  return std::max<size_t>(1, count);
}

// A stack at a small batch is a chain of dependent steps in each layer: layers walk beside each other, each a
// part of the steps behind the one below it.
Tensor Model::ForwardStack(size_t first, size_t count, const Tensor& input, BatchContext& batch) {
  Tensor tensor = input;
  for (size_t i = 0; i < count; ++i) tensor = layers_[first + i]->AsRecurrent()->Begin(tensor, batch);
  const size_t steps = input.layout->steps(), parts = (steps + kOverlapSteps - 1) / kOverlapSteps;
  ForWavefront(batch.pool, count, parts, [&](size_t layer, size_t part) {
    layers_[first + layer]->AsRecurrent()->Advance(part * kOverlapSteps,
                                                   std::min(steps, (part + 1) * kOverlapSteps), batch);
  });
  return tensor;
}

Model::Output Model::PrepareOutput(const Tensor& tensor, const Dataset& data, BatchContext& batch,
                                   bool with_gradient) {
  const BatchLayout& layout = *tensor.layout;
  const size_t stride = PaddedStride(output_columns_);
  Output output = {};
  const float* first = tensor.data;
  if (tensor.index || tensor.stride != stride) {
    Gather(tensor, batch, &gathered_);
    first = gathered_.data();
  }
  const size_t skipped = output_is_sequence_ ? layout.base() : 0;
  if (const float* logits = layers_.back()->Logits()) output.logits = logits + skipped * stride;
  Rows& rows = output.rows;
  rows.predictions = first + skipped * stride;
  rows.stride = stride;
  rows.count = layout.rows();
  rows.columns = output_columns_;
  rows.targets = data.targets.data();
  rows.index = layout.samples();
  if (output_is_sequence_) {
    // Masked steps are not there, so they count in no loss and no metric.
    rows.count = layout.step_count() - skipped;
    rows.steps = layout.source_steps();
    target_index_.Resize(rows.count);
    for (size_t t = 0, i = 0; t < layout.steps(); ++t)
      for (size_t r = 0; r < static_cast<size_t>(layout.active()[t]); ++r, ++i)
        target_index_[i] = layout.samples()[r] * static_cast<int32_t>(rows.steps) +
                           static_cast<int32_t>(layout.source_step(r, t));
    rows.index = target_index_.data();
  }
  rows.target_columns = TakesLabels(loss_config_.kind) ? data.target_size : data.target_size / rows.steps;
  if (data.weights.size() > 0) {
    rows.weights = data.weights.data();
    rows.rows_per_weight = rows.steps / data.weight_size;
  }
  if (with_gradient) {
    loss_gradient_.Resize((skipped + rows.count) * stride);
    std::memset(loss_gradient_.data(), 0, skipped * stride * sizeof(float));
    output.gradient = loss_gradient_.data() + skipped * stride;
    output.whole_gradient = {loss_gradient_.data(), stride, false};
  }
  return output;
}

double Model::Penalty(BatchContext& batch) const {
  double sum = 0.0;
  for (Parameter* parameter : parameters_) sum += parameter->Penalty(batch.kernels, batch.pool);
  return sum;
}

// Those that count in the loss: what it ignores is no label for a metric either.
Rows Model::CountedRows(const Rows& rows) {
  if (!loss_config_.ignores || metrics_.empty()) return rows;
  Rows counted = rows;
  counted_.Resize(rows.count);
  counted.chosen = counted_.data();
  counted.count = 0;
  for (size_t i = 0; i < rows.count; ++i)
    if (loss_->Counts(rows.target(i))) counted_[counted.count++] = static_cast<int32_t>(i);
  return counted;
}

void Model::AddLoss(double loss, size_t rows) {
  totals_[0] += loss * static_cast<double>(rows);
  totals_[1] += static_cast<double>(rows);
}

void Model::AddMetrics(const Output& output, WorkerPool& pool) {
  const Rows counted = CountedRows(output.rows);
  for (const CompiledMetric& entry : metrics_) {
    Rows seen = counted;
    if (entry.of_logits) seen.predictions = output.logits;
    if (!entry.weighted) seen.weights = nullptr;
    entry.metric->Update(seen, &pool, totals_.data() + entry.state);
  }
}

double Model::ActivityPenalty() const {
  double sum = 0.0;
  for (const auto& layer : layers_) sum += layer->ActivityPenalty();
  return sum;
}

// A layer's input needs a gradient wherever a layer below has weights.
void Model::Propagate(Gradient gradient, BatchContext& batch) {
  for (size_t i = layers_.size(); i-- > first_trained_;)
    gradient = layers_[i]->Backward(gradient, batch, i > first_trained_);
  optimizer_->Prepare(batch.kernels, batch.pool);
}

// How many parts a batch is cut into so that each stays within the workspace of the run; 1 where rows are not
// computed each by itself.
size_t Model::PartsOf(const Run& run, const Dataset& data, size_t rows) const {
  if (run.training || (run.mode == RunMode::kEvaluate && !is_additive_) || !carried_states().empty())
    return 1;
  int64_t steps = is_tokens_ || data.shape.size() == 2 ? static_cast<int64_t>(data.shape[0]) : 1;
  // Two layouts of the inputs, then each layer, then the outputs in order.
  size_t floats = 2 * kLayoutFloats * static_cast<size_t>(steps);
  for (size_t i = 0; i < layers_.size(); ++i) {
    const auto [sequence, columns] = inflows_[i];
    floats += layers_[i]->ForwardFloats(sequence ? static_cast<size_t>(steps) : 1, columns);
    steps = layers_[i]->OutputSteps(steps);
  }
  floats += (output_is_sequence_ ? static_cast<size_t>(steps) : 1) *
            (PaddedStride(output_columns_) + kLayoutFloats);
  const size_t most = std::max<size_t>(1, run.max_workspace / (floats * sizeof(float)));
  return (rows + most - 1) / most;
}

std::vector<Model::Slice> Model::Slices(const Run& run) const {
  std::vector<Slice> slices;
  const auto add = [&](const Dataset* data, size_t begin, size_t rows) {
    const size_t parts = PartsOf(run, *data, rows);
    for (size_t part = 0; part < parts; ++part) {
      const size_t from = rows * part / parts, to = rows * (part + 1) / parts;
      slices.push_back({data, begin + from, to - from, part == 0, part + 1 == parts});
    }
  };
  if (run.datasets.size() > 1) {
    for (const Dataset* data : run.datasets) add(data, 0, data->rows);
  } else {
    for (size_t begin = run.begin; begin < run.end; begin += run.batch_size)
      add(run.datasets[0], begin, std::min(run.batch_size, run.end - begin));
  }
  return slices;
}

void Model::RunBatches(const Run& run, JobControl& control, RunResult* result) {
  result->totals = run.totals;
  result->totals.resize(totals_size_, 0.0);
  try {
    RunEach(run, control, result);
  } catch (const Cancelled&) {
    // The batch in work is dropped: nothing that lasts has changed yet.
  }
}

void Model::RunEach(const Run& run, JobControl& control, RunResult* result) {
  const bool training = run.mode == RunMode::kTrain;
  const KernelCalls kernels(Kernels());
  const std::vector<Slice> slices = Slices(run);
  BackgroundTask next_batch;
  BatchLayout* layout = &layouts_[0];
  BatchLayout* other = &layouts_[1];
  WorkerPool::YieldOrThrow();
  Settle(WorkerPool::Instance());
  LayOut(run, slices[0], layout);
  size_t rows = 0;  // of the batch in work
  for (size_t i = 0; i < slices.size(); ++i) {
    WorkerPool::YieldOrThrow();
    if (i + 1 < slices.size())
      next_batch.Set([&run, this, &next = slices[i + 1], other] { LayOut(run, next, other); });
    BatchContext batch = {kernels,
                          WorkerPool::Instance(),
                          shortcuts_,
                          *layout,
                          next_batch,
                          run.training,
                          run.training && !training ? (draws_ + 1) << 32
                          : optimizer_              ? optimizer_->batches()
                                                    : 0,
                          training ? optimizer_->loss_scale() : 1.0f,
                          nullptr,
                          0};
    if (slices[i].begins_batch) totals_ = result->totals;
    RunSlice(run, slices[i], batch, result->rows_done + rows);
    rows += layout->rows();
    if (slices[i].ends_batch) {
      WorkerPool::YieldOrThrow();
      const CommitScope commit(control);
      Commit(batch, run.mode);
      std::swap(result->totals, totals_);
      result->rows_done += std::exchange(rows, 0);
    }
    next_batch.Finish();
    std::swap(layout, other);
  }
}

// All that can be dropped again.
void Model::RunSlice(const Run& run, const Slice& slice, BatchContext& batch, size_t done) {
  const BatchLayout& layout = batch.layout;
  const bool training = run.mode == RunMode::kTrain;
  const Tensor tensor = Forward(run, *slice.data, layout, batch);
  if (run.mode == RunMode::kPredict) {
    WriteOutputs(tensor, batch.pool, run.outputs + done * output_size(layout.source_steps()));
    if (run.states) last_recurrent_->ReadStates(run.states + done * state_size(), state_size());
    return;
  }
  const Output output = PrepareOutput(tensor, *slice.data, batch, training);
  Rows rows = output.rows;
  if (fused_loss_) rows.predictions = output.logits;
  if (training || !is_additive_) {
    const double loss =
        ComputeLoss(*loss_, loss_config_.reduction, rows, &batch.pool, output.gradient, batch.loss_scale);
    AddLoss(loss + Penalty(batch) + ActivityPenalty(), layout.rows());
  } else {
    Evaluate(slice, rows, batch);
  }
  AddMetrics(output, batch.pool);
  if (training) Propagate(output.whole_gradient, batch);
}

// A batch part by part: its loss is that of the sums over all of them.
void Model::Evaluate(const Slice& slice, const Rows& rows, BatchContext& batch) {
  if (slice.begins_batch) evaluation_ = Evaluation();
  const LossSums sums = SumLoss(*loss_, rows, &batch.pool);
  evaluation_.loss.count += sums.count;
  evaluation_.loss.weights += sums.weights;
  evaluation_.loss.values += sums.values;
  evaluation_.penalty += ActivityPenalty() * static_cast<double>(slice.rows);
  evaluation_.rows += slice.rows;
  if (!slice.ends_batch) return;
  const double penalty = evaluation_.penalty / static_cast<double>(evaluation_.rows);
  AddLoss(LossOf(evaluation_.loss, loss_config_.reduction) + Penalty(batch) + penalty, evaluation_.rows);
}

// All that lasts. Takes no memory, so that nothing can go wrong half-way.
void Model::Commit(BatchContext& batch, RunMode mode) {
  if (mode == RunMode::kTrain) {
    optimizer_->Step(batch.kernels, batch.pool);
    Invalidate();
  } else if (batch.training) {
    ++draws_;
  }
  for (const auto& layer : layers_) layer->Commit();
}

void Model::WriteOutputs(const Tensor& output, WorkerPool& pool, float* out) {
  constexpr size_t kFloats = size_t{1} << 16;
  const Tensor tensor = output_is_sequence_ ? expand_.Forward(output) : output;
  const BatchLayout& layout = *tensor.layout;
  const size_t rows = layout.rows(), columns = output_columns_;
  const size_t steps = output_is_sequence_ ? layout.steps() : 1;
  const size_t base = output_is_sequence_ ? layout.base() : 0;
  ForChunks(pool, 0, steps * rows, std::max<size_t>(1, kFloats / columns), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      std::memcpy(out + (static_cast<size_t>(layout.order()[i % rows]) * steps + i / rows) * columns,
                  RowAt(tensor, base + i), columns * sizeof(float));
  });
}

}  // namespace ostinato
