// SPDX-License-Identifier: MIT
// One timestep of some streams through the layers of a model, as in inference. It holds no weights and no
// states: weights are the model's, states the caller's (stream_group.h).
#ifndef OSTINATO_STREAMS_STEPPER_H_
#define OSTINATO_STREAMS_STEPPER_H_

#include <vector>

#include "model/model.h"

namespace ostinato {

class Stepper {
 public:
  // The model must outlive it; all its layers can step.
  explicit Stepper(const Model& model);

  // What one stream keeps, zero at first; layer by layer.
  size_t stream_floats() const { return stream_floats_; }
  // Room that a row needs on its way.
  size_t work_floats() const { return work_floats_; }
  // Multiply-adds of a row.
  size_t products() const { return products_; }

  // Weights as the kernels want them. Before a Step, when no run is under way.
  void Prepare(const KernelTable& kernels) const;

  // Rows 0..rows-1 of `values` [rows, columns] or `tokens` [rows]: the streams at places[i] of `states`
  // [.., stream_floats()] go on, and their outputs are written. `masked` has a place for each row.
  void Step(const KernelTable& kernels, size_t rows, const float* values, const int32_t* tokens,
            const int32_t* places, float* states, float* work, uint8_t* masked, float* out) const;

 private:
  struct Stage {
    Layer* layer;
    size_t states, work;  // where its part begins, the latter per row
  };

  const Model& model_;
  std::vector<Stage> stages_;
  size_t stream_floats_ = 0, work_floats_ = 0, products_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_STREAMS_STEPPER_H_
