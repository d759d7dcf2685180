// SPDX-License-Identifier: MIT
// One batch in one use of a recurrent layer: what the parts of the use share.
#ifndef OSTINATO_LAYERS_RECURRENT_CELL_BATCH_H_
#define OSTINATO_LAYERS_RECURRENT_CELL_BATCH_H_

#include "layers/layer.h"
#include "layers/recurrent/recurrent.h"

namespace ostinato {

struct CellBatch {
  CellBatch(Recurrent* layer_, bool flips, Arena* arena)
      : layer(*layer_),
        config(layer_->config()),
        flips_outputs(flips),
        cell(layer_->cell()),
        weights(layer_->weights()),
        sizes(weights.sizes()),
        projected_tokens(arena),
        states(arena),
        cells(arena),
        gates(arena),
        reset_states(arena),
        carry(arena),
        state_masks(arena),
        masked_states(arena) {}

  bool has_cell() const { return cell.kind == CellKind::kLstm; }
  const BatchLayout& layout() const { return *input.layout; }
  // x W + b of every token, or else of every position, in the row that will hold its gates.
  float* projected() {
    return by_token ? projected_tokens.data() : gates.data() + cell.input_deltas * sizes.padded;
  }
  size_t projected_stride() const { return by_token ? sizes.input_stride : sizes.delta_stride; }
  // The gradients of what the activations are computed from: the backward walk writes them over the gates.
  float* deltas() { return gates.data(); }
  // The part of them that belongs to the inputs.
  float* input_deltas() { return deltas() + cell.input_deltas * sizes.padded; }
  // State position of the last state of row r.
  size_t LastState(size_t r) const {
    const size_t t = config.go_backwards ? layout().start(r) : layout().steps();
    return layout().base() + static_cast<size_t>(layout().offsets()[t]) + r;
  }

  Recurrent& layer;
  const RecurrentConfig& config;
  const bool flips_outputs;  // see GraphNode
  const CellShape& cell;
  const CellWeights& weights;
  const CellSizes& sizes;
  Tensor input;
  bool by_token = false;  // equal tokens share one projection
  bool keeps_gates = false;
  bool drops_inputs = false;  // in this batch
  bool drops_states = false;
  Buffer<float> projected_tokens;  // [tokens, gates]
  Buffer<float> states;            // [state positions, H]
  Buffer<float> cells;             // [state positions, H] LSTM
  Buffer<float> gates;             // [step positions, kept] x W + b, then the gates, then their gradients
  Buffer<float> reset_states;      // [step positions, H] GRU with reset_before
  Buffer<float> carry;  // [N + 1, H] what a step passes to the one before it; the last row is the trunk's
  Buffer<float> state_masks;    // [N, gates] of recurrent dropout
  Buffer<float> masked_states;  // [state positions, gates] states times their masks
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_RECURRENT_CELL_BATCH_H_
