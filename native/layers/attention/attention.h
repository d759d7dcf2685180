// SPDX-License-Identifier: MIT
// Attention: for each query a mean of the values, weighted by the softmax of scores of query and keys
// (keras/src/layers/attention/attention.py, additive_attention.py, and what multi_head_attention.py does
// between its projections). All heads of a row of the batch are one task: no sum goes across rows, but those
// of the layer's own weights.
#ifndef OSTINATO_LAYERS_ATTENTION_ATTENTION_H_
#define OSTINATO_LAYERS_ATTENTION_ATTENTION_H_

#include <vector>

#include "layers/layer.h"
#include "layers/merging/arrange.h"
#include "layers/row_matrices.h"

namespace ostinato {

// Of query q and key k: scale q k; weight * sum of tanh(scale (q + k)); sum of weights * tanh(q + k).
enum class AttentionScore { kDot, kConcat, kAdditive };

struct AttentionConfig {
  AttentionScore score;
  size_t heads;     // side by side in the columns of all inputs
  size_t features;  // columns of a query, where there is a weight for each
  float scale;      // where no weight is
  bool use_scale;
  // Keras' two families differ. Attention: the output of a masked query is zero, a query without keys attends
  // to all as if scores were 1e9 lower, scores are given after dropout. Here: a masked query has no keys, a
  // query without keys attends to all alike, or to none where scores are given or may be dropped, and scores
  // are given before dropout.
  bool multi_head;
  float dropout;
  uint64_t seed;
  std::vector<WeightConfig> weights;
};

struct AttentionCall : NodeCall {
  bool has_key, has_mask;  // inputs behind query and value; the mask is [N, Tq, Tv] or [N, 1, Tv]
  bool causal;             // no query attends to keys behind it
  bool gives_scores;       // somebody reads the weights
};

class Attention : public Layer {
 public:
  explicit Attention(const AttentionConfig& config);
  // The means, and the weights of the means: [N, heads * Tq, Tv].
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  void SetSeed(uint64_t seed) override { config_.seed = seed; }

 private:
  friend class AttentionNode;
  bool is_additive() const { return config_.score != AttentionScore::kDot; }
  float scale() const;
  // Of additive scores: the factor of feature c in the sum.
  float sum_weight(size_t c) const;

  AttentionConfig config_;
};

class AttentionNode : public Node {
 public:
  AttentionNode(Attention* layer, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  bool SharesPadding(bool) const override { return false; }
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }

 private:
  // A task's memory, cut up.
  struct Scratch {
    float *panels, *keys, *weights, *gradient, *output, *query, *key, *value;
  };
  // What Backward is asked for.
  struct Wanted {
    Gradient output, scores;
    bool query, key, value;
    float scale;  // of dot products
  };

  // Whether the weights are given after dropout.
  bool GivesDropped() const { return call_.gives_scores && !layer_.config_.multi_head; }
  bool Drops(const BatchContext& batch) const { return batch.training && layer_.config_.dropout > 0.0f; }
  float* WeightsOf(size_t r, size_t head) {
    return weights_.data() + (1 + (r * heads_ + head) * queries_) * stride_;
  }
  const Tensor& QueryView() const { return arrange_.views()[0]; }
  const Tensor& ValueView() const { return arrange_.views()[1]; }
  const Tensor& KeyView() const { return arrange_.views()[call_.has_key ? 2 : 1]; }
  const RowMatrices& Keys() const { return call_.has_key ? key_ : value_; }

  void SetSizes(BatchContext& batch);
  AttentionWeightsArgs WeightsArgs(size_t r, size_t head, const Scratch& scratch, float scale);
  AdditiveScoresArgs ScoresArgs(size_t r, size_t head);
  bool MasksKeys() const;
  // Fills `out` with the keys that each query of row r may attend to, or all queries; as AttentionWeightsArgs
  // has them.
  void FillKeys(size_t r, float* out) const;
  void Drop(size_t r, size_t head, const float* from, float* to, const BatchContext& batch) const;
  template <class Body>
  void ForRows(BatchContext& batch, bool backward, Body&& body);
  void ForwardRow(size_t r, const Scratch& scratch, BatchContext& batch);
  void BackwardRow(size_t r, const Scratch& scratch, const Wanted& wanted, BatchContext& batch);
  void ScoresGradient(size_t r, size_t head, const Scratch& scratch, const Wanted& wanted,
                      const KernelTable& kernels);
  Tensor Scores(const BatchContext& batch);
  // `scale`: what the gradients of dot products were multiplied with.
  void AddWeightGradients(float scale, BatchContext& batch);

  Attention& layer_;
  AttentionCall call_;
  uint64_t use_;
  Arrange arrange_;
  RowMatrices query_, value_, key_, doutput_;
  RowResults output_, dquery_, dvalue_, dkey_;
  size_t rows_ = 0, heads_ = 1, queries_ = 0, keys_ = 0, stride_ = 0;  // stride of weights
  NoKeys no_keys_ = NoKeys::kLower;
  BatchLayout scores_layout_;
  // [1 + rows * heads * queries]; row 0 is that of the unused position.
  Buffer<float> weights_;
  Buffer<float> dropped_;  // the same after dropout, where scores are given so
  Buffer<int32_t> scores_index_;
  Buffer<float> scratch_;
  Buffer<float> sum_weights_;   // of additive scores
  Buffer<float> weight_parts_;  // [rows, 2, features]: gradients of the layer's weights, by row
  Buffer<double> scale_parts_;  // the same of the scale of dot products
  Buffer<float> scale_gradient_, sum_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ATTENTION_ATTENTION_H_
