// SPDX-License-Identifier: MIT
// SpatialDropout1D: dropout of whole features, one mask [N,C] for all steps of a row, from a counter-based
// stream. Steps that were masked before any recurrent layer share a mask of their own, as they share a value.
#ifndef OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_
#define OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_

#include "layers/layer.h"

namespace ostinato {

class SpatialDropout1d : public Layer {
 public:
  SpatialDropout1d(float rate, uint64_t seed, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t, size_t) const override { return 0; }
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  // Each row has a mask of its own: rows that share a trunk would share theirs.
  bool SharesPadding(bool training) const override { return !training || rate_ == 0.0f; }

  bool CanStep() const override { return true; }

 private:
  // out = input times the mask of each row.
  void Apply(const Tensor& input, WorkerPool& pool, float* out) const;

  float rate_;
  uint64_t seed_;
  size_t stride_ = 0;
  Tensor input_;
  Buffer<float> ones_, factors_;  // [rows + 1]; the last is that of the unused position
  Buffer<float> output_, gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_SPATIAL_DROPOUT1D_H_
