// SPDX-License-Identifier: MIT
// Parameters that are one for each timestep and feature, or shared along either: [1 or T, 1 or C].
#ifndef OSTINATO_LAYERS_STEP_PARAMETER_H_
#define OSTINATO_LAYERS_STEP_PARAMETER_H_

#include <cstring>

#include "layers/column_sums.h"
#include "layers/expand.h"

namespace ostinato {

// A parameter's shape, as it is spread over the positions of a batch.
struct StepParameter {
  size_t steps, features;  // 1 where it is shared

  size_t size() const { return steps * features; }
  bool by_step() const { return steps > 1; }
  float At(const float* values, size_t step, size_t c) const {
    return values[step * features + (features == 1 ? 0 : c)];
  }
  // Whether it suits values of this shape.
  bool Fits(const ValueShape& shape) const {
    const bool fits_steps =
        steps == 1 || (shape.sequence && (shape.steps < 0 || static_cast<size_t>(shape.steps) == steps));
    return fits_steps && (features == 1 || features == shape.columns);
  }
};

// A use of such parameters. Steps of their own need all steps to be there.
class StepParameterUse {
 public:
  StepParameterUse(const StepParameter& parameter, Arena* arena)
      : parameter_(parameter), expand_(arena), sums_(arena), step_sums_(arena) {}

  // What the layer computes on: the input, or where steps differ all its steps with their mask.
  const Tensor& Forward(const Tensor& input) {
    view_ = parameter_.by_step() ? expand_.WithMask(input) : input;
    return view_;
  }
  Gradient Backward(const Gradient& gradient, BatchContext& batch) {
    return parameter_.by_step() ? expand_.Backward(gradient, batch) : gradient;
  }
  MaskUse mask_use() const { return parameter_.by_step() ? MaskUse::kNone : MaskUse::kStepwise; }
  bool SharesPadding() const { return !parameter_.by_step(); }

  const Tensor& view() const { return view_; }

  // Row i of `out` is what row(i, the parameter's step there, to) writes, for all positions of the view; what
  // lies behind its columns becomes zero. The unused position, which stands for masked steps, is one of them.
  template <class Row>
  void Map(BatchContext& batch, Buffer<float>* out, Row&& row) const {
    const size_t columns = view_.columns, stride = PaddedStride(columns);
    out->Resize(RowCount(view_) * stride);
    ForChunks(batch.pool, 0, RowCount(view_), 128, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        float* to = out->data() + i * stride;
        row(i, StepOf(i), to);
        std::memset(to + columns, 0, (stride - columns) * sizeof(float));
      }
    });
  }

  // out[i] = the sum of what add(position, sums) adds for column after column, over all positions that
  // element i of the parameter stands at.
  template <class Add>
  void Sum(BatchContext& batch, Add&& add, float* out) {
    const size_t columns = view_.columns;
    const double* sums = nullptr;
    if (parameter_.by_step()) {
      const size_t rows = view_.layout->rows();
      step_sums_.Resize(parameter_.steps * columns);
      step_sums_.Zero();
      ForChunks(batch.pool, 0, parameter_.steps, 1, [&](size_t t, size_t) {
        for (size_t r = 0; r < rows; ++r) add(1 + t * rows + r, step_sums_.data() + t * columns);
      });
      sums = step_sums_.data();
    } else {
      sums = sums_.Over(batch.pool, 0, RowCount(view_), columns, add);
    }
    for (size_t t = 0; t < parameter_.steps; ++t) {
      double all = 0.0;
      for (size_t c = 0; c < columns; ++c) {
        all += sums[t * columns + c];
        if (parameter_.features > 1) out[t * columns + c] = static_cast<float>(sums[t * columns + c]);
      }
      if (parameter_.features == 1) out[t] = static_cast<float>(all);
    }
  }

 private:
  // The parameter's step at a position of the view.
  size_t StepOf(size_t position) const {
    return parameter_.by_step() && position > 0 ? (position - 1) / view_.layout->rows() : 0;
  }

  StepParameter parameter_;
  Expand expand_;
  Tensor view_;
  ColumnSums sums_;
  Buffer<double> step_sums_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_STEP_PARAMETER_H_
