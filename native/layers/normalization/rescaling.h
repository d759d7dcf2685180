// SPDX-License-Identifier: MIT
// Rescaling: x scale + offset (keras/src/layers/preprocessing/rescaling.py).
#ifndef OSTINATO_LAYERS_NORMALIZATION_RESCALING_H_
#define OSTINATO_LAYERS_NORMALIZATION_RESCALING_H_

#include <vector>

#include "layers/row_function.h"

namespace ostinato {

struct Rescaling {
  std::vector<float> scale, offset;  // one for all columns, or one for each

  static float Of(const std::vector<float>& values, size_t c) { return values[values.size() == 1 ? 0 : c]; }

  void Forward(const KernelTable&, const float* x, size_t columns, float* y) const {
    for (size_t c = 0; c < columns; ++c) y[c] = x[c] * Of(scale, c) + Of(offset, c);
  }

  void Backward(const float*, const float*, const float* d, size_t columns, float* dx) const {
    for (size_t c = 0; c < columns; ++c) dx[c] = d[c] * Of(scale, c);
  }
};

class RescalingLayer : public RowFunctionLayer<Rescaling> {
 public:
  using RowFunctionLayer::RowFunctionLayer;
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override {
    const ValueShape& shape = OneInput(inputs, "rescaling");
    for (const std::vector<float>* values : {&config_.scale, &config_.offset})
      ExpectShape(values->size() == 1 || values->size() == shape.columns, "one scale for each feature");
    return {shape};
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_NORMALIZATION_RESCALING_H_
