// SPDX-License-Identifier: MIT
// What all recurrent layers are: the input is projected before the time loop (once per different token where
// the input is an embedding), the trunk is walked once, then each thread walks its rows through all of time.
// The layers differ in their cell, which a kernel computes (WalkArgs), and in how their weights lie.
#ifndef OSTINATO_LAYERS_RECURRENT_H_
#define OSTINATO_LAYERS_RECURRENT_H_

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "layers/token_sums.h"
#include "layers/weight_gradient.h"

namespace ostinato {

struct RecurrentConfig {
  size_t features, units;
  Activation activation, recurrent_activation;
  bool use_bias, reset_after, return_sequences, go_backwards, stateful, zero_output, trainable;
  float dropout, recurrent_dropout;
  uint64_t seed;
  std::vector<WeightConfig> weights;  // kernel, recurrent kernel, bias
};

// How a cell's blocks of Hp columns lie. Keras' order of gates is that of the inputs.
struct CellShape {
  CellKind kind;
  size_t gates;                   // of inputs and of the kernels
  size_t kept;                    // blocks of gates and of deltas
  size_t input_deltas;            // first block of deltas that belongs to the inputs
  const size_t* recurrent_order;  // gates of the recurrent kernel in the order in which the walk wants them
};

class Recurrent : public Layer {
 public:
  Tensor Forward(const Tensor& input, BatchContext& batch) override;
  size_t ForwardFloats(size_t steps, size_t columns) const override;
  Gradient Backward(const Gradient& output, BatchContext& batch, bool needs_input) override;
  void Commit() override;
  MaskUse mask_use(bool) const override { return MaskUse::kOwn; }
  bool EndsSequence() const override { return !config_.return_sequences; }
  Recurrent* AsRecurrent() override { return this; }
  bool SharesPadding(bool training) const override;
  size_t state_size() const override { return config_.units * (has_cell() ? 2 : 1); }
  size_t walk_floats() const override { return cell_.gates * padded_ * config_.units; }
  void ReadStates(float* out, size_t stride) const override;
  void ResetStates() override { carried_.rows = 0; }
  void ListCarried(std::vector<CarriedStates*>* list) override {
    if (config_.stateful) list->push_back(&carried_);
  }
  void ReturnUnmasked(bool unmasked) override { unmasked_ = unmasked; }

  bool CanStep() const override { return !config_.go_backwards; }
  size_t stream_floats() const override { return padded_ * (has_cell() ? 2 : 1); }
  size_t step_columns(size_t) const override { return config_.units; }
  size_t step_floats(size_t columns) const override;
  void PrepareSteps(const KernelTable& kernels) override { PackWeights(kernels, nullptr); }
  StreamRows Step(const StreamRows& input, const StreamBatch& batch) const override;

  // For layers that overlap in time (ForWavefront): Begin, whose output is valid once all is done, and then
  // Advance for parts of the steps in order are what Forward does. Whether they may is a property of the
  // layer and the batch alone.
  bool Overlaps(const Tensor& input, const BatchContext& batch) const;
  Tensor Begin(const Tensor& input, BatchContext& batch);
  void Advance(size_t t_begin, size_t t_end, BatchContext& batch);

  // The second direction of a Bidirectional reverses its outputs, as Keras does: those of a layer that goes
  // backwards then stand in the order of the steps.
  void FlipOutputs() { flips_ = true; }
  // Whether the gradient of the input then comes per position, whatever the input is.
  bool drops_inputs() const { return config_.dropout > 0.0f; }
  const Tensor& input() const { return input_; }

 protected:
  Recurrent(const RecurrentConfig& config, const CellShape& cell, bool reset_before, Arena* arena);

 private:
  // One product of the recurrent kernel's gradient: states times blocks of deltas.
  struct Product {
    const float* a;
    const int32_t* index;
    size_t lda;
    size_t first_delta, gates;  // blocks of deltas
    size_t first_gate;          // in the order of the walk
  };

  bool has_cell() const { return cell_.kind == CellKind::kLstm; }
  // A GRU whose reset gate comes after the product has a bias there too.
  bool two_biases() const { return cell_.kind == CellKind::kGru && !reset_before_ && config_.use_bias; }
  size_t input_masks() const;
  // x W + b of every token, or else of every position, in the row that will hold its gates.
  float* projected() { return by_token_ ? projected_.data() : gates_.data() + cell_.input_deltas * padded_; }
  size_t projected_stride() const { return by_token_ ? input_stride_ : delta_stride_; }
  // The gradients of what the activations are computed from: the backward walk writes them over the gates.
  float* delta_rows() { return gates_.data(); }

  const float* Spread(const Parameter& from, size_t rows, const size_t* order, WorkerPool* pool,
                      Buffer<float>* to) const;
  void PackWeights(const KernelTable& kernels, WorkerPool* pool);
  void PackBias();
  WalkArgs WalkOf(bool backward) const;
  WalkArgs RowWalk(bool backward);
  WalkArgs TrunkWalk(bool backward);
  void Prepare(const Tensor& input, BatchContext& batch);
  GemmArgs Projection();
  bool WalksAsTeam(const BatchContext& batch) const;
  void WalkAsTeam(BatchContext& batch);
  template <class Walk>
  void ForWalk(BatchContext& batch, bool backward, Walk&& walk);
  void ForwardTrunk(const GemmArgs& projection, BatchContext& batch);
  void JoinTrunk(size_t set, BatchContext& batch);
  // Whether the outputs stand in the reverse order of the steps.
  bool reverses() const { return config_.go_backwards != flips_; }
  // Whether masked steps stand among the outputs.
  bool returns_unmasked() const { return unmasked_ && input_.layout->masked(); }
  size_t StateAfter(size_t r, size_t t) const;
  size_t LastState(size_t r) const;
  Tensor Output();
  void ReverseOutputs();
  void ExpandOutputs();
  const float* SequenceGradient(const Gradient& output, BatchContext& batch);
  void LeaveTrunk(size_t begin, size_t end, const float* dlast, BatchContext& batch);
  void SumOverRows(const float* doutputs, BatchContext& batch);
  void PlanSums(const BatchContext& batch);
  void RunChunks(size_t from, size_t to, const BatchContext& batch);
  void BackwardTrunk(const float* doutputs, BatchContext& batch);
  void PlanRecurrent(const int32_t* order);
  bool recurrent_in_place() const;
  void ReduceRecurrent(BatchContext& batch);
  void ReduceKernel(size_t count, BatchContext& batch);
  Gradient BackwardInput(BatchContext& batch, bool needs_input);

  void DrawMasks(float rate, uint64_t stream, size_t count, size_t columns, size_t stride,
                 Buffer<float>* masks, BatchContext& batch);
  void DrawStateMasks(BatchContext& batch);
  template <class Body>
  void ForPositions(BatchContext& batch, Body&& body);
  void ProjectMasked(BatchContext& batch);
  Gradient BackwardMasked(BatchContext& batch, bool needs_input);

  RecurrentConfig config_;
  CellShape cell_;
  bool reset_before_, flips_ = false, unmasked_ = false;
  size_t padded_;           // Hp
  size_t stride_;           // of every row of H floats here
  size_t back_rows_;        // of the transposed recurrent kernel
  size_t input_stride_;     // of projected rows
  size_t delta_stride_;     // of gates and deltas
  size_t masked_stride_;    // of state masks and masked states
  size_t mask_stride_ = 0;  // of input masks and masked inputs
  Tensor input_;
  BatchLayout output_layout_;  // of outputs in reverse, or with their masked steps
  bool by_token_ = false, keeps_gates_ = false, masked_inputs_ = false, masked_states_ = false,
       sums_tokens_ = false;
  DerivedBuffer<float> spread_kernel_, spread_recurrent_, spread_bias_, recurrent_bias_;
  DerivedBuffer<float> packed_kernel_, packed_kernel_back_, packed_recurrent_, packed_recurrent_back_;
  DerivedBuffer<float> packed_candidate_, packed_candidate_back_;
  Buffer<float> packed_gate_;
  Buffer<float> projected_;      // [tokens, gates] x W + b, where equal tokens share theirs
  Buffer<float> states_;         // [state positions, H]
  Buffer<float> cells_;          // [state positions, H] LSTM
  Buffer<float> gates_;          // [step positions, kept] x W + b, then the gates, then their gradients
  Buffer<float> reset_states_;   // [step positions, H] GRU with reset_before
  Buffer<float> carry_;          // [N, H]
  Buffer<float> joins_;          // [N, H] gradient of the state in which each row leaves the trunk
  Buffer<float> trunk_outputs_;  // [P, H] gradient of the trunk's outputs
  Buffer<float> trunk_cells_;    // [P, H] of its cells, LSTM
  TokenSums token_sums_;         // [tokens, gates] of deltas
  Buffer<float> input_gradient_, gate_gradient_;
  Buffer<float> input_masks_, state_masks_, ones_, masked_x_, masked_h_;  // dropout
  Buffer<float> ordered_gradient_;
  Buffer<int32_t> last_index_, output_index_;
  Buffer<float> kernel_sum_, recurrent_sum_, bias_sum_;  // gradients as Keras lays out weights
  CarriedStates carried_;
  std::vector<Product> products_;
  std::vector<size_t> chunk_runs_;  // the first chunk of each run, then the number of chunks
  std::vector<WeightGradient> recurrent_gradients_, trunk_gradients_, kernel_gradients_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_H_
