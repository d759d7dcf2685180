// SPDX-License-Identifier: MIT
// How the rows of one batch lie in memory, so that every layer can walk them without knowing why.
//
// Rows that begin with the same padding walk the same states. That walk is the *trunk*, computed once: its P
// steps are positions 0..P-1. Rows are sorted by the step at which they leave the trunk (their *start*), so
// that the rows that are active at a step are the first ones. Position P is unused (it keeps indices below
// equal for states and steps); behind it come, step after step, the active rows: row r at step t is position
// base() + offset(t) + r.
//
//   step positions    inputs, gate gradients: [0, step_count()), step_count() = base() + offset(T)
//   state positions   the state before step t of row r has the step's position; the last states follow at
//                     base() + offset(T) + r, so there are step_count() + rows() of them. The trunk's are
//                     0..P.
//
// So the state after step position p is state position next(p), and one product over equal positions of
// states and gate gradients is the whole gradient of the recurrent kernel. Without shared padding P = 0 and
// all starts are 0.
//
// Masked steps are not there at all: the steps of a row that count stand right-aligned in their order, so
// that a row of L such steps starts at T - L and no kernel ever meets a masked step (there is no trunk then).
// What a masked step holds follows from a rule (MaskFill in tensor.h); ExpandIndex applies it.
//
// A walk in reverse order uses the same positions: the state after step t then has the step's position, and
// the state before it lies at next().
#ifndef OSTINATO_BATCH_BATCH_LAYOUT_H_
#define OSTINATO_BATCH_BATCH_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "batch/tensor.h"

namespace ostinato {

// 32-bit numbers that a layout takes for each step of a row, at most.
constexpr size_t kLayoutFloats = 8;

class BatchLayout {
 public:
  explicit BatchLayout(Arena* arena);

  // Rows samples[first..first + rows) (null: those numbers themselves) of `tokens` [*, steps]; with mask_zero
  // steps of token 0 are masked.
  void BuildTokens(const int32_t* tokens, size_t steps, size_t vocabulary, const int32_t* samples,
                   size_t first, size_t rows, bool share_padding, bool mask_zero, size_t walk_rows);
  // Rows of values [*, steps, C], or [*, C] with steps = 1; mask [*, steps]: nonzero where a step counts, or
  // null.
  void BuildValues(size_t steps, const uint8_t* mask, const int32_t* samples, size_t first, size_t rows,
                   size_t walk_rows);
  // The rows of `from`, in its order or that of the batch, with `steps` steps each and none masked.
  void BuildPlain(const BatchLayout& from, size_t steps, bool in_batch_order = false);
  // The steps of each row of the plain layout `from` in `parts` rows of their own: part a of row r is row
  // r * parts + a.
  void BuildFolded(const BatchLayout& from, size_t parts);
  // Its adjoint: of every `parts` rows of `from`, which have one step, one row in the order of the batch.
  void BuildUnfolded(const BatchLayout& from, size_t parts);
  // The rows of the plain layout `from`, in its order, as tokens: ids[position]; as BuildTokens otherwise.
  void BuildIds(const BatchLayout& from, const int32_t* ids, size_t vocabulary, bool mask_zero);
  // The rows of the plain layout `from` without the steps whose counts[position] is zero; values() then tells
  // where each position was there.
  void BuildMasked(const BatchLayout& from, const uint8_t* counts);
  // The rows of `from`, which has no trunk, with their steps in reverse: step s of a row is step
  // source_steps() - 1 - s of `from`, masked where that is. Every position keeps its place, for a row has as
  // many steps that count as before.
  void BuildReversed(const BatchLayout& from);

  size_t rows() const { return rows_; }
  size_t steps() const { return steps_; }
  // Steps with the masked ones; source_step(p) tells which of them a position is.
  size_t source_steps() const { return source_steps_; }
  bool masked() const { return masked_; }
  size_t source_step(size_t r, size_t t) const {
    return masked_ ? static_cast<size_t>(source_step_[static_cast<size_t>(offsets_[t]) + r]) : t;
  }
  // Which step of row r stands at step t of a layout that BuildReversed makes of this one, and the other way
  // round.
  size_t reversed_step(size_t r, size_t t) const { return start(r) + steps_ - 1 - t; }
  // Position of every row and source step, [1 + source_steps() * rows()] as a plain layout of the same rows
  // numbers them, in this order or that of the batch. Masked steps: the unused position, or with `carry` the
  // step that counted last before them.
  void ExpandIndex(bool carry, Buffer<int32_t>* out, bool in_batch_order = false) const;
  size_t trunk() const { return trunk_; }
  size_t base() const { return trunk_ + 1; }
  size_t step_count() const { return base() + static_cast<size_t>(offsets_[steps_]); }
  size_t state_count() const { return step_count() + rows_; }

  // Whether row r of the layout is row r of the batch, for all of them.
  bool in_batch_order() const;
  // Row r of the layout is row sample(r) of the data set and row order(r) of the batch.
  const int32_t* samples() const { return samples_.data(); }
  const int32_t* order() const { return order_.data(); }
  size_t start(size_t r) const { return static_cast<size_t>(starts_[r]); }
  // State position of the state in which row r begins, where none is given.
  size_t origin(size_t r) const { return start(r) < trunk_ ? start(r) : trunk_; }
  const int32_t* active() const { return active_.data(); }    // [T]
  const int32_t* offsets() const { return offsets_.data(); }  // [T + 1]
  const int32_t* first_steps() const {
    return first_steps_.data();
  }  // [rows] offset of each row's first step
  // The trunk as a layout of one row: P ones, and 0..P.
  const int32_t* trunk_active() const { return ones_.data(); }
  const int32_t* trunk_offsets() const { return iota_.data(); }

  const int32_t* next() const { return next_.data(); }     // [step_count]
  const int32_t* tokens() const { return token_.data(); }  // [step_count], token batches
  const int32_t* values() const { return value_.data(); }  // [step_count], row of the data, value batches
  const DistinctTokens& distinct() const { return distinct_; }
  // [vocabulary] the number of each token among the distinct ones, -1 for tokens that do not occur.
  const int32_t* slot_of_token() const { return slot_of_token_.data(); }

  // Rows are walked in blocks of this many, a number that depends on the batch and the ISA alone.
  size_t block_rows() const { return block_rows_; }
  size_t block_count() const { return (rows_ + block_rows_ - 1) / block_rows_; }
  // Deals the blocks to `sets` lists of neighbours with about equal work: set s is
  // blocks()[set_starts()[s] .. set_starts()[s + 1]).
  void DealBlocks(size_t sets) const;
  const int32_t* blocks() const { return blocks_.data(); }
  const int32_t* set_starts() const { return set_starts_.data(); }
  size_t set_count() const { return dealt_sets_; }

 private:
  void Begin(size_t steps, const int32_t* samples, size_t first, size_t rows, size_t walk_rows);
  void SortByStart(const int32_t* tokens, bool share_padding);
  void BuildTokens(const int32_t* tokens, size_t vocabulary, bool share_padding, bool mask_zero);
  template <class Counts>
  void SortMasked(Counts&& counts);
  void OrderByStart(size_t steps);
  void CountSteps();
  void PlaceTokens(const int32_t* tokens);
  void FindDistinct(size_t vocabulary);

  size_t rows_ = 0, steps_ = 0, source_steps_ = 0, trunk_ = 0, block_rows_ = 1, distinct_count_ = 0;
  mutable size_t dealt_sets_ = 0;
  bool masked_ = false;
  int32_t padding_ = 0;  // the token of the trunk, or of masked steps
  Buffer<int32_t> ids_;  // [rows, steps] of BuildIds
  Buffer<int32_t> batch_samples_, samples_, order_, starts_, batch_starts_, active_, offsets_, first_steps_;
  Buffer<int32_t> source_step_;  // [offsets(T)], masked layouts
  Buffer<int32_t> ones_, iota_, next_, token_, value_;
  mutable Buffer<int32_t> blocks_, set_starts_;
  DerivedBuffer<int32_t> slot_of_token_;  // goes on from distinct_tokens_ of the last batch
  Buffer<int32_t> distinct_tokens_, slots_, group_starts_, group_ends_, positions_;
  DistinctTokens distinct_;
};

}  // namespace ostinato

#endif  // OSTINATO_BATCH_BATCH_LAYOUT_H_
