// SPDX-License-Identifier: MIT
// Between timesteps and rows: Fold makes of every timestep of [N,T,C] a row, one of T parts of its sample,
// and Unfold makes timesteps of the parts again. A layer between them treats each timestep as a sample of its
// own.
#ifndef OSTINATO_LAYERS_FOLD_H_
#define OSTINATO_LAYERS_FOLD_H_

#include <vector>

#include "layers/expand.h"

namespace ostinato {

struct FoldConfig {
  size_t parts = 0;  // of a sequence, each as long; 0: each timestep is one
};

class FoldNode : public UnaryNode {
 public:
  FoldNode(const FoldConfig& config, const NodeConfig& node);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  bool SharesPadding(bool) const override { return false; }

 private:
  // Number of rows of the output.
  size_t count() const { return rows_ * parts_ * steps_; }
  // Where row i of these stands in the plain input.
  size_t Position(size_t i) const {
    const size_t row = i % (rows_ * parts_), step = i / (rows_ * parts_);
    return 1 + (row % parts_ * steps_ + step) * rows_ + row / parts_;
  }

  size_t config_parts_;
  Expand expand_;
  size_t rows_ = 0, parts_ = 0, steps_ = 0;
  BatchLayout layout_;
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

// A second input, a sequence of as many steps, gives the mask.
class UnfoldNode : public Node {
 public:
  UnfoldNode(const FoldConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  bool SharesPadding(bool) const override { return false; }

 private:
  size_t inputs_;
  Expand mask_;
  BatchLayout layout_;
  Buffer<int32_t> place_;  // of each position, the row of the input
  Buffer<int32_t> index_;
  Buffer<float> gradient_;
};

// A sequence without its mask, and with every step.
class UnmaskNode : public UnaryNode {
 public:
  UnmaskNode(const FoldConfig&, const NodeConfig& node) : expand_(node.arena) {}
  Tensor Forward(const Tensor& input, BatchContext&) override { return expand_.Forward(input); }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override {
    return needs_input ? expand_.Backward(output, batch) : Gradient{};
  }
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }
  bool SharesPadding(bool) const override { return false; }

 private:
  Expand expand_;
};

// [N,T,C] to T parts [N,C], or to A parts [N,T/A,C].
class Fold : public PlainLayer<FoldConfig, FoldNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  bool ChangesParts() const override { return true; }
};

// A parts [N,C] to [N,A,C], with the mask of a second input.
class Unfold : public PlainLayer<FoldConfig, UnfoldNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  bool ChangesParts() const override { return true; }
};

class Unmask : public PlainLayer<FoldConfig, UnmaskNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    return {OneSequence(inputs, "unmask")};
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_FOLD_H_
