// SPDX-License-Identifier: MIT
#include "streams/stepper.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace ostinato {

Stepper::Stepper(const Plan& plan) : values_(plan.values().size()) {
  std::vector<bool> is_constant(values_, false);
  const auto keep = [&](size_t value) {
    const size_t columns = plan.values()[value].shape.columns;
    kept_.push_back({value, columns, stream_floats_});
    stream_floats_ += PaddedColumns(columns);
    is_constant[value] = true;
  };
  for (size_t i = 0; i < plan.inputs().size(); ++i) {
    const GraphInput& input = plan.inputs()[i];
    const StepPort port = {input.is_tokens, plan.values()[i].shape.columns, plan.vocabulary(i)};
    if (input.is_sequence()) {
      inputs_.push_back(port);
      input_values_.push_back(i);
    } else {
      constants_.push_back(port);
      keep(i);
    }
  }
  constant_floats_ = stream_floats_;
  for (const PlannedNode& node : plan.nodes()) {
    Layer& layer = *plan.layers()[node.layer];
    const auto* stepping = dynamic_cast<const Stepping*>(&layer);
    if (!stepping || !stepping->CanStep())
      throw Error(ErrorCode::kInternal, "native streams: a layer cannot step");
    Stage stage = {stepping,     nullptr,        &layer,       node.inputs, node.first_output,
                   node.outputs, stream_floats_, work_floats_, true};
    std::vector<ValueShape> shapes;
    for (const size_t value : node.inputs) {
      shapes.push_back(plan.values()[value].shape);
      stage.is_constant = stage.is_constant && is_constant[value];
    }
    stream_floats_ += PaddedColumns(stepping->stream_floats());
    if (stage.is_constant)
      for (size_t k = 0; k < node.outputs; ++k) keep(node.first_output + k);
    if (node.recurrent && node.inputs.size() > 1) {
      stage.recurrent = &node.recurrent->layer();
      for (size_t i = 1; i < node.inputs.size(); ++i)
        if (!is_constant[node.inputs[i]])
          throw Error(ErrorCode::kInternal, "native streams: an initial state changes with the steps");
    }
    work_floats_ += stepping->step_floats(shapes);
    // Of an embedding a row is read, nothing multiplied.
    if (!dynamic_cast<const Embedding*>(&layer))
      for (const Parameter& parameter : layer.parameters()) products_ += parameter.size();
    stages_.push_back(std::move(stage));
  }
  for (const size_t output : plan.outputs()) {
    outputs_.push_back({false, plan.values()[output].shape.columns, 0});
    output_values_.push_back(output);
  }
}

void Stepper::Prepare(const KernelTable& kernels) const {
  for (const Stage& stage : stages_) const_cast<Stepping*>(stage.stepping)->PrepareSteps(kernels);
}

void Stepper::Prepare(size_t rows, StepRoom* room) const {
  room->work.Resize(rows * work_floats_);
  room->masked.Resize(rows * stages_.size());
  room->values.resize(values_);
}

void Stepper::ViewConstants(const int32_t* places, const float* states, StepRoom* room) const {
  for (const Constant& constant : kept_)
    room->values[constant.value] = {states + constant.place, places, stream_floats_, constant.columns};
}

void Stepper::Run(size_t number, const StreamBatch& whole, StepRoom* room) const {
  const Stage& stage = stages_[number];
  StreamBatch batch = whole;
  batch.states += stage.states;
  batch.work = room->work.data() + whole.rows * stage.work;
  batch.masked = room->masked.data() + whole.rows * number;
  StreamRows* const values = room->values.data();
  stage.stepping->Step({values, stage.inputs}, values + stage.first_output, batch);
}

void Stepper::Forget(int32_t place, float* states) const {
  float* const own = states + static_cast<size_t>(place) * stream_floats_;
  std::memset(own + constant_floats_, 0, (stream_floats_ - constant_floats_) * sizeof(float));
}

void Stepper::ReadConstants(const KernelTable& kernels, int32_t place, float* states, StepRoom* room) const {
  float* const own = states + static_cast<size_t>(place) * stream_floats_;
  const StreamBatch batch = {kernels, 1, states, stream_floats_, &place, nullptr, nullptr, nullptr};
  ViewConstants(&place, states, room);
  size_t kept = constants_.size();
  for (size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    if (stage.is_constant) {
      Run(i, batch, room);
      for (size_t k = 0; k < stage.outputs; ++k, ++kept)
        std::memcpy(own + kept_[kept].place, RowAt(room->values[stage.first_output + k], 0),
                    kept_[kept].columns * sizeof(float));
      ViewConstants(&place, states, room);
    } else if (stage.recurrent) {
      const size_t units = stage.recurrent->config().units, padded = PaddedColumns(units);
      for (size_t state = 0; state < stage.recurrent->states(); ++state)
        std::memcpy(own + stage.states + state * padded, RowAt(room->values[stage.inputs[1 + state]], 0),
                    units * sizeof(float));
    }
  }
}

void Stepper::Step(const KernelTable& kernels, size_t rows, const StepInput* inputs, const int32_t* places,
                   float* states, StepRoom* room, float* const* outputs, WorkerPool* pool) const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const size_t columns = inputs_[i].columns;
    room->values[input_values_[i]] = {inputs[i].values, inputs[i].tokens, columns, columns};
  }
  ViewConstants(places, states, room);
  const StreamBatch batch = {kernels, rows, states, stream_floats_, places, nullptr, nullptr, pool};
  for (size_t i = 0; i < stages_.size(); ++i)
    if (!stages_[i].is_constant) Run(i, batch, room);
  for (size_t k = 0; k < output_values_.size(); ++k) {
    const StreamRows& view = room->values[output_values_[k]];
    for (size_t i = 0; i < rows; ++i)
      std::memcpy(outputs[k] + i * view.columns, RowAt(view, i), view.columns * sizeof(float));
  }
}

}  // namespace ostinato
