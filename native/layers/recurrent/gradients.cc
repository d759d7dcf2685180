// SPDX-License-Identifier: MIT
#include "layers/recurrent/gradients.h"

#include <algorithm>
#include <cstring>

#include "layers/recurrent/product_rows.h"
#include "threading/ranges.h"

namespace ostinato {
namespace {

// Rows of deltas that are summed per token and multiplied while L2 holds them.
constexpr size_t kPartRows = 128;
// Floats of a weight that one task reduces.
constexpr size_t kReducedFloats = size_t{1} << 18;

}  // namespace

CellGradients::CellGradients(CellBatch* use, Arena* arena)
    : use_(*use),
      token_sums_(arena),
      kernel_sum_(arena),
      recurrent_sum_(arena),
      bias_sum_(arena),
      input_gradient_(arena) {
  for (size_t i = 0; i < use->cell.gates; ++i) {
    recurrent_gradients_.emplace_back(arena);
    trunk_gradients_.emplace_back(arena);
    kernel_gradients_.emplace_back(arena);
  }
}

void CellGradients::PlanSums(const BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  sums_tokens_ = use_.input.distinct && batch.shortcuts.reverse_projection && !use_.drops_inputs;
  size_t chunks = 0;
  if (sums_tokens_) {
    token_sums_.Plan(*use_.input.distinct, use_.input_deltas(), use_.sizes.delta_stride,
                     use_.cell.gates * use_.sizes.padded, layout.base(), layout.step_count());
    chunks = token_sums_.chunks().count();
  }
  PlanRecurrent(sums_tokens_ ? token_sums_.positions() : nullptr);
  // Long runs first, for a thread prefetches rows of its own run alone (LSTM(32): 0.98 of a step), short ones
  // last, to end together.
  chunk_runs_.clear();
  for (size_t chunk = 0; chunk < chunks;) {
    chunk_runs_.push_back(chunk);
    chunk += std::max<size_t>(1, (chunks - chunk) / (2 * batch.pool.threads()));
  }
  chunk_runs_.push_back(chunks);
}

// The recurrent kernel's gradient: equal positions of states and deltas, one product over the rows, another
// over the trunk when that is walked back. With dropout every gate has states of its own, and a candidate
// that is computed from the reset state has that.
void CellGradients::PlanRecurrent(const int32_t* order) {
  const BatchLayout& layout = use_.layout();
  const CellSizes& sizes = use_.sizes;
  const CellShape& cell = use_.cell;
  const size_t units = use_.config.units;
  const int32_t* before = use_.config.go_backwards ? layout.next() : nullptr;
  products_.clear();
  if (use_.drops_states) {
    for (size_t g = 0; g < cell.gates; ++g)
      products_.push_back(
          {use_.masked_states.data() + g * sizes.padded, before, sizes.masked_stride, g, 1, g});
  } else {
    products_.push_back({use_.states.data(), before, sizes.stride, 0, cell.gates, 0});
  }
  if (use_.weights.reset_before()) {
    const Product candidate = {use_.reset_states.data(), nullptr, sizes.stride, cell.kept - 1, 1, 0};
    if (use_.drops_states) {
      products_[0] = candidate;
    } else {
      products_[0] = {use_.states.data(), before, sizes.stride, 1, cell.gates - 1, 1};
      products_.push_back(candidate);
    }
  }
  const bool two_biases = use_.weights.two_biases();
  reduced_rows_ = std::max<size_t>(1, WorkerPool::Stretch(kReducedFloats) / (cell.gates * units));
  if (!recurrent_in_place()) recurrent_sum_.Resize(units * cell.gates * units);
  if (two_biases) bias_sum_.Resize(2 * cell.gates * units);
  for (size_t i = 0; i < products_.size(); ++i) {
    const Product& p = products_[i];
    const float* deltas = use_.deltas() + p.first_delta * sizes.padded;
    const size_t columns = p.gates * sizes.padded;
    recurrent_gradients_[i].Plan(p.a, p.index, p.lda, units, deltas, sizes.delta_stride, columns,
                                 layout.base(), layout.step_count(), two_biases, order);
    trunk_gradients_[i].Plan(p.a, p.index, p.lda, units, deltas, sizes.delta_stride, columns, 0,
                             layout.trunk(), two_biases);
  }
}

void CellGradients::RunSums(size_t task, size_t runs, const BatchContext& batch) {
  if (task < runs) return RunChunks(chunk_runs_[task], chunk_runs_[task + 1], batch);
  task -= runs;
  size_t i = 0;
  for (; task >= OwnTasks(i); ++i) task -= OwnTasks(i);
  recurrent_gradients_[i].Run(batch.kernels, task);
}

// Chunks [from, to) of the rows in the order of their tokens, each part read once for all of its sums.
void CellGradients::RunChunks(size_t from, size_t to, const BatchContext& batch) {
  const GradientChunks& chunks = token_sums_.chunks();
  for (size_t chunk = from; chunk < to; ++chunk) {
    for (size_t begin = chunks.first(chunk); begin < chunks.last(chunk); begin += kPartRows) {
      const size_t end = std::min(begin + kPartRows, chunks.last(chunk));
      token_sums_.RunPart(batch.kernels, chunk, begin, end);
      for (size_t i = 0; i < products_.size(); ++i)
        if (recurrent_gradients_[i].follows_order())
          recurrent_gradients_[i].RunPart(batch.kernels, chunk, begin, end, chunks.last(to - 1));
    }
  }
}

void CellGradients::AddTrunk(BatchContext& batch) {
  for (size_t i = 0; i < products_.size(); ++i) {
    WeightGradient& gradient = trunk_gradients_[i];
    for (size_t task = 0; task < gradient.tasks(); ++task) gradient.Run(batch.kernels, task);
    gradient.Reduce(batch.kernels);
  }
}

// Whether the sums lie as Keras lays out the recurrent kernel.
bool CellGradients::recurrent_in_place() const { return products_.size() == 1 && use_.weights.keeps_order(); }

size_t CellGradients::RecurrentTasks() const {
  return (use_.config.units + reduced_rows_ - 1) / reduced_rows_;
}

// The rows' part and the trunk's part of the gradients of the recurrent kernel and its bias, in Keras' order.
void CellGradients::ReduceRecurrent(size_t task, BatchContext& batch) {
  const size_t units = use_.config.units, gates = use_.cell.gates, padded = use_.sizes.padded;
  const size_t begin = task * reduced_rows_, end = std::min(units, begin + reduced_rows_);
  const bool in_place = recurrent_in_place(), has_bias = use_.weights.two_biases() && task == 0;
  for (size_t i = 0; i < products_.size(); ++i) {
    WeightGradient& gradient = recurrent_gradients_[i];
    const size_t stride = gradient.stride();
    gradient.Reduce(batch.kernels, begin, end);
    if (use_.layout().trunk() > 0) {
      const WeightGradient& trunk = trunk_gradients_[i];
      batch.kernels.add(gradient.mutable_sum() + begin * stride, trunk.sum() + begin * stride,
                        (end - begin) * stride);
      if (has_bias) batch.kernels.add(gradient.mutable_bias_sum(), trunk.bias_sum(), stride);
    }
    const Product& p = products_[i];
    for (size_t g = 0; g < p.gates; ++g) {
      const size_t to = use_.cell.recurrent_order[p.first_gate + g] * units;
      if (!in_place)
        for (size_t k = begin; k < end; ++k)
          std::memcpy(recurrent_sum_.data() + k * gates * units + to,
                      gradient.sum() + k * stride + g * padded, units * sizeof(float));
      if (has_bias)
        std::memcpy(bias_sum_.data() + gates * units + to, gradient.bias_sum() + g * padded,
                    units * sizeof(float));
    }
  }
}

// The gradients of kernel and bias: gradient i holds gates [i * n, (i + 1) * n) of the inputs.
void CellGradients::ReduceKernel(size_t count, BatchContext& batch) {
  const size_t features = use_.config.features, units = use_.config.units, gates = use_.cell.gates;
  const size_t each = gates / count, padded = use_.sizes.padded;
  const bool in_place = count == 1 && units == padded, use_bias = use_.config.use_bias;
  if (!in_place) kernel_sum_.Resize(features * gates * units);
  if (use_bias && !use_.weights.two_biases()) bias_sum_.Resize(gates * units);
  ForRanges(&batch.pool, features, reduced_rows_, [&](size_t begin, size_t end) {
    for (size_t i = 0; i < count; ++i) {
      WeightGradient& gradient = kernel_gradients_[i];
      gradient.Reduce(batch.kernels, begin, end);
      for (size_t g = 0; g < each; ++g) {
        const size_t to = (i * each + g) * units;
        if (!in_place)
          for (size_t k = begin; k < end; ++k)
            std::memcpy(kernel_sum_.data() + k * gates * units + to,
                        gradient.sum() + k * gradient.stride() + g * padded, units * sizeof(float));
        if (use_bias && begin == 0)
          std::memcpy(bias_sum_.data() + to, gradient.bias_sum() + g * padded, units * sizeof(float));
      }
    }
  });
  const auto& parameters = use_.layer.parameters();
  const WeightGradient& kernel = kernel_gradients_[0];
  batch.weights.Add(parameters[CellWeights::kKernel], in_place
                                                          ? WeightRows{kernel.sum(), kernel.stride()}
                                                          : WeightRows{kernel_sum_.data(), gates * units});
  const WeightGradient& recurrent = recurrent_gradients_[0];
  batch.weights.Add(parameters[CellWeights::kRecurrent],
                    recurrent_in_place() ? WeightRows{recurrent.sum(), recurrent.stride()}
                                         : WeightRows{recurrent_sum_.data(), gates * units});
  if (use_bias) batch.weights.Add(parameters[CellWeights::kBias], {bias_sum_.data(), gates * units});
}

Gradient CellGradients::Finish(CellDropout* dropout, BatchContext& batch, bool needs_input) {
  if (!use_.drops_inputs) return FinishInput(batch, needs_input);
  const size_t count = dropout->PlanKernel(&kernel_gradients_);
  for (size_t i = 0; i < count; ++i)
    batch.pool.For(kernel_gradients_[i].tasks(),
                   [&](size_t task) { kernel_gradients_[i].Run(batch.kernels, task); });
  batch.pool.For(RecurrentTasks(), [&](size_t task) { ReduceRecurrent(task, batch); });
  ReduceKernel(count, batch);
  return needs_input ? dropout->InputGradient(batch) : Gradient{};
}

Gradient CellGradients::FinishInput(BatchContext& batch, bool needs_input) {
  const Tensor& input = use_.input;
  const size_t rows = sums_tokens_ ? input.distinct->count : use_.layout().step_count();
  const size_t features = use_.config.features, gradient_stride = PaddedStride(features);
  const size_t columns = use_.cell.gates * use_.sizes.padded;
  const float* deltas = sums_tokens_ ? token_sums_.sums() : use_.input_deltas();
  const size_t stride = sums_tokens_ ? token_sums_.stride() : use_.sizes.delta_stride;
  const int32_t* index = sums_tokens_ ? input.distinct->tokens : input.index;
  WeightGradient& kernel = kernel_gradients_[0];
  kernel.Plan(input.data, index, input.stride, features, deltas, stride, columns, 0, rows,
              use_.config.use_bias);
  const size_t each = ProductRows(rows), products = needs_input ? (rows + each - 1) / each : 0;
  if (needs_input) input_gradient_.Resize(rows * gradient_stride);
  const size_t reductions = RecurrentTasks();
  batch.pool.For(reductions + kernel.tasks() + products, [&](size_t task) {
    if (task < reductions) return ReduceRecurrent(task, batch);
    task -= reductions;
    if (task < kernel.tasks()) return kernel.Run(batch.kernels, task);
    const size_t begin = (task - kernel.tasks()) * each;
    batch.kernels.gemm({deltas, nullptr, stride, use_.weights.packed_kernel_back(), columns, features,
                        nullptr, false, input_gradient_.data(), gradient_stride, begin,
                        std::min(begin + each, rows)});
  });
  ReduceKernel(1, batch);
  if (!needs_input) return {};
  return {input_gradient_.data(), gradient_stride, sums_tokens_};
}

}  // namespace ostinato
