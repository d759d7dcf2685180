// SPDX-License-Identifier: MIT
#include "model/model.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "dispatch/dispatch.h"
#include "layers/activation_layer.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/gather.h"
#include "layers/simple_rnn.h"

namespace ostinato {
namespace {

// Positions are numbered with 32 bits.
constexpr size_t kMaxPositions = static_cast<size_t>(std::numeric_limits<int32_t>::max()) / 4;

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
      gathered_(&arena_),
      loss_gradient_(&arena_),
      target_index_(&arena_) {
  AddLayers(config);
  for (const auto& layer : layers_)
    for (Parameter& parameter : layer->parameters()) parameters_.push_back(&parameter);
}

// TypeScript has checked the shapes; what is wrong here is a bug of ours.
void Model::AddLayers(const ModelConfig& config) {
  bool sequence = is_tokens_ || input_shape_.size() == 2;
  int64_t steps = sequence ? input_shape_[0] : 1;
  size_t columns = is_tokens_ ? 1 : static_cast<size_t>(input_shape_.back());
  const auto expect = [](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::kInternal, std::string("native model: ") + what);
  };
  for (const LayerConfig& layer : config.layers) {
    switch (layer.kind) {
      case LayerConfig::Kind::kEmbedding:
        expect(is_tokens_ && layers_.empty(), "an embedding must be the first layer of a token model");
        expect(layer.weights.size() == 1, "an embedding has one weight");
        layers_.push_back(std::make_unique<Embedding>(
            EmbeddingConfig{layer.input_dim, layer.units, layer.trainable, layer.weights[0]}, &arena_));
        vocabulary_ = layer.input_dim;
        columns = layer.units;
        break;
      case LayerConfig::Kind::kSimpleRnn: {
        expect(sequence, "a recurrent layer needs a sequence");
        expect(layer.weights.size() == (layer.use_bias ? 3u : 2u), "a recurrent layer has its weights");
        const SimpleRnnConfig rnn = {
            columns,         layer.units,  layer.activation, layer.use_bias, layer.return_sequences,
            layer.trainable, layer.weights};
        layers_.push_back(std::make_unique<SimpleRnn>(rnn, &arena_));
        if (state_units_ == 0) state_units_ = layer.units;
        widest_state_ = std::max(widest_state_, layer.units);
        sequence = layer.return_sequences;
        columns = layer.units;
        break;
      }
      case LayerConfig::Kind::kDense:
        expect(layer.weights.size() == (layer.use_bias ? 2u : 1u), "a dense layer has its weights");
        layers_.push_back(std::make_unique<Dense>(DenseConfig{columns, layer.units, layer.activation,
                                                              layer.use_bias, layer.trainable, layer.weights},
                                                  &arena_));
        columns = layer.units;
        break;
      case LayerConfig::Kind::kActivation:
        layers_.push_back(std::make_unique<ActivationLayer>(layer.activation, &arena_));
        break;
      case LayerConfig::Kind::kFlatten:
        layers_.push_back(std::make_unique<Flatten>(&arena_));
        if (sequence) {
          expect(steps > 0, "flatten needs the number of timesteps");
          columns *= static_cast<size_t>(steps);
        }
        sequence = false;
        break;
      case LayerConfig::Kind::kDropout:
        layers_.push_back(std::make_unique<Dropout>(static_cast<float>(layer.rate), layer.seed, &arena_));
        break;
    }
  }
  output_columns_ = columns;
  output_is_sequence_ = sequence;
}

void Model::Invalidate() {
  for (const auto& layer : layers_) layer->Invalidate();
}

void Model::Compile(const CompileConfig& config) {
  compile_ = config;
  // With the logits at hand a saturated sigmoid or softmax loses nothing (docs/numerics.md).
  Layer& last = *layers_.back();
  fused_loss_ = !config.loss.from_logits && IsCrossentropy(config.loss.kind) &&
                last.CanFuseWithLoss(LastActivation(config.loss.kind));
  last.FuseWithLoss(fused_loss_);
  optimizer_ = std::make_unique<Optimizer>(config.optimizer, parameters_);
}

void Model::SetLearningRate(double rate) {
  if (optimizer_) optimizer_->set_learning_rate(rate);
}

size_t Model::output_size(size_t steps) const { return output_columns_ * (output_is_sequence_ ? steps : 1); }

void Model::CheckRun(const Run& run) const {
  const Dataset& data = *run.dataset;
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
    const bool sparse = compile_.loss.kind == LossKind::kSparseCategoricalCrossentropy;
    const size_t rows = output_is_sequence_ ? steps : 1;
    expect(data.target_size == rows * (sparse ? 1 : output_columns_), "the targets have the wrong size");
  }
  if (data.initial_state.size() > 0)
    expect(data.initial_state.size() == data.rows * state_units_, "the initial state has the wrong size");
  if (std::min(run.batch_size, run.end - run.begin) > kMaxPositions / std::max<size_t>(1, steps) ||
      data.rows > kMaxPositions * 4 / std::max<size_t>(1, steps))
    throw Error(ErrorCode::kShape,
                "ostinato: expected fewer than 2^29 timesteps in a batch and 2^31 in all, received "
                "more. Use a smaller batchSize, or feed the data in parts.");
}

// Rows may share a trunk as long as every layer treats them alike until a recurrent layer ends the sequence.
void Model::LayOut(const Run& run, size_t begin, BatchLayout* layout) const {
  const Dataset& data = *run.dataset;
  const size_t rows = std::min(run.batch_size, run.end - begin);
  // Weights that L1 does not hold are streamed once per block, so blocks are as tall as a tile then.
  const size_t walk_rows = widest_state_ >= 96 ? Kernels().tile_rows : Kernels().walk_rows;
  if (!is_tokens_) {
    layout->BuildValues(data.shape.size() == 2 ? data.shape[0] : 1, run.order, begin, rows, walk_rows);
    return;
  }
  bool shares = shortcuts_.shared_padding && data.initial_state.size() == 0;
  bool ends = false;
  for (size_t i = 0; i < layers_.size() && !ends; ++i) {
    shares = shares && layers_[i]->SharesPadding(run.mode == RunMode::kTrain);
    ends = layers_[i]->EndsSequence();
  }
  layout->BuildTokens(data.tokens.data(), data.shape[0], vocabulary_, run.order, begin, rows, shares && ends,
                      walk_rows);
}

Tensor Model::Forward(const Run& run, BatchContext& batch) {
  Tensor tensor;
  if (!is_tokens_) {
    const Dataset& data = *run.dataset;
    const bool sequence = data.shape.size() == 2;
    tensor = {sequence ? Space::kSteps : Space::kSamples,
              data.values.data(),
              sequence ? batch.layout.values() : batch.layout.samples(),
              data.shape.back(),
              data.shape.back(),
              nullptr};
  }
  for (const auto& layer : layers_) tensor = layer->Forward(tensor, batch);
  return tensor;
}

Model::Output Model::PrepareOutput(const Tensor& tensor, BatchContext& batch, bool with_gradient) {
  const BatchLayout& layout = batch.layout;
  const size_t stride = PaddedStride(output_columns_);
  Output output = {};
  const float* rows = tensor.data;
  if (tensor.index || tensor.stride != stride) {
    Gather(tensor, batch, &gathered_);
    rows = gathered_.data();
  }
  const size_t skipped = output_is_sequence_ ? layout.base() : 0;
  output.predictions = rows + skipped * stride;
  if (const float* logits = layers_.back()->Logits()) output.logits = logits + skipped * stride;
  output.columns = output_columns_;
  output.stride = stride;
  output.rows = layout.rows();
  output.targets = layout.samples();
  if (output_is_sequence_) {
    const size_t n = layout.rows(), steps = layout.steps();
    output.rows = n * steps;
    target_index_.Resize(output.rows);
    for (size_t t = 0; t < steps; ++t)
      for (size_t r = 0; r < n; ++r)
        target_index_[t * n + r] =
            layout.samples()[r] * static_cast<int32_t>(steps) + static_cast<int32_t>(t);
    output.targets = target_index_.data();
  }
  if (with_gradient) {
    loss_gradient_.Resize((skipped + output.rows) * stride);
    std::memset(loss_gradient_.data(), 0, skipped * stride * sizeof(float));
    output.gradient = loss_gradient_.data() + skipped * stride;
    output.whole_gradient = {loss_gradient_.data(), stride, false};
  }
  return output;
}

double Model::ComputeLoss(const LossConfig& loss, bool use_logits, const Output& output, const Dataset& data,
                          float scale, float* gradient) const {
  return Kernels().loss({loss.kind, loss.from_logits || use_logits,
                         use_logits ? output.logits : output.predictions, output.stride, output.rows,
                         output.columns, data.targets.data(), output.targets, output.target_columns, scale,
                         gradient});
}

double Model::Penalty(BatchContext& batch) const {
  double sum = 0.0;
  for (Parameter* parameter : parameters_) sum += parameter->Penalty(batch.kernels, batch.pool);
  return sum;
}

void Model::AddTotals(const Output& output, const Dataset& data, size_t rows, double loss,
                      RunResult* result) const {
  result->totals[0] += loss * static_cast<double>(rows);
  result->totals[1] += static_cast<double>(rows);
  for (size_t i = 0; i < compile_.metrics.size(); ++i) {
    const MetricConfig& metric = compile_.metrics[i];
    double total = 0.0;
    if (metric.is_loss) {
      const bool use_logits = output.logits && !metric.loss.from_logits && IsCrossentropy(metric.loss.kind) &&
                              LastActivation(metric.loss.kind) == LastActivation(compile_.loss.kind);
      total = ComputeLoss(metric.loss, use_logits, output, data, 0.0f, nullptr);
    } else {
      total = Kernels().metric({metric.kind, metric.threshold, output.predictions, output.stride, output.rows,
                                output.columns, data.targets.data(), output.targets, output.target_columns});
    }
    result->totals[2 + 2 * i] += total;
    result->totals[3 + 2 * i] += static_cast<double>(output.rows);
  }
}

// A layer's input needs a gradient wherever a layer below has weights.
void Model::Learn(Gradient gradient, BatchContext& batch) {
  size_t first = 0;
  while (first < layers_.size() && layers_[first]->parameters().empty()) ++first;
  for (size_t i = layers_.size(); i-- > first;) gradient = layers_[i]->Backward(gradient, batch, i > first);
  optimizer_->Step(batch.kernels, batch.pool);
  Invalidate();
}

RunResult Model::RunBatches(const Run& run, const std::atomic<bool>& stop) {
  RunResult result;
  result.totals = run.totals;
  result.totals.resize(2 + 2 * compile_.metrics.size(), 0.0);
  const Dataset& data = *run.dataset;
  const bool training = run.mode == RunMode::kTrain;
  BackgroundTask next_batch;
  BatchLayout* layout = &layouts_[0];
  BatchLayout* other = &layouts_[1];
  LayOut(run, run.begin, layout);
  for (size_t begin = run.begin; begin < run.end && !stop; begin += run.batch_size) {
    const size_t next = begin + run.batch_size;
    if (next < run.end) next_batch.Set([&run, this, next, other] { LayOut(run, next, other); });
    BatchContext batch = {Kernels(),
                          WorkerPool::Instance(),
                          shortcuts_,
                          *layout,
                          next_batch,
                          training,
                          optimizer_ ? optimizer_->iterations() : 0,
                          data.initial_state.size() > 0 ? data.initial_state.data() : nullptr};
    const Tensor tensor = Forward(run, batch);
    if (run.mode == RunMode::kPredict) {
      WriteOutputs(tensor, *layout, run.outputs + (begin - run.begin) * output_size(layout->steps()));
    } else {
      Output output = PrepareOutput(tensor, batch, training);
      output.target_columns = data.target_size / (output_is_sequence_ ? layout->steps() : 1);
      const float scale = 1.0f / static_cast<float>(output.rows);
      const double sum = ComputeLoss(compile_.loss, fused_loss_, output, data, scale, output.gradient);
      const double loss = sum / static_cast<double>(output.rows) + Penalty(batch);
      AddTotals(output, data, layout->rows(), loss, &result);
      if (training) Learn(output.whole_gradient, batch);
    }
    result.rows_done += layout->rows();
    next_batch.Finish();
    std::swap(layout, other);
  }
  return result;
}

void Model::WriteOutputs(const Tensor& tensor, const BatchLayout& layout, float* out) const {
  const size_t columns = output_columns_, steps = output_is_sequence_ ? layout.steps() : 1;
  const size_t base = output_is_sequence_ ? layout.base() : 0;
  for (size_t t = 0; t < steps; ++t)
    for (size_t r = 0; r < layout.rows(); ++r) {
      const size_t p = base + t * layout.rows() + r;
      const size_t from = tensor.index ? static_cast<size_t>(tensor.index[p]) : p;
      float* to = out + (static_cast<size_t>(layout.order()[r]) * steps + t) * columns;
      std::memcpy(to, tensor.data + from * tensor.stride, columns * sizeof(float));
    }
}

}  // namespace ostinato
