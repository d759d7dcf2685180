// SPDX-License-Identifier: MIT
// Dot: for each row of the batch, the product of two matrices or vectors over one axis of each
// (keras/src/layers/merging/dot.py). It knows no mask.
#ifndef OSTINATO_LAYERS_MERGING_DOT_H_
#define OSTINATO_LAYERS_MERGING_DOT_H_

#include <vector>

#include "layers/layer.h"
#include "layers/merging/arrange.h"
#include "layers/row_matrices.h"

namespace ostinato {

struct DotConfig {
  size_t axes[2];  // 1: the timesteps, or a vector's features; 2: the features of a sequence
  bool normalize;  // lines along the axes are divided by their length first
};

class DotNode : public Node {
 public:
  DotNode(const DotConfig& config, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  bool SharesPadding(bool) const override { return false; }
  MaskUse mask_use(bool) const override { return MaskUse::kNone; }

 private:
  // One side of the product, a vector being a matrix of one row. Sides change places where the second input
  // alone is a vector: what is left lies in one row then.
  struct Side {
    explicit Side(Arena* arena) : matrices(arena), unit(arena), inverse(arena), gradient(arena) {}

    size_t kept() const { return sums_columns ? matrices.steps() : matrices.columns(); }
    size_t summed() const { return sums_columns ? matrices.columns() : matrices.steps(); }

    size_t input = 0;
    bool sums_columns = true;
    RowMatrices matrices;
    Buffer<float> unit;      // the same with lines of length 1, [rows, steps, PaddedColumns]
    Buffer<double> inverse;  // of the lines' lengths, [rows, kept]
    RowResults gradient;
  };

  // The other way round where columns of the left side stand against timesteps of the right one: neither is
  // a product as the kernels have them.
  bool IsTurned() const { return !left_.sums_columns && right_.sums_columns; }
  Matrix MatrixOf(const Side& side, size_t r) const;
  void Normalize(Side* side, size_t r) const;
  void NormalizeGradient(const Side& side, size_t r, MutableMatrix gradient) const;
  void ForwardRow(size_t r, float* scratch, const KernelTable& kernels);
  MutableMatrix LeftGradient(size_t r, float* scratch, const KernelTable& kernels);
  MutableMatrix RightGradient(size_t r, float* scratch, const KernelTable& kernels);
  Tensor Output();
  template <class Body>
  void ForRows(BatchContext& batch, Body&& body);

  const DotConfig& config_;
  Arrange arrange_;
  Side left_, right_;
  size_t rows_ = 0;
  BatchLayout layout_;
  Tensor result_;
  RowResults output_;
  RowMatrices doutput_;
  Buffer<float> scratch_;
};

class Dot : public PlainLayer<DotConfig, DotNode> {
 public:
  using PlainLayer::PlainLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_MERGING_DOT_H_
