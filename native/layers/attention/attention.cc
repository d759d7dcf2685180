// SPDX-License-Identifier: MIT
#include "layers/attention/attention.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace ostinato {
namespace {

double DotProduct(Matrix a, MutableMatrix b, size_t rows, size_t columns) {
  double sum = 0.0;
  for (size_t i = 0; i < rows; ++i)
    for (size_t c = 0; c < columns; ++c)
      sum += static_cast<double>(a.data[i * a.stride + c]) * b.data[i * b.stride + c];
  return sum;
}

}  // namespace

Attention::Attention(const AttentionConfig& config) : config_(config) {
  size_t weight = 0;
  if (config.score == AttentionScore::kAdditive) {
    if (config.use_scale) AddParameter({config.features}, config.weights[weight]);
    return;
  }
  if (config.use_scale) AddParameter({1}, config.weights[weight++]);
  if (config.score == AttentionScore::kConcat) AddParameter({1}, config.weights[weight]);
}

float Attention::scale() const {
  const bool is_weight = config_.use_scale && config_.score != AttentionScore::kAdditive;
  return is_weight ? parameters().front().value[0] : config_.scale;
}

float Attention::sum_weight(size_t c) const {
  if (config_.score == AttentionScore::kConcat) return parameters().back().value[0];
  return config_.use_scale ? parameters().front().value[c] : 1.0f;
}

std::vector<ValueShape> Attention::OutputShapes(const std::vector<ValueShape>& inputs) const {
  ExpectShape(inputs.size() >= 2 && inputs.size() <= 4, "attention has a query and values");
  const ValueShape &query = inputs[0], &value = inputs[1];
  ExpectShape(query.sequence && value.sequence, "attention reads sequences");
  const bool is_weighted = config_.use_scale && config_.score == AttentionScore::kAdditive;
  ExpectShape(!is_weighted || query.columns == config_.features, "attention reads its features");
  ExpectShape(query.columns % config_.heads == 0 && value.columns % config_.heads == 0,
              "heads have one number of features");
  const int64_t heads = static_cast<int64_t>(config_.heads);
  return {{true, query.steps, value.columns},
          {true, query.steps < 0 ? -1 : query.steps * heads,
           value.steps < 0 ? 0 : static_cast<size_t>(value.steps)}};
}

std::unique_ptr<Node> Attention::MakeNode(const NodeConfig& node) {
  return std::make_unique<AttentionNode>(this, node);
}

AttentionNode::AttentionNode(Attention* layer, const NodeConfig& node)
    : layer_(*layer),
      use_(node.use),
      arrange_(node.inputs, node.arena),
      query_(node.arena),
      value_(node.arena),
      key_(node.arena),
      doutput_(node.arena),
      output_(node.arena),
      dquery_(node.arena),
      dvalue_(node.arena),
      dkey_(node.arena),
      scores_layout_(node.arena),
      weights_(node.arena),
      dropped_(node.arena),
      scores_index_(node.arena),
      scratch_(node.arena),
      sum_weights_(node.arena),
      weight_parts_(node.arena),
      scale_parts_(node.arena),
      scale_gradient_(node.arena),
      sum_gradient_(node.arena) {
  const auto* call = dynamic_cast<const AttentionCall*>(node.call);
  ExpectShape(call && node.inputs == 2u + call->has_key + call->has_mask, "attention is called as such");
  call_ = *call;
}

void AttentionNode::SetSizes(BatchContext& batch) {
  const AttentionConfig& config = layer_.config_;
  const Tensor &query = QueryView(), &value = ValueView();
  heads_ = config.heads;
  rows_ = query.layout->rows();
  queries_ = query.layout->steps();
  keys_ = value.layout->steps();
  stride_ = PaddedStride(keys_);
  ExpectShape(KeyView().layout->steps() == keys_ && KeyView().columns == query.columns,
              "keys are as many as values, and as wide as queries");
  if (call_.has_mask) {
    const Tensor& mask = arrange_.views().back();
    ExpectShape(mask.columns == keys_ && (mask.layout->steps() == queries_ || mask.layout->steps() == 1),
                "a mask has an element for each query and key");
  }
  query_.Set(query, heads_, batch);
  value_.Set(value, heads_, batch);
  if (call_.has_key) key_.Set(KeyView(), heads_, batch);
  const size_t floats = (1 + rows_ * heads_ * queries_) * stride_;
  weights_.Resize(floats);
  std::memset(weights_.data(), 0, stride_ * sizeof(float));
  if (Drops(batch) && GivesDropped()) {
    dropped_.Resize(floats);
    std::memset(dropped_.data(), 0, stride_ * sizeof(float));
  }
  if (!config.multi_head)
    no_keys_ = NoKeys::kLower;
  else
    no_keys_ = config.dropout > 0.0f || call_.gives_scores ? NoKeys::kNone : NoKeys::kAlike;
  if (!layer_.is_additive()) return;
  sum_weights_.Resize(PaddedStride(query.columns));
  sum_weights_.Zero();
  for (size_t c = 0; c < query.columns; ++c) sum_weights_[c] = layer_.sum_weight(c);
}

// Cuts rows into tasks, each with memory of its own. How many there are changes no bit of the results.
template <class Body>
void AttentionNode::ForRows(BatchContext& batch, bool backward, Body&& body) {
  const size_t block = queries_ * stride_;
  const bool drops = Drops(batch);
  const size_t deepest = std::max({query_.columns(), value_.columns(), keys_});
  const size_t sizes[] = {PanelFloats(deepest),
                          MasksKeys() ? (call_.has_mask ? queries_ : 1) * PaddedColumns(keys_) : 0,
                          drops ? block : 0,
                          backward ? block : 0,
                          backward ? 0 : output_.scratch_floats(),
                          backward ? dquery_.scratch_floats() : 0,
                          backward && call_.has_key ? dkey_.scratch_floats() : 0,
                          backward ? dvalue_.scratch_floats() : 0};
  size_t floats = 0;
  for (const size_t size : sizes) floats += PaddedColumns(size);
  const size_t tasks = std::min(rows_, 4 * batch.pool.threads()), each = (rows_ + tasks - 1) / tasks;
  scratch_.Resize(tasks * floats);
  batch.pool.For(tasks, [&](size_t task) {
    float* parts[8];
    float* next = scratch_.data() + task * floats;
    for (size_t i = 0; i < 8; ++i) {
      parts[i] = next;
      next += PaddedColumns(sizes[i]);
    }
    const Scratch scratch = {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], parts[7]};
    for (size_t r = task * each; r < std::min(rows_, (task + 1) * each); ++r) body(r, scratch);
  });
}

bool AttentionNode::MasksKeys() const {
  return call_.has_mask || ValueView().counts || (layer_.config_.multi_head && KeyView().counts);
}

void AttentionNode::FillKeys(size_t r, float* out) const {
  constexpr float kOut = -std::numeric_limits<float>::infinity();
  const size_t padded = PaddedColumns(keys_);
  const uint8_t* values = ValueView().counts;
  const uint8_t* keys = layer_.config_.multi_head ? KeyView().counts : nullptr;
  for (size_t j = 0; j < padded; ++j) {
    const size_t position = 1 + j * rows_ + r;
    const bool counts = j < keys_ && (!values || values[position]) && (!keys || keys[position]);
    out[j] = counts ? 0.0f : kOut;
  }
  if (!call_.has_mask) return;
  // The row of all queries becomes that of the first, and begins those of the others.
  const Tensor& mask = arrange_.views().back();
  for (size_t i = queries_; i-- > 0;) {
    const float* row = RowAt(mask, 1 + (mask.layout->steps() == 1 ? 0 : i) * rows_ + r);
    for (size_t j = 0; j < padded; ++j) out[i * padded + j] = j < keys_ && row[j] != 0.0f ? out[j] : kOut;
  }
}

AttentionWeightsArgs AttentionNode::WeightsArgs(size_t r, size_t head, const Scratch& scratch, float scale) {
  const uint8_t* queries = layer_.config_.multi_head ? QueryView().counts : nullptr;
  return {queries_,
          keys_,
          stride_,
          scale,
          queries ? queries + 1 + r : nullptr,
          rows_,
          MasksKeys() ? scratch.keys : nullptr,
          call_.has_mask ? PaddedColumns(keys_) : 0,
          call_.causal,
          no_keys_,
          WeightsOf(r, head),
          scratch.gradient};
}

AdditiveScoresArgs AttentionNode::ScoresArgs(size_t r, size_t head) {
  const Matrix query = query_.Of(r, head), key = Keys().Of(r, head);
  AdditiveScoresArgs args = {};
  args.query = query.data;
  args.query_stride = query.stride;
  args.rows = queries_;
  args.key = key.data;
  args.key_stride = key.stride;
  args.columns = keys_;
  args.features = query_.columns();
  args.scale = layer_.scale();
  args.weights = sum_weights_.data();
  args.scores = WeightsOf(r, head);
  args.stride = stride_;
  return args;
}

// The mask is drawn again on the way back rather than kept.
void AttentionNode::Drop(size_t r, size_t head, const float* from, float* to,
                         const BatchContext& batch) const {
  const AttentionConfig& config = layer_.config_;
  const uint64_t first = static_cast<uint64_t>(r * heads_ + head) * queries_ * keys_;
  batch.kernels.dropout({from, to, queries_, keys_, stride_, config.dropout, SeedOfUse(config.seed, use_),
                         batch.iteration, first});
}

void AttentionNode::ForwardRow(size_t r, const Scratch& scratch, BatchContext& batch) {
  const KernelTable& kernels = batch.kernels;
  const size_t columns = value_.columns();
  if (MasksKeys()) FillKeys(r, scratch.keys);
  for (size_t head = 0; head < heads_; ++head) {
    float* weights = WeightsOf(r, head);
    if (layer_.is_additive()) {
      kernels.additive_scores(ScoresArgs(r, head));
    } else {
      Multiply(kernels, query_.Of(r, head), queries_, query_.columns(), Keys().Of(r, head), true, keys_,
               {weights, stride_}, scratch.panels);
    }
    kernels.attention_weights(WeightsArgs(r, head, scratch, layer_.is_additive() ? 1.0f : layer_.scale()));
    if (Drops(batch)) {
      float* dropped = GivesDropped() ? dropped_.data() + (weights - weights_.data()) : scratch.weights;
      Drop(r, head, weights, dropped, batch);
      weights = dropped;
    }
    Multiply(kernels, {weights, stride_}, queries_, keys_, value_.Of(r, head), false, columns,
             output_.Of(r, head, scratch.output), scratch.panels);
  }
  output_.Finish(r, scratch.output);
  const uint8_t* counts = QueryView().counts;
  for (size_t t = 0; t < queries_ && counts && !layer_.config_.multi_head; ++t)
    if (!counts[1 + t * rows_ + r]) std::memset(output_.Row(t, r), 0, output_.stride() * sizeof(float));
}

void AttentionNode::Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) {
  arrange_.ForwardPlain(inputs);
  SetSizes(batch);
  const size_t columns = ValueView().columns;
  output_.Set(Space::kSteps, rows_, queries_, heads_, columns);
  ForRows(batch, false, [&](size_t r, const Scratch& scratch) { ForwardRow(r, scratch, batch); });
  // The mask of the queries goes on.
  outputs[0] = RowsLike(QueryView(), output_.data(), output_.stride(), columns);
  outputs[1] = call_.gives_scores ? Scores(batch) : Tensor{};
}

// A view: weights lie row by row of the batch.
Tensor AttentionNode::Scores(const BatchContext& batch) {
  const size_t steps = heads_ * queries_;
  const bool dropped = Drops(batch) && GivesDropped();
  Tensor scores = RowsLike(QueryView(), (dropped ? dropped_ : weights_).data(), stride_, keys_);
  scores.counts = nullptr;
  if (heads_ > 1) {
    scores_layout_.BuildPlain(*scores.layout, steps);
    scores.layout = &scores_layout_;
  }
  scores_index_.Resize(1 + steps * rows_);
  scores_index_[0] = 0;
  for (size_t step = 0; step < steps; ++step)
    for (size_t r = 0; r < rows_; ++r)
      scores_index_[1 + step * rows_ + r] = static_cast<int32_t>(1 + r * steps + step);
  scores.index = scores_index_.data();
  return scores;
}

// From the gradient of the scores, scratch.gradient, to those of query and key.
void AttentionNode::ScoresGradient(size_t r, size_t head, const Scratch& scratch, const Wanted& wanted,
                                   const KernelTable& kernels) {
  const size_t columns = query_.columns();
  // Values that are keys too have the gradient of the means already.
  const bool accumulate = !call_.has_key && wanted.value && wanted.output.data;
  const auto dquery = [&] { return dquery_.Of(r, head, scratch.query); };
  const auto dkey = [&] {
    return call_.has_key ? dkey_.Of(r, head, scratch.key) : dvalue_.Of(r, head, scratch.value);
  };
  if (layer_.is_additive()) {
    AdditiveScoresArgs args = ScoresArgs(r, head);
    args.scores = scratch.gradient;
    args.dquery = dquery().data;
    args.dquery_stride = dquery().stride;
    args.accumulate = accumulate;
    args.dkey = dkey().data;
    args.dkey_stride = dkey().stride;
    args.dweights = weight_parts_.data() + 2 * r * sum_weights_.size();
    args.dscale = args.dweights + sum_weights_.size();
    return kernels.additive_scores_gradient(args);
  }
  if (wanted.key)
    MultiplyTransposed(kernels, {scratch.gradient, stride_}, queries_, keys_, query_.Of(r, head), columns,
                       accumulate, dkey());
  if (!wanted.query && !layer_.config_.use_scale) return;
  Multiply(kernels, {scratch.gradient, stride_}, queries_, keys_, Keys().Of(r, head), false, columns,
           dquery(), scratch.panels);
  if (layer_.config_.use_scale) scale_parts_[r] = DotProduct(query_.Of(r, head), dquery(), queries_, columns);
}

void AttentionNode::BackwardRow(size_t r, const Scratch& scratch, const Wanted& wanted, BatchContext& batch) {
  const KernelTable& kernels = batch.kernels;
  const bool drops = Drops(batch), multi_head = layer_.config_.multi_head;
  const size_t columns = value_.columns(), block = queries_ * stride_;
  const auto add_scores = [&](size_t head) {
    for (size_t t = 0; t < queries_ && wanted.scores.data; ++t) {
      const size_t position = 1 + (head * queries_ + t) * rows_ + r;
      kernels.add(scratch.gradient + t * stride_, wanted.scores.data + position * wanted.scores.stride,
                  PaddedColumns(keys_));
    }
  };
  if (MasksKeys()) FillKeys(r, scratch.keys);
  for (size_t head = 0; head < heads_; ++head) {
    const float* weights = WeightsOf(r, head);
    if (drops) {
      Drop(r, head, weights, scratch.weights, batch);
      weights = scratch.weights;
    }
    if (wanted.output.data) {
      const Matrix doutput = doutput_.Of(r, head);
      Multiply(kernels, doutput, queries_, columns, value_.Of(r, head), true, keys_,
               {scratch.gradient, stride_}, scratch.panels);
      if (wanted.value)
        MultiplyTransposed(kernels, {weights, stride_}, queries_, keys_, doutput, columns, false,
                           dvalue_.Of(r, head, scratch.value));
    } else {
      std::memset(scratch.gradient, 0, block * sizeof(float));
    }
    if (!multi_head) add_scores(head);
    if (drops) Drop(r, head, scratch.gradient, scratch.gradient, batch);
    if (multi_head) add_scores(head);
    kernels.attention_weights_gradient(WeightsArgs(r, head, scratch, wanted.scale));
    ScoresGradient(r, head, scratch, wanted, kernels);
  }
  if (wanted.query) dquery_.Finish(r, scratch.query);
  if (wanted.value) dvalue_.Finish(r, scratch.value);
  if (wanted.key && call_.has_key) dkey_.Finish(r, scratch.key);
}

void AttentionNode::Backward(const Gradient* outputs, const bool* needs, Gradient* inputs,
                             BatchContext& batch) {
  const AttentionConfig& config = layer_.config_;
  const Tensor &query = QueryView(), &value = ValueView();
  const bool additive = layer_.is_additive(), learns_scale = config.use_scale && !additive;
  // A scale of zero lets nothing through, but learns all the same.
  const bool is_shut = learns_scale && layer_.scale() == 0.0f;
  const Wanted wanted = {outputs[0], outputs[1],
                         needs[0],   needs[call_.has_key ? 2 : 1] && !is_shut,
                         needs[1],   additive || is_shut ? 1.0f : layer_.scale()};
  if (outputs[0].data) {
    Tensor view = RowsLike(query, outputs[0].data, outputs[0].stride, value.columns);
    for (size_t p = 1; p < RowCount(query) && query.counts && !config.multi_head; ++p)
      if (!query.counts[p]) std::memset(outputs[0].data + p * view.stride, 0, view.stride * sizeof(float));
    doutput_.Set(view, heads_, batch);
  }
  if (wanted.query || additive || learns_scale)
    dquery_.Set(Space::kSteps, rows_, queries_, heads_, query.columns);
  if (wanted.value || (additive && !call_.has_key))
    dvalue_.Set(Space::kSteps, rows_, keys_, heads_, value.columns);
  if (call_.has_key && (wanted.key || additive))
    dkey_.Set(Space::kSteps, rows_, keys_, heads_, query.columns);
  if (learns_scale) scale_parts_.Resize(rows_);
  if (additive) weight_parts_.Resize(2 * rows_ * sum_weights_.size());
  ForRows(batch, true, [&](size_t r, const Scratch& scratch) { BackwardRow(r, scratch, wanted, batch); });
  AddWeightGradients(wanted.scale, batch);
  if (needs[0] && !is_shut) inputs[0] = arrange_.Backward(0, dquery_.gradient(), batch);
  if (needs[1] && (outputs[0].data || (wanted.key && !call_.has_key)))
    inputs[1] = arrange_.Backward(1, dvalue_.gradient(), batch);
  if (call_.has_key && wanted.key) inputs[2] = arrange_.Backward(2, dkey_.gradient(), batch);
}

// Sums over the rows of the batch, in order.
void AttentionNode::AddWeightGradients(float scale, BatchContext& batch) {
  const AttentionConfig& config = layer_.config_;
  if (layer_.parameters().empty()) return;
  const size_t stride = sum_weights_.size();
  double scale_sum = 0.0, weight_sum = 0.0;
  scale_gradient_.Resize(kLaneAlign);
  if (!layer_.is_additive()) {
    for (size_t r = 0; r < rows_; ++r) scale_sum += scale_parts_[r];
    scale_sum /= static_cast<double>(scale);
  } else {
    sum_gradient_.Resize(stride);
    for (size_t c = 0; c < query_.columns(); ++c) {
      double sum = 0.0;
      for (size_t r = 0; r < rows_; ++r) {
        sum += weight_parts_[2 * r * stride + c];
        scale_sum += weight_parts_[(2 * r + 1) * stride + c];
      }
      sum_gradient_[c] = static_cast<float>(sum);
      weight_sum += sum;
    }
  }
  if (config.score == AttentionScore::kAdditive)
    return batch.weights.Add(layer_.parameters().front(), {sum_gradient_.data(), stride});
  scale_gradient_[0] = static_cast<float>(scale_sum);
  scale_gradient_[1] = static_cast<float>(weight_sum);
  if (config.use_scale) batch.weights.Add(layer_.parameters().front(), {scale_gradient_.data(), kLaneAlign});
  if (config.score == AttentionScore::kConcat)
    batch.weights.Add(layer_.parameters().back(), {scale_gradient_.data() + 1, kLaneAlign});
}

}  // namespace ostinato
