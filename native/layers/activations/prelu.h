// SPDX-License-Identifier: MIT
// PReLU: x above 0, else alpha x, alpha being learnt (keras/src/layers/activations/prelu.py).
#ifndef OSTINATO_LAYERS_ACTIVATIONS_PRELU_H_
#define OSTINATO_LAYERS_ACTIVATIONS_PRELU_H_

#include <memory>
#include <vector>

#include "layers/step_parameter.h"
#include "layers/stepping.h"

namespace ostinato {

struct PreluConfig {
  std::vector<size_t> shape;  // of alpha: [C or 1], or of sequences [T or 1, C or 1]
  WeightConfig weight;
};

class Prelu : public Layer, public UnaryStepping {
 public:
  explicit Prelu(const PreluConfig& config);
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;

  bool CanStep() const override { return !parameter_.by_step(); }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override {
    return PaddedStride(inputs[0].columns);
  }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

 private:
  friend class PreluNode;
  const float* alpha() const { return parameters()[0].value.data(); }
  void Row(const float* x, size_t step, size_t columns, float* y) const;

  StepParameter parameter_;
};

class PreluNode : public UnaryNode {
 public:
  PreluNode(Prelu* layer, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return use_.mask_use(); }
  bool SharesPadding(bool) const override { return use_.SharesPadding(); }

 private:
  Prelu& layer_;
  StepParameterUse use_;
  Buffer<float> output_, gradient_, alpha_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ACTIVATIONS_PRELU_H_
