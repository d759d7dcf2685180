// SPDX-License-Identifier: MIT
// SimpleRNN: h_t = f(x_t W_x + h_{t-1} W_h + b), keras/src/layers/rnn/simple_rnn.py. The input is projected
// before the time loop (once per different token where the input is an embedding), the trunk is walked once,
// then each thread walks its rows through all of time.
#ifndef OSTINATO_LAYERS_SIMPLE_RNN_H_
#define OSTINATO_LAYERS_SIMPLE_RNN_H_

#include "layers/layer.h"
#include "layers/weight_gradient.h"

namespace ostinato {

struct SimpleRnnConfig {
  size_t features, units;
  Activation activation;
  bool use_bias, return_sequences, trainable;
  std::vector<WeightConfig> weights;  // kernel, recurrent kernel, bias
};

class SimpleRnn : public Layer {
 public:
  SimpleRnn(const SimpleRnnConfig& config, Arena* arena);
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  bool EndsSequence() const override { return !config_.return_sequences; }

 private:
  void PackWeights(BatchContext& batch);
  WalkArgs RowWalk(const BatchLayout& layout) const;
  WalkArgs TrunkWalk(const BatchLayout& layout) const;
  void ForwardTrunk(const GemmArgs& projection, BatchContext& batch);
  void JoinTrunk(size_t set, BatchContext& batch);
  void LeaveTrunk(size_t begin, size_t end, const float* dlast, BatchContext& batch);
  void BackwardTrunk(const Gradient& output, BatchContext& batch);
  void ReduceRecurrent(BatchContext& batch);
  Gradient BackwardInput(BatchContext& batch, bool needs_input);
  template <class Walk>
  void ForWalk(BatchContext& batch, bool backward, Walk&& walk);

  SimpleRnnConfig config_;
  size_t stride_;  // of every row of H floats here
  Tensor input_;
  bool by_token_ = false;
  Buffer<float> packed_kernel_, packed_kernel_back_, packed_recurrent_, packed_recurrent_back_, padded_bias_;
  Buffer<float> projected_;      // [tokens or steps, H] x W_x + b
  Buffer<float> states_;         // [state positions, H]
  Buffer<float> deltas_;         // [step positions, H] gradient of the pre-activations
  Buffer<float> joins_;          // [N, H] gradient of the state in which each row leaves the trunk
  Buffer<float> trunk_outputs_;  // [P, H] gradient of the trunk's outputs
  Buffer<float> token_deltas_;   // [tokens, H] deltas summed per token
  Buffer<float> input_gradient_;
  WeightGradient recurrent_gradient_, trunk_gradient_, kernel_gradient_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_SIMPLE_RNN_H_
