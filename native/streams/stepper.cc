// SPDX-License-Identifier: MIT
#include "streams/stepper.h"

#include <cstring>

#include "base/error.h"

namespace ostinato {

Stepper::Stepper(const Model& model) : model_(model) {
  size_t columns = model.input_columns();
  for (const auto& layer : model.layers()) {
    if (!layer->CanStep()) throw Error(ErrorCode::kInternal, "native streams: a layer cannot step");
    stages_.push_back({layer.get(), stream_floats_, work_floats_});
    stream_floats_ += PaddedColumns(layer->stream_floats());
    work_floats_ += layer->step_floats(columns);
    columns = layer->step_columns(columns);
    // Of an embedding a row is read, nothing multiplied.
    if (stages_.size() == 1 && model.is_tokens()) continue;
    std::vector<Parameter*> parameters;
    layer->ListParameters(&parameters);
    for (const Parameter* parameter : parameters) products_ += parameter->size();
  }
}

void Stepper::Prepare(const KernelTable& kernels) const {
  for (const Stage& stage : stages_) stage.layer->PrepareSteps(kernels);
}

void Stepper::Step(const KernelTable& kernels, size_t rows, const float* values, const int32_t* tokens,
                   const int32_t* places, float* states, float* work, uint8_t* masked, float* out) const {
  const size_t columns = model_.input_columns();
  StreamRows view = {values, tokens, columns, columns};
  for (size_t i = 0; i < rows; ++i) masked[i] = model_.mask_zero() && tokens[i] == 0;
  for (const Stage& stage : stages_)
    view = stage.layer->Step(view, {kernels, rows, states + stage.states, stream_floats_, places,
                                    work + rows * stage.work, masked});
  for (size_t i = 0; i < rows; ++i)
    std::memcpy(out + i * view.columns, RowAt(view, i), view.columns * sizeof(float));
}

}  // namespace ostinato
