// SPDX-License-Identifier: MIT
// What layers can do that go on one timestep at a time, as in inference: streams ask for it
// (streams/stepper.h).
#ifndef OSTINATO_LAYERS_STEPPING_H_
#define OSTINATO_LAYERS_STEPPING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_list.h"
#include "layers/layer.h"

namespace ostinato {

// Rows of one timestep, one of each stream: row i lies at data + index[i] * stride (index null: at i). Token
// ids are the index of rows without data.
struct StreamRows {
  const float* data;
  const int32_t* index;
  size_t stride;
  size_t columns;
  const uint8_t* masked = nullptr;  // per row: whether this timestep is masked; null: none is
};

// The inputs of a node, where they stand among the rows of all values.
class StepInputs {
 public:
  StepInputs(const StreamRows* values, const std::vector<size_t>& places)
      : values_(values), places_(places.data()), size_(places.size()) {}
  size_t size() const { return size_; }
  const StreamRows& operator[](size_t i) const { return values_[places_[i]]; }

 private:
  const StreamRows* values_;
  const size_t* places_;
  size_t size_;
};

inline const float* RowAt(const StreamRows& rows, size_t i) {
  return rows.data + (rows.index ? static_cast<size_t>(rows.index[i]) : i) * rows.stride;
}

// Some streams that go one timestep on together.
struct StreamBatch {
  const KernelTable& kernels;
  size_t rows;
  // What row i's stream keeps for this node: stream_floats() of them at states + places[i] * state_stride.
  float* states;
  size_t state_stride;
  const int32_t* places;
  float* work;       // rows * step_floats() floats of this node; its outputs may lie there
  uint8_t* masked;   // room for a mask of its outputs
  WorkerPool* pool;  // whose threads may help (ForCaller); null where the streams are shared among them
};

class Stepping {
 public:
  virtual ~Stepping() = default;
  // Whether this very layer can: its options may forbid it.
  virtual bool CanStep() const { return true; }
  // What a node keeps of a stream, zero at first, and the room that a row of such inputs needs.
  virtual size_t stream_floats() const { return 0; }
  virtual size_t step_floats(const std::vector<ValueShape>& inputs) const {
    (void)inputs;
    return 0;
  }
  // Packs weights. Before any Step, when no run is under way.
  virtual void PrepareSteps(const KernelTable& kernels) { (void)kernels; }
  // The outputs for the inputs. Changes nothing but what it is given, so that several threads may step.
  virtual void Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const = 0;
};

// The same of a layer of one input and one output; by default one that does nothing in inference.
class UnaryStepping : public Stepping {
 public:
  virtual StreamRows Step(const StreamRows& input, const StreamBatch& batch) const {
    (void)batch;
    return input;
  }
  void Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const final {
    outputs[0] = Step(inputs[0], batch);
  }
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_STEPPING_H_
