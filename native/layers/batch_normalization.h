// SPDX-License-Identifier: MIT
// BatchNormalization over all axes but the last (Ioffe and Szegedy 2015;
// keras/src/layers/normalization/batch_normalization.py). In training mean and variance (biased) are those of
// the batch's steps that count, and moving averages follow them; else the moving averages serve. A frozen
// layer always infers.
#ifndef OSTINATO_LAYERS_BATCH_NORMALIZATION_H_
#define OSTINATO_LAYERS_BATCH_NORMALIZATION_H_

#include "layers/column_sums.h"
#include "layers/layer.h"

namespace ostinato {

struct BatchNormalizationConfig {
  size_t features;
  double momentum, epsilon;
  bool center, scale, trainable;
  std::vector<WeightConfig> weights;  // gamma, beta, moving mean, moving variance
};

class BatchNormalization : public Layer {
 public:
  BatchNormalization(const BatchNormalizationConfig& config, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t) const override { return 2 * steps * stride_; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void Commit() override;
  // Statistics do not count masked steps; what they become is computed like all others.
  MaskUse mask_use(bool training) const override {
    return UsesBatch(training) ? MaskUse::kOwn : MaskUse::kStepwise;
  }
  // Each row counts its padding for itself in the moments of the batch.
  bool SharesPadding(bool training) const override { return !UsesBatch(training); }

  bool CanStep() const override { return true; }
  size_t step_floats(size_t) const override { return stride_; }
  void PrepareSteps(const KernelTable& kernels) override;
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  bool UsesBatch(bool training) const { return training && config_.trainable; }
  const float* gamma() const { return config_.scale ? parameters_[0].value.data() : nullptr; }
  const float* beta() const {
    return config_.center ? parameters_[config_.scale ? 1 : 0].value.data() : nullptr;
  }
  // Sets mean and 1 / deviation to those of inference.
  void ReadMoving(Buffer<double>* mean, Buffer<double>* inverse) const;
  // Sets mean_, variance_ and inverse_ to those of the rows [first_, rows_).
  void TakeMoments(const Tensor& input, BatchContext& batch);

  BatchNormalizationConfig config_;
  size_t first_moving_;  // the parameters from here on are the moving averages
  size_t rows_ = 0, first_ = 0, stride_;
  bool uses_batch_ = false;
  Buffer<double> mean_, inverse_;                   // [C] mean and 1 / deviation
  Buffer<double> variance_;                         // [C] of the batch
  DerivedBuffer<double> step_mean_, step_inverse_;  // those of inference, for streams
  Buffer<float> normal_;                            // (x - mean) / deviation
  Buffer<float> output_, gradient_;
  ColumnSums sums_;
  Buffer<float> weight_gradients_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_BATCH_NORMALIZATION_H_
