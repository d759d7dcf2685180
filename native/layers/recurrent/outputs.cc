// SPDX-License-Identifier: MIT
#include "layers/recurrent/outputs.h"

#include <cstring>
#include <vector>

namespace ostinato {

CellOutputs::CellOutputs(CellBatch* use, Arena* arena)
    : use_(*use),
      layout_(arena),
      counts_(arena),
      sequence_index_(arena),
      last_index_(arena),
      gradient_(arena) {}

// State position of the state of row r after step t, which counts.
size_t CellOutputs::StateAfter(size_t r, size_t t) const {
  const BatchLayout& layout = use_.layout();
  return layout.base() + static_cast<size_t>(layout.offsets()[use_.config.go_backwards ? t : t + 1]) + r;
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
  if (!config.return_sequences) return State(0);
  Tensor output = RowsLike(use_.input, use_.states.data(), use_.sizes.stride, config.units);
  output.fill = config.zero_output ? MaskFill::kUnused : MaskFill::kCarry;
  if (IsExpanded() || IsReversed()) {
    if (IsExpanded()) {
      ExpandOutputs();
      output.counts = counts_.data();
    } else {
      ReverseOutputs();
    }
    output.index = sequence_index_.data();
    if (layout.masked()) output.layout = &layout_;
  } else if (!config.go_backwards) {
    output.index = layout.next();
  }
  return output;
}

// Outputs in the reverse order of the steps, in which a layer that goes backwards walks them. Their mask is
// reversed with them; in Keras it stays as it was (keras/src/layers/rnn/rnn.py, compute_mask), so that it
// hides outputs of steps that count.
void CellOutputs::ReverseOutputs() {
  const BatchLayout& layout = use_.layout();
  if (layout.masked()) layout_.BuildReversed(layout);
  sequence_index_.Resize(layout.step_count());
  sequence_index_[0] = 0;
  for (size_t r = 0; r < layout.rows(); ++r)
    for (size_t t = layout.start(r); t < layout.steps(); ++t)
      sequence_index_[layout.base() + static_cast<size_t>(layout.offsets()[t]) + r] =
          static_cast<int32_t>(StateAfter(r, layout.reversed_step(r, t)));
}

// Outputs of all steps, masked ones too: these hold the state before them in the order of the walk, which is
// at first the state that the row began in, or with `zero_output` zero.
void CellOutputs::ExpandOutputs() {
  const BatchLayout& layout = use_.layout();
  const size_t rows = layout.rows(), steps = layout.source_steps();
  const bool backwards = use_.config.go_backwards;
  layout_.BuildPlain(layout, steps);
  counts_.Resize(1 + steps * rows);
  counts_[0] = 0;
  sequence_index_.Resize(1 + steps * rows);
  sequence_index_[0] = 0;
  for (size_t r = 0; r < rows; ++r) {
    // Of the steps that count, the next one to be walked is t, or t - 1 backwards.
    size_t t = backwards ? layout.steps() : layout.start(r);
    size_t position = layout.base() + static_cast<size_t>(layout.offsets()[t]) + r;
    for (size_t i = 0; i < steps; ++i) {
      const size_t source = backwards ? steps - 1 - i : i;
      const bool counts = backwards ? t > layout.start(r) && layout.source_step(r, t - 1) == source
                                    : t < layout.steps() && layout.source_step(r, t) == source;
      if (counts) position = StateAfter(r, backwards ? --t : t++);
      const size_t place = 1 + (IsReversed() ? steps - 1 - source : source) * rows + r;
      counts_[place] = counts;
      sequence_index_[place] = counts || !use_.config.zero_output ? static_cast<int32_t>(position) : 0;
    }
  }
}

const float* CellOutputs::SequenceGradient(const Gradient& output, BatchContext& batch) {
  if (!output.data) return nullptr;
  const BatchLayout& layout = use_.layout();
  const RecurrentConfig& config = use_.config;
  const size_t stride = use_.sizes.stride;
  if (!IsExpanded() && !IsReversed()) return output.data;
  gradient_.Resize(layout.step_count() * stride);
  ZeroAll(batch.pool, &gradient_);
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
      if (IsExpanded()) {
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
  if (!last) return state.data;
  if (state.data) batch.kernels.add(last, state.data, layout.rows() * stride);
  return last;
}

}  // namespace ostinato
