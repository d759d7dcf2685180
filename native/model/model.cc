// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "dispatch/dispatch.h"
#include "threading/ordered_work.h"

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

void AddRows(const Gradient& sum, const Gradient& more, size_t rows, BatchContext& batch) {
  ForChunks(batch.pool, 0, rows, 128, [&](size_t begin, size_t end) {
    batch.kernels.add(sum.data + begin * sum.stride, more.data + begin * more.stride,
                      (end - begin) * sum.stride);
  });
}

}  // namespace

Model::Model(const Graph& graph) : shortcuts_(graph.shortcuts), plan_(graph, &arena_), parts_(&arena_) {
  const std::vector<PlannedNode>& nodes = plan_.nodes();
  while (first_trained_ < nodes.size() && !nodes[first_trained_].is_trained) ++first_trained_;
  trainable_.assign(plan_.parameters().size(), true);
  gradients_ = std::make_unique<GradientSums>(plan_.parameters(), &arena_);
  for (size_t i = 0; i < plan_.sources().size(); ++i) {
    for (auto& layouts : layouts_) layouts.emplace_back(&arena_);
    numbers_.emplace_back(&arena_);
  }
  source_tensors_.resize(plan_.sources().size());
  tensors_.resize(plan_.values().size());
  for (size_t i = 0; i < plan_.values().size(); ++i) value_gradients_.emplace_back(&arena_);
  for (const size_t output : plan_.outputs())
    for (const PlannedNode& node : nodes)
      if (output >= node.first_output && output < node.first_output + node.outputs)
        heads_.emplace_back(plan_.values()[output].shape, node.node.get(), &arena_);
}

size_t Model::bytes() const {
  size_t sum = arena_.bytes();
  for (const auto& layer : plan_.layers()) sum += layer->bytes();
  return sum;
}

void Model::Invalidate() {
  for (const auto& layer : plan_.layers()) layer->Invalidate();
}

bool Model::is_settled() const {
  return std::all_of(plan_.layers().begin(), plan_.layers().end(),
                     [](const auto& layer) { return layer->is_settled(); }) &&
         !(optimizer_ && optimizer_->is_unsettled());
}

void Model::DropPending(size_t weight) {
  for (const auto& layer : plan_.layers()) {
    const size_t count = layer->parameters().size();
    if (weight < count) return layer->DropPending(weight);
    weight -= count;
  }
}

void Model::Settle(WorkerPool& pool) {
  for (const auto& layer : plan_.layers()) layer->Settle(pool);
  if (optimizer_) optimizer_->Settle(pool);
}

FreedMemory Model::Compile(const CompileConfig& config) {
  auto optimizer =
      std::make_unique<Optimizer>(config.optimizer, plan_.parameters(), config.trainable, &arena_);
  ExpectShape(config.heads.size() == heads_.size(), "a loss, or none, for every output");
  losses_ = static_cast<size_t>(std::count_if(config.heads.begin(), config.heads.end(),
                                              [](const HeadConfig& head) { return head.has_loss; }));
  totals_size_ = 2 + (losses_ > 1 ? losses_ : 0);
  for (size_t i = 0; i < heads_.size(); ++i) {
    const size_t output = plan_.outputs()[i];
    const PlannedValue& value = plan_.values()[output];
    const bool read_once =
        value.readers.empty() && std::count(plan_.outputs().begin(), plan_.outputs().end(), output) == 1;
    heads_[i].Compile(config.heads[i], totals_size_, [&](Activation activation) {
      for (const PlannedNode& node : plan_.nodes())
        if (node.first_output == output) return read_once && plan_.layer(node).CanFuseWithLoss(activation);
      return false;
    });
    totals_size_ += heads_[i].state_size();
  }
  trainable_ = config.trainable;
  for (const PlannedNode& node : plan_.nodes()) {
    size_t first = 0;
    for (size_t i = 0; i < node.layer; ++i) first += plan_.layers()[i]->parameters().size();
    if (!plan_.layer(node).parameters().empty()) node.node->SetTrainable(config.layer_trainable[first]);
  }
  FreedMemory freed;
  if (optimizer_) optimizer_->LetGo(&freed);
  optimizer_ = std::move(optimizer);
  return freed;
}

void Model::SetLearningRate(double rate) {
  if (optimizer_) optimizer_->set_learning_rate(rate);
}

void Model::ResetStates(const size_t* layer) {
  std::vector<CarriedStates*> list;
  for (const PlannedNode& node : plan_.nodes())
    if (!layer || node.layer == *layer) node.node->ListCarried(&list);
  for (CarriedStates* states : list) states->rows = 0;
}

std::vector<CarriedStates*> Model::carried_states() const {
  std::vector<CarriedStates*> list;
  for (const PlannedNode& node : plan_.nodes()) node.node->ListCarried(&list);
  return list;
}

std::vector<ValueShape> Model::ShapesFor(const Dataset& data) const {
  std::vector<ValueShape> inputs;
  for (size_t i = 0; i < data.inputs.size(); ++i)
    inputs.push_back(plan_.inputs()[i].ValueOf(data.inputs[i].shape));
  return plan_.ShapesFor(inputs);
}

std::vector<size_t> Model::OutputSizes(const Dataset& data) const {
  const std::vector<ValueShape> shapes = ShapesFor(data);
  std::vector<size_t> sizes;
  for (const size_t output : plan_.outputs()) sizes.push_back(shapes[output].columns * shapes[output].rows());
  return sizes;
}

void Model::CheckRun(const Run& run) const {
  for (const Dataset* data : run.datasets) CheckData(run, *data);
}

void Model::CheckData(const Run& run, const Dataset& data) const {
  const auto expect = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::kInternal, std::string("native run: ") + what);
  };
  expect(data.inputs.size() == plan_.inputs().size(), "the data set has another number of inputs");
  size_t longest = 1;
  for (size_t i = 0; i < data.inputs.size(); ++i) {
    const Inputs& input = data.inputs[i];
    const GraphInput& wanted = plan_.inputs()[i];
    expect(input.is_tokens == wanted.is_tokens, "the data set is of the wrong kind");
    expect(input.shape.size() == wanted.shape.size(), "the data set has the wrong rank");
    for (size_t axis = 0; axis < input.shape.size(); ++axis)
      expect(wanted.shape[axis] < 0 || static_cast<size_t>(wanted.shape[axis]) == input.shape[axis],
             "the data set has the wrong shape");
    const size_t vocabulary = plan_.vocabulary(i);
    if (wanted.is_tokens && vocabulary > 0)
      expect(
          input.min_token >= 0 && (input.max_token < 0 || static_cast<size_t>(input.max_token) < vocabulary),
          "a token is outside the vocabulary");
    longest = std::max(longest, wanted.ValueOf(input.shape).rows());
  }
  const std::vector<ValueShape> shapes = ShapesFor(data);
  if (run.mode != RunMode::kPredict) {
    expect(is_compiled(), "the model is not compiled");
    expect(data.targets.size() == heads_.size(), "the data set has another number of targets");
    for (size_t i = 0; i < heads_.size(); ++i)
      heads_[i].Check(data.targets[i], shapes[plan_.outputs()[i]].rows());
  }
  const size_t inputs = longest;
  for (const ValueShape& shape : shapes) longest = std::max(longest, shape.rows());
  if (std::min(run.batch_size, run.end - run.begin) > kMaxPositions / longest ||
      data.rows > kMaxPositions * 4 / inputs)
    throw Error(ErrorCode::kShape,
                "ostinato: expected fewer than 2^29 timesteps in a batch and 2^31 in all, received "
                "more. Use a smaller batchSize, or feed the data in parts.");
}

// The rows that the samples of a slice consist of.
const int32_t* Model::PartsOf(const Run& run, const Slice& slice, size_t parts) {
  parts_.Resize(slice.rows * parts);
  for (size_t i = 0; i < parts_.size(); ++i) {
    const size_t place = slice.begin + i / parts;
    const size_t sample = run.order ? static_cast<size_t>(run.order[place]) : place;
    parts_[i] = static_cast<int32_t>(sample * parts + i % parts);
  }
  return parts_.data();
}

void Model::LayOut(const Run& run, const Slice& slice, std::deque<BatchLayout>* layouts) {
  const size_t walk_rows = plan_.walk_floats() >= kWalkFloats ? Kernels().tile_rows : Kernels().walk_rows;
  for (size_t i = 0; i < layouts->size(); ++i) {
    const Source& source = plan_.sources()[i];
    const Inputs& input = slice.data->inputs[source.input];
    const ValueShape shape = plan_.inputs()[source.input].ValueOf(input.shape);
    const int32_t* samples = run.order;
    size_t begin = slice.begin, rows = slice.rows;
    if (shape.parts > 0) {
      const size_t parts = static_cast<size_t>(shape.parts);
      samples = PartsOf(run, slice, parts);
      begin = 0;
      rows *= parts;
    }
    const size_t steps = static_cast<size_t>(shape.steps);
    if (source.vocabulary > 0)
      (*layouts)[i].BuildTokens(input.tokens.data(), steps, source.vocabulary, samples, begin, rows,
                                source.shares_padding, source.mask_zero, walk_rows);
    else
      (*layouts)[i].BuildValues(steps, nullptr, samples, begin, rows, walk_rows);
  }
}

// The inputs as their readers want them.
void Model::ReadSources(const Dataset& data, const std::deque<BatchLayout>& layouts) {
  for (size_t i = 0; i < layouts.size(); ++i) {
    const Source& source = plan_.sources()[i];
    const Inputs& input = data.inputs[source.input];
    const BatchLayout& layout = layouts[i];
    Tensor tensor;
    tensor.layout = &layout;
    tensor.parts = plan_.inputs()[source.input].has_parts() ? input.shape[0] : 0;
    tensor.space = plan_.inputs()[source.input].is_sequence() ? Space::kSteps : Space::kSamples;
    tensor.index = tensor.space == Space::kSteps ? layout.values() : layout.samples();
    if (source.vocabulary > 0) {
      tensor.index = nullptr;
      tensor.tokens = layout.tokens();
      tensor.columns = 1;
    } else if (input.is_tokens) {
      Buffer<float>& numbers = numbers_[i];
      numbers.Resize(layout.step_count());
      for (size_t p = 0; p < numbers.size(); ++p)
        numbers[p] = static_cast<float>(input.tokens.data()[layout.values()[p]]);
      tensor.data = numbers.data();
      tensor.index = nullptr;
      tensor.stride = tensor.columns = 1;
    } else {
      tensor.data = input.values.data();
      tensor.stride = tensor.columns = input.shape.back();
    }
    source_tensors_[i] = tensor;
  }
}

const Tensor& Model::InputOf(const PlannedNode& node, size_t i) const {
  const Feed& feed = node.feeds[i];
  return feed.is_source ? source_tensors_[feed.index] : tensors_[feed.index];
}

void Model::Forward(BatchContext& batch) {
  const std::vector<PlannedNode>& nodes = plan_.nodes();
  for (size_t n = 0; n < nodes.size();) {
    const PlannedNode& node = nodes[n];
    const size_t stacked = StackedAt(n, batch);
    if (stacked > 1) {
      ForwardStack(n, stacked, batch);
    } else {
      inputs_.clear();
      for (size_t i = 0; i < node.inputs.size(); ++i) inputs_.push_back(InputOf(node, i));
      node.node->Forward(inputs_.data(), &tensors_[node.first_output], batch);
    }
    const PlannedNode& last = nodes[n + stacked - 1];
    if (!plan_.layer(last).ChangesParts())
      for (size_t k = 0; k < last.outputs; ++k)
        tensors_[last.first_output + k].parts = InputOf(node, 0).parts;
    n += stacked;
  }
}

// Number of nodes from `first` on that overlap in time; 1 where none does.
size_t Model::StackedAt(size_t first, const BatchContext& batch) const {
  const size_t most = plan_.StackAt(first);
  if (!shortcuts_.overlap_layers || most == 1) return 1;
  const Tensor& input = InputOf(plan_.nodes()[first], 0);
  size_t count = 0;
  while (count < most && plan_.nodes()[first + count].recurrent->Overlaps(input, batch)) ++count;
  return std::max<size_t>(1, count);
}

// A stack at a small batch is a chain of dependent steps in each layer: layers walk beside each other, each a
// part of the steps behind the one below it.
void Model::ForwardStack(size_t first, size_t count, BatchContext& batch) {
  const auto recurrent = [&](size_t i) { return plan_.nodes()[first + i].recurrent; };
  Tensor tensor = InputOf(plan_.nodes()[first], 0);
  const size_t steps = tensor.layout->steps(), parts = (steps + kOverlapSteps - 1) / kOverlapSteps;
  for (size_t i = 0; i < count; ++i) tensor = recurrent(i)->Begin(tensor, batch);
  ForWavefront(batch.pool, count, parts, [&](size_t layer, size_t part) {
    recurrent(layer)->Advance(part * kOverlapSteps, std::min(steps, (part + 1) * kOverlapSteps), batch);
  });
  for (size_t i = 0; i < count; ++i) recurrent(i)->End(&tensors_[plan_.nodes()[first + i].first_output]);
}

double Model::WeightPenalty(BatchContext& batch) const {
  double sum = 0.0;
  // Of a frozen weight nothing is added to the loss (keras/src/layers/layer.py, _get_regularization_losses).
  for (size_t i = 0; i < plan_.parameters().size(); ++i)
    if (trainable_[i]) sum += plan_.parameters()[i]->Penalty(batch.kernels, batch.pool);
  return sum;
}

double Model::ActivityPenalty() const {
  double sum = 0.0;
  for (const PlannedNode& node : plan_.nodes()) sum += node.node->ActivityPenalty();
  return sum;
}

bool Model::is_additive() const {
  return std::all_of(heads_.begin(), heads_.end(),
                     [](const Head& head) { return !head.has_loss() || head.is_additive(); });
}

// Losses and metrics of a batch, or of a part of it: its loss is that of the sums over all parts.
void Model::Score(const Slice& slice, BatchContext& batch, bool training) {
  if (slice.begins_batch) {
    batch_rows_ = 0;
    penalties_ = 0.0;
  }
  const bool sums = !training && is_additive();
  std::vector<double> losses;
  for (size_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    if (!head.has_loss()) continue;
    head.Prepare(tensors_[plan_.outputs()[i]], slice.data->targets[i], batch);
    if (sums)
      head.AddPart(batch, slice.begins_batch);
    else
      losses.push_back(head.Loss(batch, training, static_cast<double>(batch.loss_scale)));
    head.UpdateMetrics(batch.pool, totals_.data());
  }
  batch_rows_ += slice.rows;
  penalties_ += ActivityPenalty() * static_cast<double>(slice.rows);
  if (!slice.ends_batch) return;
  if (sums)
    for (const Head& head : heads_)
      if (head.has_loss()) losses.push_back(head.LossOfParts());
  const double rows = static_cast<double>(batch_rows_);
  double total = 0.0;
  size_t next = 0;
  for (const Head& head : heads_)
    if (head.has_loss()) total += losses[next++] * head.weight();
  if (losses_ > 1)
    for (size_t i = 0; i < losses.size(); ++i) totals_[2 + i] += losses[i] * rows;
  totals_[0] += (total + WeightPenalty(batch) + penalties_ / rows) * rows;
  totals_[1] += rows;
}

void Model::AddGradient(size_t value, const Gradient& gradient, BatchContext& batch) {
  if (!gradient.data) return;
  const Tensor& tensor = tensors_[value];
  ValueGradient& known = value_gradients_[value];
  Gradient& sum = gradient.per_distinct ? known.per_distinct : known.by_position;
  if (sum.data)
    AddRows(sum, gradient, gradient.per_distinct ? tensor.distinct->count : RowCount(tensor), batch);
  else
    sum = gradient;
}

// What all readers gave; where some summed theirs per token, all is.
Gradient Model::GradientOf(size_t value, BatchContext& batch) {
  const Tensor& tensor = tensors_[value];
  ValueGradient& known = value_gradients_[value];
  if (!known.per_distinct.data) return known.by_position;
  if (known.by_position.data) {
    const DistinctTokens& distinct = *tensor.distinct;
    known.sums.Plan(distinct, known.by_position.data, known.by_position.stride, tensor.columns, 0,
                    RowCount(tensor));
    batch.pool.For(known.sums.chunks().count(), [&](size_t chunk) { known.sums.Run(batch.kernels, chunk); });
    known.sums.Reduce(batch.kernels);
    AddRows(known.per_distinct, {known.sums.sums(), known.sums.stride(), true}, distinct.count, batch);
  }
  return known.per_distinct;
}

// A value needs a gradient where a node that it comes from has weights.
void Model::Propagate(BatchContext& batch) {
  for (ValueGradient& gradient : value_gradients_) gradient.by_position = gradient.per_distinct = {};
  gradients_->Begin();
  for (size_t i = 0; i < heads_.size(); ++i)
    if (heads_[i].has_loss()) AddGradient(plan_.outputs()[i], heads_[i].OutputGradient(), batch);
  const std::vector<PlannedNode>& nodes = plan_.nodes();
  std::vector<Gradient> outputs, inputs;
  for (size_t n = nodes.size(); n-- > first_trained_;) {
    const PlannedNode& node = nodes[n];
    if (!node.is_trained) continue;
    outputs.clear();
    for (size_t k = 0; k < node.outputs; ++k) outputs.push_back(GradientOf(node.first_output + k, batch));
    const bool is_given =
        std::any_of(outputs.begin(), outputs.end(), [](const Gradient& g) { return g.data != nullptr; });
    if (!is_given && !node.node->AddsPenalty()) continue;
    inputs.assign(node.inputs.size(), {});
    node.node->Backward(outputs.data(), node.needs.get(), inputs.data(), batch);
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (node.needs[i]) AddGradient(node.inputs[i], inputs[i], batch);
  }
  gradients_->Finish(batch.kernels, batch.pool);
  optimizer_->Prepare(*gradients_, batch.kernels, batch.pool);
}

// How many parts a batch is cut into so that each stays within the workspace of the run; 1 where rows are not
// computed each by itself.
size_t Model::SlicesOf(const Run& run, const Dataset& data, size_t rows) const {
  if (run.training || (run.mode == RunMode::kEvaluate && !is_additive()) || !carried_states().empty())
    return 1;
  const std::vector<ValueShape> shapes = ShapesFor(data);
  size_t floats = 0;
  // Two layouts of each input, then each node, then the outputs in order.
  for (const Source& source : plan_.sources()) floats += 2 * kLayoutFloats * shapes[source.input].rows();
  std::vector<ValueShape> inputs;
  for (const PlannedNode& node : plan_.nodes()) {
    inputs.clear();
    for (const size_t value : node.inputs) inputs.push_back(shapes[value]);
    const auto first = shapes.begin() + static_cast<std::ptrdiff_t>(node.first_output);
    floats += node.node->ForwardFloats(inputs, {first, first + static_cast<std::ptrdiff_t>(node.outputs)});
  }
  for (const size_t output : plan_.outputs())
    floats += shapes[output].rows() * (PaddedStride(shapes[output].columns) + kLayoutFloats);
  const size_t most = std::max<size_t>(1, run.max_workspace / (floats * sizeof(float)));
  return (rows + most - 1) / most;
}

std::vector<Model::Slice> Model::Slices(const Run& run) const {
  std::vector<Slice> slices;
  const auto add = [&](const Dataset* data, size_t begin, size_t rows) {
    const size_t parts = SlicesOf(run, *data, rows);
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
  const bool training = run.mode == RunMode::kTrain, predicts = run.mode == RunMode::kPredict;
  const KernelCalls kernels(Kernels());
  const std::vector<Slice> slices = Slices(run);
  output_sizes_ = predicts ? OutputSizes(*run.datasets[0]) : std::vector<size_t>{};
  plan_.Decide(run.training, predicts, shortcuts_.shared_padding);
  BackgroundTask next_batch;
  std::deque<BatchLayout>*layouts = &layouts_[0], *others = &layouts_[1];
  WorkerPool::YieldOrThrow();
  Settle(WorkerPool::Instance());
  LayOut(run, slices[0], layouts);
  size_t rows = 0;  // of the batch in work
  for (size_t i = 0; i < slices.size(); ++i) {
    WorkerPool::YieldOrThrow();
    const Slice& slice = slices[i];
    if (i + 1 < slices.size())
      next_batch.Set([&run, this, &next = slices[i + 1], others] { LayOut(run, next, others); });
    BatchContext batch = {kernels,
                          WorkerPool::Instance(),
                          shortcuts_,
                          next_batch,
                          *gradients_,
                          run.training,
                          training,
                          run.training && !training ? (draws_ + 1) << 32
                          : optimizer_              ? optimizer_->batches()
                                                    : 0,
                          training ? optimizer_->loss_scale() : 1.0f};
    if (slice.begins_batch) totals_ = result->totals;
    ReadSources(*slice.data, *layouts);
    RunSlice(run, slice, batch, result->rows_done + rows);
    rows += slice.rows;
    if (slice.ends_batch) {
      WorkerPool::YieldOrThrow();
      const CommitScope commit(control);
      Commit(batch, run.mode);
      std::swap(result->totals, totals_);
      result->rows_done += std::exchange(rows, 0);
    }
    next_batch.Finish();
    std::swap(layouts, others);
  }
}

// All that can be dropped again.
void Model::RunSlice(const Run& run, const Slice& slice, BatchContext& batch, size_t done) {
  Forward(batch);
  if (run.mode != RunMode::kPredict) {
    Score(slice, batch, run.mode == RunMode::kTrain);
    if (run.mode == RunMode::kTrain) Propagate(batch);
    return;
  }
  for (size_t k = 0; k < heads_.size(); ++k)
    if (run.outputs[k])
      heads_[k].Write(tensors_[plan_.outputs()[k]], batch.pool, run.outputs[k] + done * output_sizes_[k]);
}

// All that lasts. Takes no memory, so that nothing can go wrong half-way.
void Model::Commit(BatchContext& batch, RunMode mode) {
  if (mode == RunMode::kTrain) {
    optimizer_->Step(batch.kernels, batch.pool);
    Invalidate();
  } else if (batch.training) {
    ++draws_;
  }
  for (const PlannedNode& node : plan_.nodes()) node.node->Commit();
}

}  // namespace ostinato
