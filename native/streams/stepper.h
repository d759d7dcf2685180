// SPDX-License-Identifier: MIT
// One timestep of some streams through the nodes of a graph, as in inference. It holds no weights and no
// states: weights are the layers', states the caller's (stream_group.h).
//
// Inputs that are sequences come a timestep at a time. Inputs that are vectors are given when a stream
// begins: they, and what is computed from them alone (initial states, say), stay with the stream.
#ifndef OSTINATO_STREAMS_STEPPER_H_
#define OSTINATO_STREAMS_STEPPER_H_

#include <vector>

#include "layers/recurrent/recurrent.h"
#include "layers/stepping.h"
#include "plan/plan.h"

namespace ostinato {

// Rows of one input of a step: numbers [rows, columns] or tokens [rows].
struct StepInput {
  const float* values;
  const int32_t* tokens;
};

// One input, or output, of a step.
struct StepPort {
  bool is_tokens;
  size_t columns, vocabulary;
};

// What one thread steps with; used again, so that a step allocates nothing.
struct StepRoom {
  explicit StepRoom(Arena* arena) : work(arena), masked(arena) {}
  Buffer<float> work;
  Buffer<uint8_t> masked;
  std::vector<StreamRows> values;
  std::vector<StepInput> inputs;
  std::vector<float*> outputs;
};

class Stepper {
 public:
  // The plan must outlive it; all its layers can step.
  explicit Stepper(const Plan& plan);

  const std::vector<StepPort>& inputs() const { return inputs_; }
  const std::vector<StepPort>& constants() const { return constants_; }
  const std::vector<StepPort>& outputs() const { return outputs_; }
  // What one stream keeps: the constants that it was given, then node by node.
  size_t stream_floats() const { return stream_floats_; }
  // Makes room for steps of so many rows.
  void Prepare(size_t rows, StepRoom* room) const;
  // Multiply-adds of a row.
  size_t products() const { return products_; }

  // Weights as the kernels want them. Before ReadConstants and Step, when no run is under way.
  void Prepare(const KernelTable& kernels) const;

  // The stream at states[place] forgets all but its constants.
  void Forget(int32_t place, float* states) const;

  // Computes what follows from the constants alone, for a stream that has just forgotten the rest.
  void ReadConstants(const KernelTable& kernels, int32_t place, float* states, StepRoom* room) const;

  // Where the value of a constant stands in what the stream at states[place] keeps.
  float* ConstantAt(size_t constant, int32_t place, float* states) const {
    return states + static_cast<size_t>(place) * stream_floats_ + kept_[constant].place;
  }

  // Rows 0..rows-1 of the inputs: the streams at places[i] of `states` [.., stream_floats()] go on, and their
  // outputs are written. Threads of `pool`, where it is not null, may help.
  void Step(const KernelTable& kernels, size_t rows, const StepInput* inputs, const int32_t* places,
            float* states, StepRoom* room, float* const* outputs, WorkerPool* pool) const;

 private:
  struct Stage {
    const Stepping* stepping;
    const Recurrent* recurrent;  // one that begins in initial states
    Layer* layer;
    std::vector<size_t> inputs;  // values
    size_t first_output, outputs;
    size_t states, work;  // where its part begins, the latter per row
    bool is_constant;     // computed when a stream begins
  };
  // Where a value of a stream stands among what it keeps.
  struct Constant {
    size_t value, columns, place;
  };

  void Run(size_t stage, const StreamBatch& whole, StepRoom* room) const;
  void ViewConstants(const int32_t* places, const float* states, StepRoom* room) const;

  std::vector<StepPort> inputs_, constants_, outputs_;
  std::vector<size_t> input_values_, output_values_;
  std::vector<Constant> kept_;  // the constants first, then what is computed from them
  std::vector<Stage> stages_;
  size_t values_, stream_floats_ = 0, constant_floats_ = 0, work_floats_ = 0, products_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_STREAMS_STEPPER_H_
