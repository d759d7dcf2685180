// SPDX-License-Identifier: MIT
// One use of a recurrent layer: the input is projected before the time loop (once per different token where
// it is an embedding), the trunk is walked once, then each thread walks its rows through all of time; and the
// way back.
#ifndef OSTINATO_LAYERS_RECURRENT_RECURRENT_NODE_H_
#define OSTINATO_LAYERS_RECURRENT_RECURRENT_NODE_H_

#include <deque>
#include <vector>

#include "layers/expand.h"
#include "layers/recurrent/dropout.h"
#include "layers/recurrent/gradients.h"
#include "layers/recurrent/outputs.h"
#include "layers/recurrent/walk.h"

namespace ostinato {

class RecurrentNode : public Node {
 public:
  RecurrentNode(Recurrent* layer, const NodeConfig& node);
  void Forward(const Tensor* inputs, Tensor* outputs, BatchContext& batch) override;
  void Backward(const Gradient* outputs, const bool* needs, Gradient* inputs, BatchContext& batch) override;
  size_t ForwardFloats(const std::vector<ValueShape>& inputs,
                       const std::vector<ValueShape>& outputs) const override;
  void Commit() override;
  MaskUse mask_use(bool) const override { return MaskUse::kOwn; }
  bool SharesPadding(bool training) const override;
  void ListCarried(std::vector<CarriedStates*>* list) override {
    if (use_.config.stateful) list->push_back(&carried_);
  }
  void ReturnUnmasked(bool unmasked) override { outputs_.ReturnUnmasked(unmasked); }

  const Recurrent& layer() const { return use_.layer; }
  // For layers that overlap in time (ForWavefront): Begin, then Advance for parts of the steps in order, then
  // End, are what Forward does. Whether they may is a property of the layer and the batch alone.
  bool Overlaps(const Tensor& input, const BatchContext& batch) const;
  Tensor Begin(const Tensor& input, BatchContext& batch);
  void Advance(size_t t_begin, size_t t_end, BatchContext& batch);
  void End(Tensor* outputs);

 private:
  void Prepare(const Tensor& input, BatchContext& batch);
  GemmArgs Projection();
  void ForwardTrunk(const GemmArgs& projection, BatchContext& batch);
  void JoinTrunk(size_t set);
  void LeaveTrunk(size_t begin, size_t end, const float* last, BatchContext& batch);
  void BackwardTrunk(const float* outputs, BatchContext& batch);
  void InitialGradients(const float* last, const bool* needs, Gradient* inputs, BatchContext& batch);

  CellBatch use_;
  CellWalk walk_;
  CellOutputs outputs_;
  CellDropout dropout_;
  CellGradients gradients_;
  Compact compact_;
  std::deque<Align> align_;
  std::vector<Tensor>
      initial_;  // each initial state, rows as the input's; none where they are zero or carried
  CarriedStates carried_;
  Buffer<float> joins_;          // [N, H] gradient of the state before each row's first step
  Buffer<float> trunk_outputs_;  // [P, H] gradient of the trunk's outputs
  Buffer<float> trunk_cells_;    // [P, H] of its cells, LSTM
  Buffer<int32_t> first_steps_;  // [N] of a walk backwards
  bool last_cells_given_ = false;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_RECURRENT_NODE_H_
