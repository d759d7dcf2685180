// SPDX-License-Identifier: MIT
// What all recurrent layers are: a cell, its weights as the kernels want them, one timestep for streams. What
// a use of such a layer does with a batch is in recurrent_node.h. The layers differ in their cell, which a
// kernel computes (WalkArgs), and in how their weights lie.
#ifndef OSTINATO_LAYERS_RECURRENT_RECURRENT_H_
#define OSTINATO_LAYERS_RECURRENT_RECURRENT_H_

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "layers/recurrent/cell_weights.h"
#include "layers/stepping.h"

namespace ostinato {

struct RecurrentConfig {
  size_t features, units;
  Activation activation, recurrent_activation;
  bool use_bias, reset_after, return_sequences, go_backwards, stateful, zero_output;
  float dropout, recurrent_dropout;
  uint64_t seed;
  std::vector<WeightConfig> weights;  // kernel, recurrent kernel, bias
};

class Recurrent : public Layer, public Stepping {
 public:
  const RecurrentConfig& config() const { return config_; }
  const CellShape& cell() const { return weights_.cell(); }
  const CellWeights& weights() const { return weights_; }

  // The inputs: a sequence, then all initial states or none. The outputs: the states of the walk or the last
  // of them, then each state after the last step.
  std::vector<ValueShape> OutputShapes(const std::vector<ValueShape>& inputs) const override;
  std::unique_ptr<Node> MakeNode(const NodeConfig& node) override;
  void SetSeed(uint64_t seed) override { config_.seed = seed; }

  size_t states() const { return cell().kind == CellKind::kLstm ? 2 : 1; }
  size_t state_size() const { return config_.units * states(); }
  // Floats of the recurrent kernel that a step reads.
  size_t walk_floats() const { return cell().gates * weights_.sizes().padded * config_.units; }
  void PackWeights(const KernelTable& kernels, WorkerPool* pool);
  // What every walk of this layer has, whatever its rows.
  WalkArgs WalkOf(bool backward) const;

  bool CanStep() const override { return !config_.go_backwards; }
  size_t stream_floats() const override { return weights_.sizes().padded * states(); }
  size_t step_floats(const std::vector<ValueShape>& inputs) const override;
  void PrepareSteps(const KernelTable& kernels) override { PackWeights(kernels, nullptr); }
  void Step(const StepInputs& inputs, StreamRows* outputs, const StreamBatch& batch) const override;

 protected:
  Recurrent(const RecurrentConfig& config, const CellShape& cell, bool reset_before);

 private:
  RecurrentConfig config_;
  CellWeights weights_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_RECURRENT_H_
