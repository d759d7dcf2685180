// SPDX-License-Identifier: MIT
#include "layers/conv1d.h"

#include <cstring>

#include "layers/gather.h"
#include "layers/pack.h"

namespace ostinato {
namespace {

constexpr size_t kKernel = 0, kBias = 1;
constexpr size_t kRowsPerTask = 128;

// Copies `width` columns of rows [begin, end).
void CopyColumns(const float* from, size_t from_stride, float* to, size_t to_stride, size_t width,
                 size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i)
    std::memcpy(to + i * to_stride, from + i * from_stride, width * sizeof(float));
}

}  // namespace

Conv1d::Conv1d(const Conv1dConfig& config)
    : config_(config),
      stride_(PaddedStride(config.filters)),
      packed_(arena()),
      packed_back_(arena()),
      padded_bias_(arena()) {
  ExpectShape(config.features % config.groups == 0 && config.filters % config.groups == 0,
              "conv1d needs whole groups");
  AddParameter({config.taps(), config.depth(), config.filters}, config.weights[kKernel]);
  if (config.use_bias) AddParameter({config.filters}, config.weights[kBias]);
}

std::vector<ValueShape> Conv1d::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ValueShape shape = OneSequence(inputs, "conv1d");
  ExpectShape(shape.columns == config_.features, "conv1d reads its features");
  if (shape.steps > 0) shape.steps = config_.windows.Count(shape.steps);
  shape.columns = config_.filters;
  return {shape};
}

std::unique_ptr<Node> Conv1d::MakeNode(const NodeConfig& node) {
  return std::make_unique<Conv1dNode>(this, node.arena);
}

// On the threads of `pool`, or where that is null on this one.
void Conv1d::PackWeights(const KernelTable& kernels, WorkerPool* pool) {
  PackOnce(pool, [&] {
    const size_t filters = config_.filters, taps = config_.taps(), depth = config_.depth();
    const size_t width = config_.width(), each = depth * PaddedColumns(width);
    const size_t each_back = width * PaddedColumns(depth);
    packed_.Resize(config_.groups * taps * each);
    packed_back_.Resize(config_.groups * taps * each_back);
    padded_bias_.Resize(config_.groups * PaddedStride(width));
    padded_bias_.Zero();
    for (size_t g = 0; g < config_.groups; ++g) {
      for (size_t k = 0; k < taps; ++k) {
        const float* kernel = parameters()[kKernel].value.data() + k * depth * filters + g * width;
        const size_t at = g * taps + k;
        const PackArgs packs[] = {
            {kernel, filters, depth, width, false, packed_.data() + at * each, 0},
            {kernel, filters, width, depth, true, packed_back_.data() + at * each_back, 0}};
        Pack(kernels, pool, packs);
      }
      if (config_.use_bias)
        std::memcpy(padded_bias_.data() + g * PaddedStride(width),
                    parameters()[kBias].value.data() + g * width, width * sizeof(float));
    }
  });
}

StreamRows Conv1d::Step(const StreamRows& input, const StreamBatch& batch) const {
  const size_t features = config_.features, kept = stream_floats();
  for (size_t k = 0; k < config_.taps(); ++k) {
    GemmArgs args = {input.data,
                     input.index,
                     input.stride,
                     packed_.data() + k * features * PaddedColumns(config_.width()),
                     features,
                     config_.width(),
                     k == 0 ? padded_bias_.data() : nullptr,
                     k > 0,
                     batch.work,
                     stride_,
                     0,
                     batch.rows};
    if (k + 1 < config_.taps()) {
      args.a = batch.states + k * config_.windows.dilation * features;
      args.index = batch.places;
      args.lda = batch.state_stride;
    }
    batch.kernels.gemm(args);
  }
  for (size_t i = 0; i < batch.rows && kept > 0; ++i) {
    float* rows = batch.states + static_cast<size_t>(batch.places[i]) * batch.state_stride;
    std::memmove(rows, rows + features, (kept - features) * sizeof(float));
    std::memcpy(rows + kept - features, RowAt(input, i), features * sizeof(float));
  }
  if (config_.activation != Activation::kLinear)
    batch.kernels.activate(
        {config_.activation, batch.work, nullptr, nullptr, batch.work, batch.rows, config_.filters, stride_});
  return {batch.work, nullptr, stride_, config_.filters};
}

Conv1dNode::Conv1dNode(Conv1d* layer, Arena* arena)
    : layer_(*layer),
      config_(layer->config_),
      stride_(layer->stride_),
      expand_(arena),
      layout_(arena),
      input_(arena),
      reads_(arena),
      read_by_(arena),
      grouped_(arena),
      sums_(arena),
      output_(arena),
      input_gradient_(arena),
      tap_gradient_(arena),
      kernel_gradient_(arena),
      bias_gradient_(arena) {}

void Conv1dNode::IndexTaps() {
  const size_t rows = layout_.rows(), outputs = layout_.step_count();
  const size_t inputs = input_.size() / PaddedStride(config_.features);
  const int64_t steps = static_cast<int64_t>((inputs - 1) / rows), before = config_.windows.Before(steps);
  reads_.Resize(config_.taps() * outputs);
  read_by_.Resize(config_.taps() * inputs);
  reads_.Zero();
  read_by_.Zero();
  for (size_t k = 0; k < config_.taps(); ++k)
    for (size_t w = 0; w < layout_.steps(); ++w) {
      const int64_t t = config_.windows.Step(w, k, before);
      if (t < 0 || t >= steps) continue;
      for (size_t r = 0; r < rows; ++r) {
        const size_t from = 1 + static_cast<size_t>(t) * rows + r, to = 1 + w * rows + r;
        reads_[k * outputs + to] = static_cast<int32_t>(from);
        read_by_[k * inputs + from] = static_cast<int32_t>(to);
      }
    }
}

Tensor Conv1dNode::Forward(const Tensor& given, BatchContext& batch) {
  const Tensor input = expand_.Forward(given);
  layout_.BuildPlain(*input.layout,
                     static_cast<size_t>(config_.windows.Count(static_cast<int64_t>(input.layout->steps()))));
  layer_.PackWeights(batch.kernels, batch.packing_pool());
  const size_t input_stride = PaddedStride(config_.features), group_stride = PaddedStride(config_.width());
  Gather(input, batch, &input_);
  std::memset(input_.data(), 0, input_stride * sizeof(float));
  IndexTaps();
  const size_t count = layout_.step_count(), groups = config_.groups;
  output_.Resize(count * stride_);
  const bool keeps = NeedsSums();
  if (keeps) sums_.Resize(count * stride_);
  if (groups > 1) grouped_.Resize(groups * count * group_stride);
  float* sums = keeps ? sums_.data() : output_.data();
  ForChunks(batch.pool, 0, count, kRowsPerTask, [&](size_t begin, size_t end) {
    for (size_t g = 0; g < groups; ++g) {
      float* out = groups > 1 ? grouped_.data() + g * count * group_stride : sums;
      for (size_t k = 0; k < config_.taps(); ++k)
        batch.kernels.gemm({input_.data() + g * config_.depth(), reads_.data() + k * count, input_stride,
                            layer_.packed_.data() +
                                (g * config_.taps() + k) * config_.depth() * PaddedColumns(config_.width()),
                            config_.depth(), config_.width(),
                            k == 0 ? layer_.padded_bias_.data() + g * group_stride : nullptr, k > 0, out,
                            group_stride, begin, end});
      if (groups > 1)
        CopyColumns(out, group_stride, sums + g * config_.width(), stride_, config_.width(), begin, end);
    }
    const size_t at = begin * stride_;
    if (groups > 1)
      for (size_t i = begin; i < end; ++i)
        std::memset(sums + i * stride_ + config_.filters, 0, (stride_ - config_.filters) * sizeof(float));
    if (keeps || config_.activation != Activation::kLinear)
      batch.kernels.activate({config_.activation, sums + at, nullptr, nullptr, output_.data() + at,
                              end - begin, config_.filters, stride_});
  });
  Tensor output = RowsLike(input, output_.data(), stride_, config_.filters);
  output.layout = &layout_;
  return output;
}

// Windows know no mask: from here on every timestep counts.
Gradient Conv1dNode::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const size_t count = layout_.step_count(), groups = config_.groups,
               group_stride = PaddedStride(config_.width());
  float* deltas = output.data;
  if (!fused_ && config_.activation != Activation::kLinear) {
    ForChunks(batch.pool, 0, count, kRowsPerTask, [&](size_t begin, size_t end) {
      const size_t at = begin * stride_;
      batch.kernels.activation_gradient({config_.activation, output.data + at, output_.data() + at,
                                         NeedsSums() ? sums_.data() + at : nullptr, deltas + at, end - begin,
                                         config_.filters, stride_});
    });
  }
  // The row that taps in the padding read.
  std::memset(deltas, 0, stride_ * sizeof(float));
  if (groups > 1) {
    grouped_.Zero();
    for (size_t g = 0; g < groups; ++g)
      CopyColumns(deltas + g * config_.width(), stride_, grouped_.data() + g * count * group_stride,
                  group_stride, config_.width(), 0, count);
    deltas = grouped_.data();
  }
  WeightGradients(deltas, batch);
  if (!needs_input) return {};
  InputGradient(deltas, batch);
  return expand_.Backward({input_gradient_.data(), PaddedStride(config_.features), false}, batch);
}

void Conv1dNode::InputGradient(const float* deltas, BatchContext& batch) {
  const size_t count = layout_.step_count(), groups = config_.groups;
  const size_t stride = PaddedStride(config_.features), inputs = input_.size() / stride;
  const size_t group_stride = PaddedStride(config_.width()), depth_stride = PaddedStride(config_.depth());
  input_gradient_.Resize(inputs * stride);
  // The input is needed no more: its memory takes what belongs to one group, whose rows are no longer.
  if (groups > 1) input_gradient_.Zero();
  float* const part = groups > 1 ? input_.data() : input_gradient_.data();
  ForChunks(batch.pool, 0, inputs, kRowsPerTask, [&](size_t begin, size_t end) {
    for (size_t g = 0; g < groups; ++g) {
      for (size_t k = 0; k < config_.taps(); ++k)
        batch.kernels.gemm({deltas + g * count * group_stride, read_by_.data() + k * inputs, group_stride,
                            layer_.packed_back_.data() +
                                (g * config_.taps() + k) * config_.width() * PaddedColumns(config_.depth()),
                            config_.width(), config_.depth(), nullptr, k > 0, part, depth_stride, begin,
                            end});
      if (groups > 1)
        CopyColumns(part, depth_stride, input_gradient_.data() + g * config_.depth(), stride, config_.depth(),
                    begin, end);
    }
  });
}

void Conv1dNode::WeightGradients(const float* deltas, BatchContext& batch) {
  const size_t count = layout_.step_count(), group_stride = PaddedStride(config_.width());
  kernel_gradient_.Resize(config_.taps() * config_.depth() * stride_);
  bias_gradient_.Resize(stride_);
  for (size_t g = 0; g < config_.groups; ++g)
    for (size_t k = 0; k < config_.taps(); ++k) {
      const bool bias = config_.use_bias && k == 0;
      tap_gradient_.Plan(input_.data() + g * config_.depth(), reads_.data() + k * count,
                         PaddedStride(config_.features), config_.depth(), deltas + g * count * group_stride,
                         group_stride, config_.width(), 0, count, bias);
      batch.pool.For(tap_gradient_.tasks(), [&](size_t task) { tap_gradient_.Run(batch.kernels, task); });
      tap_gradient_.Reduce(batch.kernels);
      CopyColumns(tap_gradient_.sum(), group_stride,
                  kernel_gradient_.data() + k * config_.depth() * stride_ + g * config_.width(), stride_,
                  config_.width(), 0, config_.depth());
      if (bias)
        std::memcpy(bias_gradient_.data() + g * config_.width(), tap_gradient_.bias_sum(),
                    config_.width() * sizeof(float));
    }
  batch.weights.Add(layer_.parameters()[kKernel], {kernel_gradient_.data(), stride_});
  if (config_.use_bias) batch.weights.Add(layer_.parameters()[kBias], {bias_gradient_.data(), stride_});
}

}  // namespace ostinato
