// SPDX-License-Identifier: MIT
#include "layers/dense.h"

#include <cstring>

#include "layers/pack.h"

namespace ostinato {
namespace {

constexpr size_t kKernel = 0, kBias = 1;
constexpr size_t kRowsPerTask = 128;

size_t SizeOf(const std::vector<size_t>& shape) {
  size_t size = 1;
  for (const size_t axis : shape) size *= axis;
  return size;
}

}  // namespace

Dense::Dense(const DenseConfig& config)
    : config_(config),
      features_(SizeOf(config.feature_shape)),
      units_(SizeOf(config.unit_shape)),
      stride_(PaddedStride(units_)),
      packed_(arena()),
      packed_back_(arena()),
      padded_bias_(arena()) {
  std::vector<size_t> shape = config.feature_shape;
  shape.insert(shape.end(), config.unit_shape.begin(), config.unit_shape.end());
  AddParameter(shape, config.weights[kKernel], config.unit_shape.size());
  if (config.use_bias) AddParameter(config.unit_shape, config.weights[kBias], config.unit_shape.size());
}

std::vector<ValueShape> Dense::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneInput(inputs, "dense");
  ExpectShape(shape.columns == features_, "dense reads its features");
  shape.columns = units_;
  return {shape};
}

std::unique_ptr<Node> Dense::MakeNode(const NodeConfig& node) {
  return std::make_unique<DenseNode>(this, node.arena);
}

// On the threads of `pool`, or where that is null on this one.
void Dense::PackWeights(const KernelTable& kernels, WorkerPool* pool) {
  PackOnce(pool, [&] {
    const size_t features = features_, units = units_;
    packed_.Resize(features * PaddedColumns(units));
    packed_back_.Resize(units * PaddedColumns(features));
    padded_bias_.Resize(stride_);
    const float* kernel = parameters()[kKernel].value.data();
    const PackArgs packs[] = {{kernel, units, features, units, false, packed_.data(), 0},
                              {kernel, units, units, features, true, packed_back_.data(), 0}};
    Pack(kernels, pool, packs);
    padded_bias_.Zero();
    if (config_.use_bias)
      std::memcpy(padded_bias_.data(), parameters()[kBias].value.data(), units * sizeof(float));
  });
}

DenseNode::DenseNode(Dense* layer, Arena* arena)
    : layer_(*layer), logits_(arena), output_(arena), input_gradient_(arena), kernel_gradient_(arena) {}

Tensor DenseNode::Forward(const Tensor& input, BatchContext& batch) {
  input_ = input;
  layer_.PackWeights(batch.kernels, batch.packing_pool());
  const DenseConfig& config = layer_.config_;
  const size_t rows = RowCount(input), stride = layer_.stride_;
  output_.Resize(rows * stride);
  const bool keeps = NeedsLogits();
  if (keeps) logits_.Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, kRowsPerTask, [&](size_t begin, size_t end) {
    float* before = keeps ? logits_.data() : output_.data();
    batch.kernels.gemm({input.data, input.index, input.stride, layer_.packed_.data(), layer_.features_,
                        layer_.units_, layer_.padded_bias_.data(), false, before, stride, begin, end});
    if (keeps || config.activation != Activation::kLinear)
      batch.kernels.activate({config.activation, before + begin * stride, nullptr, nullptr,
                              output_.data() + begin * stride, end - begin, layer_.units_, stride});
  });
  return RowsLike(input, output_.data(), stride, layer_.units_);
}

StreamRows Dense::Step(const StreamRows& input, const StreamBatch& batch) const {
  batch.kernels.gemm({input.data, input.index, input.stride, packed_.data(), features_, units_,
                      padded_bias_.data(), false, batch.work, stride_, 0, batch.rows});
  if (config_.activation != Activation::kLinear)
    batch.kernels.activate(
        {config_.activation, batch.work, nullptr, nullptr, batch.work, batch.rows, units_, stride_});
  return {batch.work, nullptr, stride_, units_, input.masked};
}

Gradient DenseNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const DenseConfig& config = layer_.config_;
  const size_t rows = RowCount(input_), stride = layer_.stride_;
  const size_t input_stride = PaddedStride(layer_.features_);
  const bool through_activation = !fused_ && config.activation != Activation::kLinear;
  float* const deltas = output.data;
  if (needs_input) input_gradient_.Resize(rows * input_stride);
  ForChunks(batch.pool, 0, rows, kRowsPerTask, [&](size_t begin, size_t end) {
    const size_t at = begin * stride;
    if (through_activation)
      batch.kernels.activation_gradient({config.activation, deltas + at, output_.data() + at,
                                         NeedsLogits() ? logits_.data() + at : nullptr, deltas + at,
                                         end - begin, layer_.units_, stride});
    if (needs_input)
      batch.kernels.gemm({deltas, nullptr, stride, layer_.packed_back_.data(), layer_.units_,
                          layer_.features_, nullptr, false, input_gradient_.data(), input_stride, begin,
                          end});
  });
  kernel_gradient_.Plan(input_.data, input_.index, input_.stride, layer_.features_, deltas, stride,
                        layer_.units_, 0, rows, config.use_bias);
  batch.pool.For(kernel_gradient_.tasks(), [&](size_t task) { kernel_gradient_.Run(batch.kernels, task); });
  kernel_gradient_.Reduce(batch.kernels);
  batch.weights.Add(layer_.parameters()[kKernel], {kernel_gradient_.sum(), stride});
  if (config.use_bias) batch.weights.Add(layer_.parameters()[kBias], {kernel_gradient_.bias_sum(), stride});
  if (!needs_input) return {};
  return {input_gradient_.data(), input_stride, false};
}

}  // namespace ostinato
