// SPDX-License-Identifier: MIT
#include "layers/dense.h"

#include <cstring>

#include "layers/pack.h"

namespace ostinato {
namespace {

constexpr size_t kKernel = 0, kBias = 1;
constexpr size_t kRowsPerTask = 128;

}  // namespace

Dense::Dense(const DenseConfig& config, Arena* arena)
    : Layer(arena),
      config_(config),
      stride_(PaddedStride(config.units)),
      packed_(arena),
      packed_back_(arena),
      padded_bias_(arena),
      logits_(arena),
      output_(arena),
      deltas_(arena),
      input_gradient_(arena),
      kernel_gradient_(arena) {
  using Shape = std::vector<size_t>;
  parameters_.emplace_back(arena, Shape{config.features, config.units}, config.trainable,
                           config.weights[kKernel]);
  if (config.use_bias)
    parameters_.emplace_back(arena, Shape{config.units}, config.trainable, config.weights[kBias]);
}

// On the threads of `pool`, or where that is null on this one.
void Dense::PackWeights(const KernelTable& kernels, WorkerPool* pool) {
  if (packed_weights_) return;
  const size_t features = config_.features, units = config_.units;
  packed_.Resize(features * PaddedColumns(units));
  packed_back_.Resize(units * PaddedColumns(features));
  padded_bias_.Resize(stride_);
  const float* kernel = parameters_[kKernel].value.data();
  const PackArgs packs[] = {{kernel, units, features, units, false, packed_.data(), 0},
                            {kernel, units, units, features, true, packed_back_.data(), 0}};
  Pack(kernels, pool, packs);
  padded_bias_.Zero();
  if (config_.use_bias)
    std::memcpy(padded_bias_.data(), parameters_[kBias].value.data(), units * sizeof(float));
  packed_weights_ = true;
}

Tensor Dense::Forward(const Tensor& input, BatchContext& batch) {
  input_ = input;
  PackWeights(batch.kernels, &batch.pool);
  const size_t rows = RowCount(input);
  output_.Resize(rows * stride_);
  const bool keeps = NeedsLogits();
  if (keeps) logits_.Resize(rows * stride_);
  ForChunks(batch.pool, 0, rows, kRowsPerTask, [&](size_t begin, size_t end) {
    float* before = keeps ? logits_.data() : output_.data();
    batch.kernels.gemm({input.data, input.index, input.stride, packed_.data(), config_.features,
                        config_.units, padded_bias_.data(), false, before, stride_, begin, end});
    if (keeps || config_.activation != Activation::kLinear)
      batch.kernels.activate({config_.activation, before + begin * stride_, nullptr, nullptr,
                              output_.data() + begin * stride_, end - begin, config_.units, stride_});
  });
  return RowsLike(input, output_.data(), stride_, config_.units);
}

StreamRows Dense::Step(const StreamRows& input, const StreamBatch& batch) const {
  batch.kernels.gemm({input.data, input.index, input.stride, packed_.data(), config_.features, config_.units,
                      padded_bias_.data(), false, batch.work, stride_, 0, batch.rows});
  if (config_.activation != Activation::kLinear)
    batch.kernels.activate(
        {config_.activation, batch.work, nullptr, nullptr, batch.work, batch.rows, config_.units, stride_});
  return {batch.work, nullptr, stride_, config_.units};
}

Gradient Dense::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const size_t rows = RowCount(input_);
  const size_t input_stride = PaddedStride(config_.features);
  const bool through_activation = !fused_ && config_.activation != Activation::kLinear;
  float* deltas = output.data;
  if (through_activation) {
    deltas_.Resize(rows * stride_);
    deltas = deltas_.data();
  }
  if (needs_input) input_gradient_.Resize(rows * input_stride);
  ForChunks(batch.pool, 0, rows, kRowsPerTask, [&](size_t begin, size_t end) {
    const size_t at = begin * stride_;
    if (through_activation)
      batch.kernels.activation_gradient({config_.activation, output.data + at, output_.data() + at,
                                         NeedsLogits() ? logits_.data() + at : nullptr, deltas + at,
                                         end - begin, config_.units, stride_});
    if (needs_input)
      batch.kernels.gemm({deltas, nullptr, stride_, packed_back_.data(), config_.units, config_.features,
                          nullptr, false, input_gradient_.data(), input_stride, begin, end});
  });
  kernel_gradient_.Plan(input_.data, input_.index, input_.stride, config_.features, deltas, stride_,
                        config_.units, 0, rows, config_.use_bias);
  batch.pool.For(kernel_gradient_.tasks(), [&](size_t task) { kernel_gradient_.Run(batch.kernels, task); });
  kernel_gradient_.Reduce(batch.kernels);
  parameters_[kKernel].gradient = kernel_gradient_.sum();
  parameters_[kKernel].gradient_stride = stride_;
  if (config_.use_bias) {
    parameters_[kBias].gradient = kernel_gradient_.bias_sum();
    parameters_[kBias].gradient_stride = stride_;
  }
  if (!needs_input) return {};
  return {input_gradient_.data(), input_stride, false};
}

}  // namespace ostinato
