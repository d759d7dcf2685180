// SPDX-License-Identifier: MIT
// Normalization: (x - mean) / sqrt(variance), or back (keras/src/layers/preprocessing/normalization.py). The
// weights are mean, variance and Keras' count, which nothing reads; training leaves all three as they are.
#ifndef OSTINATO_LAYERS_NORMALIZATION_NORMALIZATION_H_
#define OSTINATO_LAYERS_NORMALIZATION_NORMALIZATION_H_

#include <memory>
#include <vector>

#include "layers/step_parameter.h"
#include "layers/stepping.h"

namespace ostinato {

struct NormalizationConfig {
  std::vector<size_t> shape;  // of mean and variance: [C or 1], or of sequences [T or 1, C or 1]
  bool invert;
  // Given instead of weights, of that shape; else empty.
  std::vector<float> mean, variance;
  std::vector<WeightConfig> weights;
};

class Normalization : public Layer, public UnaryStepping {
 public:
  explicit Normalization(const NormalizationConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;

  bool CanStep() const override { return !parameter_.by_step(); }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override {
    return PaddedStride(inputs[0].columns);
  }
  void PrepareSteps(const KernelTable&) override { FindDeviations(); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class NormalizationNode;
  void FindDeviations();
  const float* mean() const { return is_given_ ? config_.mean.data() : parameters()[0].value.data(); }
  void Row(const float* x, size_t step, size_t columns, float* y) const;

  NormalizationConfig config_;
  StepParameter parameter_;
  bool is_given_;
  Buffer<float> deviations_;
};

class NormalizationNode : public UnaryNode {
 public:
  NormalizationNode(Normalization* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return use_.mask_use(); }
  bool SharesPadding(bool) const override { return use_.SharesPadding(); }

 private:
  Normalization& layer_;
  StepParameterUse use_;
  Buffer<float> output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_NORMALIZATION_NORMALIZATION_H_
