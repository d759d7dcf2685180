// SPDX-License-Identifier: MIT
// Add, Subtract, Multiply, Average, Maximum, Minimum: inputs element by element (keras/src/layers/merging). A
// vector is the same at every step, an axis of one element at every element.
//
// Multiply, Maximum and Minimum leave out the inputs that are masked at a step. Where all are, a product is
// zero and an extreme is the first input. The others take masked steps as they are.
#ifndef OSTINATO_LAYERS_MERGING_MERGE_H_
#define OSTINATO_LAYERS_MERGING_MERGE_H_

#include <deque>
#include <vector>

#include "layers/layer.h"
#include "layers/merging/arrange.h"
#include "layers/stepping.h"

namespace ostinato {

enum class MergeKind { kAdd, kSubtract, kMultiply, kAverage, kMaximum, kMinimum };

struct MergeConfig {
  MergeKind kind;
};

// One input's row of one step.
struct MergeSource {
  const float* x;
  bool is_narrow;  // one element stands for all
  bool is_masked;
};

class MergeNode : public Node {
 public:
  MergeNode(const MergeConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  void ReturnUnmasked(bool unmasked) override { unmasked_ = unmasked; }

 private:
  void LayOut(Tensor* output);
  bool IsPlain() const { return !arrange_.is_same() && steps_ > 0; }
  // Calls body(row of the output, step, row) for all rows; of one layout, step is 0 and row is that of the
  // output.
  template <class Body>
  void ForRows(BatchContext& batch, Body&& body) const;
  size_t PositionOf(size_t i, size_t t, size_t r) const {
    return arrange_.is_same() ? r : arrange_.Position(i, t, r);
  }
  MergeSource SourceOf(size_t i, size_t t, size_t r) const;
  void Slope(size_t i, size_t t, size_t r, const float* d, float* running, float* out) const;
  Gradient InputGradient(size_t i, const Gradient& output, BatchContext& batch);
  Gradient SummedGradient(size_t i, const Gradient& output, BatchContext& batch);

  MergeKind kind_;
  bool unmasked_ = false;
  Arrange arrange_;
  size_t columns_ = 0, stride_ = 0, steps_ = 0;
  BatchLayout layout_;
  Buffer<uint8_t> counts_;
  Buffer<float> output_;
  Buffer<float> rows_;  // two of each task: what the way back computes a row with
  std::deque<Buffer<float>> gradients_;
};

class Merge : public PlainLayer<MergeConfig, MergeNode>, public Stepping {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;

  size_t step_floats(const std::vector<ValueShape>& inputs) const override;
  void Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MERGING_MERGE_H_
