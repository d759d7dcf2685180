// SPDX-License-Identifier: MIT
// BatchNormalization over all axes but the last (Ioffe and Szegedy 2015;
// keras/src/layers/normalization/batch_normalization.py). In training mean and variance (biased) are those of
// the batch's steps that count, and moving averages follow them; else the moving averages serve. A frozen
// layer always infers.
#ifndef OSTINATO_LAYERS_BATCH_NORMALIZATION_H_
#define OSTINATO_LAYERS_BATCH_NORMALIZATION_H_

#include "layers/column_sums.h"
#include "layers/layer.h"
#include "layers/stepping.h"

namespace ostinato {

struct BatchNormalizationConfig {
  size_t features;
  double momentum, epsilon;
  bool center, scale;
  std::vector<WeightConfig> weights;  // gamma, beta, moving mean, moving variance
};

class BatchNormalization : public Layer, public UnaryStepping {
 public:
  explicit BatchNormalization(const BatchNormalizationConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;

  size_t step_floats(const std::vector<ValueShape>&) const override { return stride_; }
  void PrepareSteps(const KernelTable& kernels) override;
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class BatchNormalizationNode;
  const float* gamma() const { return config_.scale ? parameters()[0].value.data() : nullptr; }
  const float* beta() const {
    return config_.center ? parameters()[config_.scale ? 1 : 0].value.data() : nullptr;
  }
  // Sets mean and 1 / deviation to those of inference.
  void ReadMoving(Buffer<double>* mean, Buffer<double>* inverse) const;

  BatchNormalizationConfig config_;
  size_t first_moving_;  // the parameters from here on are the moving averages
  size_t stride_;
  DerivedBuffer<double> step_mean_, step_inverse_;  // those of inference, for streams
};

class BatchNormalizationNode : public UnaryNode {
 public:
  BatchNormalizationNode(BatchNormalization* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void Commit() override;
  // Statistics do not count masked steps; what these become is computed like all others.
  MaskUse mask_use(bool training) const override {
    return UsesBatch(training) ? MaskUse::kOwn : MaskUse::kStepwise;
  }
  // Each row counts its padding for itself in the moments of the batch.
  bool SharesPadding(bool training) const override { return !UsesBatch(training); }
  void SetTrainable(bool trainable) override { trainable_ = trainable; }

 private:
  // A frozen layer normalizes as in inference.
  bool UsesBatch(bool training) const { return training && trainable_; }
  bool IsMasked(size_t i) const { return i < first_ || (counts_ && !counts_[i]); }
  // Sets mean_, variance_ and inverse_ to those of the rows that count.
  void TakeMoments(const Tensor& input, BatchContext& batch);

  BatchNormalization& layer_;
  bool trainable_ = true, uses_batch_ = false, learns_ = false;
  size_t rows_ = 0, first_ = 0;  // all rows; the first that is a step of a sample
  const uint8_t* counts_ = nullptr;
  double count_ = 1;               // rows that count
  Buffer<double> mean_, inverse_;  // [C] mean and 1 / deviation
  Buffer<double> variance_;        // [C] of the batch
  Buffer<float> normal_;           // (x - mean) / deviation
  Buffer<float> output_, gradient_;
  ColumnSums sums_;
  Buffer<float> weight_gradients_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_BATCH_NORMALIZATION_H_
