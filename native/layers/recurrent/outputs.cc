// SPDX-License-Identifier: MIT
#include "layers/recurrent/outputs.h"

#include <cstring>
#include <vector>

namespace ostinato {

CellOutputs::CellOutputs(CellBatch* use, Arena* arena)
    : use_(*use),
      plain_layout_(arena),
      counts_(arena),
      sequence_index_(arena),
      last_index_(arena),
      last_outputs_(arena),
      gradient_(arena) {}

// Whether the step that comes last in the order of the walk is masked in row r.
bool CellOutputs::EndsMasked(size_t r) const {
  const BatchLayout& layout = use_.layout();
  if (layout.start(r) == layout.steps()) return true;
  return use_.config.go_backwards ? layout.source_step(r, layout.start(r)) != 0
                                  : layout.source_step(r, layout.steps() - 1) + 1 != layout.source_steps();
}

void CellOutputs::IndexLast() {
  last_index_.Resize(use_.layout().rows());
  for (size_t r = 0; r < last_index_.size(); ++r) last_index_[r] = static_cast<int32_t>(use_.LastState(r));
}

Tensor CellOutputs::State(size_t state) {
  const Buffer<float>& from = state == 0 ? use_.states : use_.cells;
  Tensor output = RowsLike(use_.input, from.data(), use_.sizes.stride, use_.config.units);
  output.space = Space::kSamples;
  output.counts = nullptr;
  IndexLast();
  output.index = last_index_.data();
  return output;
}

Tensor CellOutputs::Output() {
  const BatchLayout& layout = use_.layout();
  const RecurrentConfig& config = use_.config;
  const size_t stride = use_.sizes.stride;
  if (config.return_sequences) {
    Tensor output = RowsLike(use_.input, use_.states.data(), stride, config.units);
    output.fill = config.zero_output ? MaskFill::kUnused : MaskFill::kCarry;
    const bool in_order = config.go_backwards == use_.flips_outputs;
    if (IsExpanded() || !in_order) {
      IndexSequence(IsExpanded());
      output.index = sequence_index_.data();
      if (IsExpanded()) {
        output.layout = &plain_layout_;
        output.counts = counts_.data();
      }
    } else if (!config.go_backwards) {
      output.index = layout.next();
    }
    return output;
  }
  if (!config.zero_output || !layout.masked()) return State(0);
  Tensor output = State(0);
  last_outputs_.Resize(layout.rows() * stride);
  last_outputs_.Zero();
  for (size_t r = 0; r < layout.rows(); ++r)
    if (!EndsMasked(r))
      std::memcpy(last_outputs_.data() + r * stride, use_.states.data() + use_.LastState(r) * stride,
                  stride * sizeof(float));
  output.data = last_outputs_.data();
  output.index = nullptr;
  return output;
}

// Outputs that are not simply the states of the steps. A layer that goes backwards gives them in the order of
// its walk, but the mask stays where it was (keras/src/layers/rnn/rnn.py, compute_mask): output s of a row is
// the state after source step T - 1 - s, or where that is masked the state before it. With `expands`, masked
// steps are there as well: before the first step that counts they hold the state that the row began in.
void CellOutputs::IndexSequence(bool expands) {
  const BatchLayout& layout = use_.layout();
  const size_t rows = layout.rows(), steps = layout.source_steps();
  const bool plain = expands || !layout.masked(), backwards = use_.config.go_backwards;
  const bool flips = use_.flips_outputs;
  if (expands) {
    plain_layout_.BuildPlain(layout, steps);
    counts_.Resize(1 + steps * rows);
    std::memset(counts_.data(), 0, counts_.size());
  }
  sequence_index_.Resize(plain ? 1 + steps * rows : layout.step_count());
  sequence_index_[0] = 0;
  std::vector<int32_t> outputs(steps);
  for (size_t r = 0; r < rows; ++r) {
    size_t t = backwards ? layout.steps() : layout.start(r);
    const auto state = [&](size_t at) {
      return static_cast<int32_t>(layout.base() + r) + layout.offsets()[at];
    };
    int32_t position = state(t);
    for (size_t i = 0; i < steps; ++i) {
      const size_t source = backwards ? steps - 1 - i : i;
      const bool counts = backwards ? t > layout.start(r) && layout.source_step(r, t - 1) == source
                                    : t < layout.steps() && layout.source_step(r, t) == source;
      if (counts) position = state(backwards ? --t : ++t);
      outputs[flips ? steps - 1 - i : i] = counts || !use_.config.zero_output ? position : 0;
    }
    if (expands)
      for (t = layout.start(r); t < layout.steps(); ++t) counts_[1 + layout.source_step(r, t) * rows + r] = 1;
    if (plain) {
      for (size_t s = 0; s < steps; ++s) sequence_index_[1 + s * rows + r] = outputs[s];
    } else {
      for (t = layout.start(r); t < layout.steps(); ++t)
        sequence_index_[layout.base() + static_cast<size_t>(layout.offsets()[t]) + r] =
            outputs[layout.source_step(r, t)];
    }
  }
}

const float* CellOutputs::SequenceGradient(const Gradient& output, BatchContext& batch) {
  if (!output.data) return nullptr;
  const BatchLayout& layout = use_.layout();
  const RecurrentConfig& config = use_.config;
  const size_t stride = use_.sizes.stride;
  const bool expands = IsExpanded();
  if (config.go_backwards == use_.flips_outputs && !expands) return output.data;
  gradient_.Resize(layout.step_count() * stride);
  gradient_.Zero();
  // The step that a state comes after; 0 for the state that a row began in and for the zero of a masked step,
  // which are outputs of none.
  std::vector<size_t> step_of(layout.state_count());
  for (size_t p = layout.base(); p < layout.step_count(); ++p)
    step_of[config.go_backwards ? p : static_cast<size_t>(layout.next()[p])] = p;
  ForChunks(batch.pool, 0, layout.rows(), 16, [&](size_t begin, size_t end) {
    const auto add = [&](size_t p) {
      const size_t to = step_of[static_cast<size_t>(sequence_index_[p])];
      if (to > 0) batch.kernels.add(gradient_.data() + to * stride, output.data + p * stride, stride);
    };
    for (size_t r = begin; r < end; ++r) {
      if (expands) {
        for (size_t s = 0; s < layout.source_steps(); ++s) add(1 + s * layout.rows() + r);
      } else {
        for (size_t t = layout.start(r); t < layout.steps(); ++t)
          add(layout.base() + static_cast<size_t>(layout.offsets()[t]) + r);
      }
    }
  });
  return gradient_.data();
}

const float* CellOutputs::LastGradient(const Gradient& output, const Gradient& state, BatchContext& batch) {
  const BatchLayout& layout = use_.layout();
  const size_t stride = use_.sizes.stride;
  float* last = use_.config.return_sequences ? nullptr : output.data;
  if (last && use_.config.zero_output && layout.masked())
    for (size_t r = 0; r < layout.rows(); ++r)
      if (EndsMasked(r)) std::memset(last + r * stride, 0, stride * sizeof(float));
  if (!last) return state.data;
  if (state.data) batch.kernels.add(last, state.data, layout.rows() * stride);
  return last;
}

}  // namespace ostinato
