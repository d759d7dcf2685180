// SPDX-License-Identifier: MIT
// Bidirectional: a recurrent layer and another that goes backwards, over the same positions, merged
// (keras/src/layers/rnn/bidirectional.py).
#ifndef OSTINATO_LAYERS_BIDIRECTIONAL_H_
#define OSTINATO_LAYERS_BIDIRECTIONAL_H_

#include <memory>
#include <vector>

#include "layers/recurrent.h"

namespace ostinato {

enum class MergeMode { kConcat, kSum, kMul, kAve };

class Bidirectional : public Layer {
 public:
  Bidirectional(std::unique_ptr<Recurrent> forward, std::unique_ptr<Recurrent> backward, MergeMode merge,
                Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void Commit() override {
    forward_->Commit();
    backward_->Commit();
  }
  MaskUse mask_use(bool) const override { return MaskUse::kOwn; }
  // One of the directions meets the padding last, when rows differ.
  bool SharesPadding(bool) const override { return false; }
  bool EndsSequence() const override { return forward_->EndsSequence(); }
  void Invalidate() override;
  void ListParameters(std::vector<Parameter*>* list) override;
  size_t state_size() const override { return forward_->state_size() + backward_->state_size(); }
  size_t walk_floats() const override;
  void ReadStates(float* out, size_t stride) const override;
  void ResetStates() override;
  void ListCarried(std::vector<CarriedStates*>* list) override;

 private:
  std::unique_ptr<Recurrent> forward_, backward_;
  MergeMode merge_;
  Tensor outputs_[2];
  size_t rows_ = 0;
  Buffer<float> merged_, forward_gradient_, backward_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_BIDIRECTIONAL_H_
