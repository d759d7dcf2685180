// SPDX-License-Identifier: MIT
#include "batch/batch_layout.h"

#include <algorithm>
#include <cstring>

#include "base/plain.h"

namespace ostinato {
namespace {

// A small batch takes smaller blocks, so that there is something to deal to threads.
size_t BlockRows(size_t rows, size_t walk_rows) {
  if (rows >= 8 * walk_rows) return walk_rows;
  return std::min(walk_rows, rows >= 8 ? size_t{4} : rows >= 4 ? size_t{2} : size_t{1});
}

// Number of leading elements equal to `value`.
size_t LeadingRun(const int32_t* row, size_t steps, int32_t value) {
  size_t n = 0;
  // Sixteen at a time, without an exit inside, so that the compiler can compare them at once.
  for (; n + 16 <= steps; n += 16) {
    int32_t differ = 0;
    for (size_t i = 0; i < 16; ++i) differ |= row[n + i] ^ value;
    if (differ) break;
  }
  while (n < steps && row[n] == value) ++n;
  return n;
}

}  // namespace

BatchLayout::BatchLayout(Arena* arena)
    : ids_(arena),
      batch_samples_(arena),
      samples_(arena),
      order_(arena),
      starts_(arena),
      batch_starts_(arena),
      active_(arena),
      offsets_(arena),
      first_steps_(arena),
      source_step_(arena),
      ones_(arena),
      iota_(arena),
      next_(arena),
      token_(arena),
      value_(arena),
      blocks_(arena),
      set_starts_(arena),
      slot_of_token_(arena),
      distinct_tokens_(arena),
      slots_(arena),
      group_starts_(arena),
      group_ends_(arena),
      positions_(arena) {}

void BatchLayout::Begin(size_t steps, const int32_t* samples, size_t first, size_t rows, size_t walk_rows) {
  rows_ = rows;
  steps_ = source_steps_ = steps;
  masked_ = false;
  trunk_ = 0;
  dealt_sets_ = 0;
  block_rows_ = BlockRows(rows, walk_rows);
  distinct_ = {};
  batch_samples_.Resize(rows);
  samples_.Resize(rows);
  order_.Resize(rows);
  starts_.Resize(rows);
  batch_starts_.Resize(rows);
  first_steps_.Resize(rows);
  active_.Resize(steps);
  offsets_.Resize(steps + 1);
  for (size_t i = 0; i < rows; ++i)
    batch_samples_[i] = samples ? samples[first + i] : static_cast<int32_t>(first + i);
}

void BatchLayout::BuildTokens(const int32_t* tokens, size_t steps, size_t vocabulary, const int32_t* samples,
                              size_t first, size_t rows, bool share_padding, bool mask_zero,
                              size_t walk_rows) {
  Begin(steps, samples, first, rows, walk_rows);
  BuildTokens(tokens, vocabulary, share_padding, mask_zero);
}

void BatchLayout::BuildTokens(const int32_t* tokens, size_t vocabulary, bool share_padding, bool mask_zero) {
  if (mask_zero) {
    padding_ = 0;
    SortMasked([&](size_t i, size_t t) {
      return tokens[static_cast<size_t>(batch_samples_[i]) * source_steps_ + t] != 0;
    });
  } else {
    SortByStart(tokens, share_padding);
    CountSteps();
  }
  PlaceTokens(tokens);
  FindDistinct(vocabulary);
}

void BatchLayout::BuildValues(size_t steps, const uint8_t* mask, const int32_t* samples, size_t first,
                              size_t rows, size_t walk_rows) {
  Begin(steps, samples, first, rows, walk_rows);
  if (mask) {
    SortMasked(
        [&](size_t i, size_t t) { return mask[static_cast<size_t>(batch_samples_[i]) * steps + t] != 0; });
  } else {
    SortByStart(nullptr, false);
    CountSteps();
  }
  value_.Resize(step_count());
  value_[0] = samples_[0] * static_cast<int32_t>(steps);
  for (size_t t = 0; t < steps_; ++t)
    for (size_t r = 0; r < static_cast<size_t>(active_[t]); ++r)
      value_[base() + static_cast<size_t>(offsets_[t]) + r] =
          samples_[r] * static_cast<int32_t>(steps) + static_cast<int32_t>(source_step(r, t));
}

void BatchLayout::BuildPlain(const BatchLayout& from, size_t steps, bool in_batch_order) {
  Begin(steps, from.samples(), 0, from.rows(), from.block_rows());
  block_rows_ = from.block_rows();
  if (in_batch_order)
    for (size_t r = 0; r < rows_; ++r)
      batch_samples_[static_cast<size_t>(from.order()[r])] = from.samples()[r];
  SortByStart(nullptr, false);
  if (!in_batch_order)
    for (size_t r = 0; r < rows_; ++r) order_[r] = from.order()[r];
  CountSteps();
}

void BatchLayout::BuildFolded(const BatchLayout& from, size_t parts) {
  Begin(from.steps() / parts, nullptr, 0, from.rows() * parts, from.block_rows());
  SortByStart(nullptr, false);
  for (size_t i = 0; i < rows_; ++i) {
    const size_t r = i / parts, t = i % parts;
    order_[i] = from.order()[r] * static_cast<int32_t>(parts) + static_cast<int32_t>(t);
    samples_[i] = from.samples()[r] * static_cast<int32_t>(parts) + static_cast<int32_t>(t);
  }
  CountSteps();
}

void BatchLayout::BuildUnfolded(const BatchLayout& from, size_t parts) {
  Begin(parts, nullptr, 0, from.rows() / parts, from.block_rows());
  for (size_t r = 0; r < from.rows(); ++r)
    batch_samples_[static_cast<size_t>(from.order()[r]) / parts] =
        from.samples()[r] / static_cast<int32_t>(parts);
  SortByStart(nullptr, false);
  CountSteps();
}

void BatchLayout::BuildIds(const BatchLayout& from, const int32_t* ids, size_t vocabulary, bool mask_zero) {
  Begin(from.steps(), nullptr, 0, from.rows(), from.block_rows());
  block_rows_ = from.block_rows();
  // Row after row, as in a data set.
  ids_.Resize(rows_ * steps_);
  for (size_t r = 0; r < rows_; ++r)
    for (size_t t = 0; t < steps_; ++t) ids_[r * steps_ + t] = ids[from.base() + t * rows_ + r];
  BuildTokens(ids_.data(), vocabulary, false, mask_zero);
  for (size_t r = 0; r < rows_; ++r) {
    const size_t row = static_cast<size_t>(order_[r]);
    order_[r] = from.order()[row];
    samples_[r] = from.samples()[row];
  }
}

bool BatchLayout::in_batch_order() const {
  for (size_t r = 0; r < rows_; ++r)
    if (static_cast<size_t>(order_[r]) != r) return false;
  return true;
}

void BatchLayout::BuildMasked(const BatchLayout& from, const uint8_t* counts) {
  Begin(from.source_steps(), from.samples(), 0, from.rows(), from.block_rows());
  block_rows_ = from.block_rows();
  SortMasked([&](size_t i, size_t t) { return counts[from.base() + t * rows_ + i] != 0; });
  value_.Resize(step_count());
  value_[0] = 0;
  for (size_t t = 0; t < steps_; ++t)
    for (size_t r = 0; r < static_cast<size_t>(active_[t]); ++r)
      value_[base() + static_cast<size_t>(offsets_[t]) + r] =
          static_cast<int32_t>(from.base() + source_step(r, t) * rows_) + order_[r];
  for (size_t r = 0; r < rows_; ++r) order_[r] = from.order()[static_cast<size_t>(order_[r])];
}

void BatchLayout::BuildReversed(const BatchLayout& from) {
  Begin(from.source_steps(), from.samples(), 0, from.rows(), from.block_rows());
  block_rows_ = from.block_rows();
  masked_ = from.masked();
  steps_ = from.steps();
  for (size_t r = 0; r < rows_; ++r) {
    samples_[r] = from.samples()[r];
    order_[r] = from.order()[r];
    starts_[r] = static_cast<int32_t>(from.start(r));
  }
  CountSteps();
  if (!masked_) return;
  source_step_.Resize(static_cast<size_t>(offsets_[steps_]));
  for (size_t r = 0; r < rows_; ++r)
    for (size_t t = start(r); t < steps_; ++t)
      source_step_[static_cast<size_t>(offsets_[t]) + r] =
          static_cast<int32_t>(source_steps_ - 1 - from.source_step(r, reversed_step(r, t)));
}

// Rows sorted by the number of steps that count, the longest first; counts(i, t) asks of row i of the batch.
template <class Counts>
void BatchLayout::SortMasked(Counts&& counts) {
  size_t longest = 1;
  for (size_t i = 0; i < rows_; ++i) {
    size_t length = 0;
    for (size_t t = 0; t < source_steps_; ++t) length += counts(i, t);
    batch_starts_[i] = static_cast<int32_t>(length);
    longest = std::max(longest, length);
  }
  masked_ = true;
  steps_ = longest;
  for (size_t i = 0; i < rows_; ++i) batch_starts_[i] = static_cast<int32_t>(longest) - batch_starts_[i];
  OrderByStart(longest);
  CountSteps();
  source_step_.Resize(static_cast<size_t>(offsets_[steps_]));
  for (size_t r = 0; r < rows_; ++r) {
    const size_t i = static_cast<size_t>(order_[r]);
    size_t t = start(r);
    for (size_t source = 0; source < source_steps_; ++source)
      if (counts(i, source))
        source_step_[static_cast<size_t>(offsets_[t++]) + r] = static_cast<int32_t>(source);
  }
}

void BatchLayout::ExpandIndex(bool carry, Buffer<int32_t>* out, bool in_batch_order) const {
  out->Resize(1 + source_steps_ * rows_);
  int32_t* const index = out->data();
  const int32_t unused = static_cast<int32_t>(trunk_);
  index[0] = unused;
  for (size_t r = 0; r < rows_; ++r) {
    const size_t row = in_batch_order ? static_cast<size_t>(order_[r]) : r;
    size_t t = masked_ ? start(r) : 0;
    int32_t last = unused;
    for (size_t source = 0; source < source_steps_; ++source) {
      int32_t position = carry ? last : unused;
      if (t < start(r)) {
        position = static_cast<int32_t>(t++);  // on the trunk
      } else if (t < steps_ && source_step(r, t) == source) {
        last = position = static_cast<int32_t>(base()) + offsets_[t++] + static_cast<int32_t>(r);
      }
      index[1 + source * rows_ + row] = position;
    }
  }
}

// Rows sorted by the step at which they leave the shared padding.
void BatchLayout::SortByStart(const int32_t* tokens, bool share_padding) {
  if (!share_padding) {
    for (size_t r = 0; r < rows_; ++r) {
      order_[r] = static_cast<int32_t>(r);
      samples_[r] = batch_samples_[r];
      starts_[r] = 0;
    }
    return;
  }
  // The padding is whatever the row with the longest leading run begins with: no value is special.
  size_t longest = 0;
  for (size_t i = 0; i < rows_; ++i) {
    const int32_t* row = tokens + static_cast<size_t>(batch_samples_[i]) * steps_;
    if (i > 0 && row[0] == padding_) {
      batch_starts_[i] = static_cast<int32_t>(LeadingRun(row, steps_, padding_));
      longest = std::max(longest, static_cast<size_t>(batch_starts_[i]));
      continue;
    }
    const size_t run = LeadingRun(row, steps_, row[0]);
    batch_starts_[i] = 0;
    if (run > longest) {
      longest = run;
      padding_ = row[0];
      for (size_t j = 0; j < i; ++j) {
        const int32_t* earlier = tokens + static_cast<size_t>(batch_samples_[j]) * steps_;
        batch_starts_[j] = static_cast<int32_t>(LeadingRun(earlier, steps_, padding_));
      }
      batch_starts_[i] = static_cast<int32_t>(run);
    }
  }
  trunk_ = longest;
  OrderByStart(steps_);
}

// Counting sort of batch_starts_, stable, so that the order depends on the batch alone.
void BatchLayout::OrderByStart(size_t steps) {
  // offsets_ has room for starts 0..T and is filled anew afterwards.
  std::memset(offsets_.data(), 0, (steps + 1) * sizeof(int32_t));
  for (size_t i = 0; i < rows_; ++i) ++offsets_[static_cast<size_t>(batch_starts_[i])];
  int32_t before = 0;
  for (size_t t = 0; t <= steps; ++t) {
    const int32_t count = offsets_[t];
    offsets_[t] = before;
    before += count;
  }
  for (size_t i = 0; i < rows_; ++i) {
    const size_t r = static_cast<size_t>(offsets_[static_cast<size_t>(batch_starts_[i])]++);
    order_[r] = static_cast<int32_t>(i);
    samples_[r] = batch_samples_[i];
    starts_[r] = batch_starts_[i];
  }
}

void BatchLayout::CountSteps() {
  size_t r = 0;
  offsets_[0] = 0;
  for (size_t t = 0; t < steps_; ++t) {
    while (r < rows_ && start(r) <= t) ++r;
    active_[t] = static_cast<int32_t>(r);
    offsets_[t + 1] = offsets_[t] + active_[t];
  }
  for (r = 0; r < rows_; ++r)
    first_steps_[r] = start(r) < steps_ ? offsets_[start(r)] + static_cast<int32_t>(r) : -1;
  ones_.Resize(trunk_);
  iota_.Resize(trunk_ + 1);
  for (size_t t = 0; t < trunk_; ++t) ones_[t] = 1;
  for (size_t t = 0; t <= trunk_; ++t) iota_[t] = static_cast<int32_t>(t);
  next_.Resize(step_count());
  for (size_t p = 0; p < trunk_; ++p) next_[p] = static_cast<int32_t>(p + 1);
  next_[trunk_] = static_cast<int32_t>(trunk_);
  for (size_t t = 0; t < steps_; ++t) {
    const int32_t shift = static_cast<int32_t>(base()) + offsets_[t + 1];
    int32_t* out = next_.data() + base() + static_cast<size_t>(offsets_[t]);
    for (int32_t row = 0; row < active_[t]; ++row) out[row] = shift + row;
  }
}

void BatchLayout::PlaceTokens(const int32_t* tokens) {
  token_.Resize(step_count());
  const int32_t unused =
      trunk_ > 0 || masked_ ? padding_ : tokens[static_cast<size_t>(samples_[0]) * source_steps_];
  for (size_t p = 0; p <= trunk_; ++p) token_[p] = unused;
  int32_t* const out = token_.data() + base();
  for (size_t r = 0; r < rows_; ++r) {
    const int32_t* row = tokens + static_cast<size_t>(samples_[r]) * source_steps_;
    for (size_t t = start(r); t < steps_; ++t)
      out[static_cast<size_t>(offsets_[t]) + r] = row[source_step(r, t)];
  }
}

// Tokens are numbered in the order of their first position; the trunk's comes first where there is a trunk.
void BatchLayout::FindDistinct(size_t vocabulary) {
  // The tokens of the last batch are forgotten one by one: a vocabulary may be far larger than a batch.
  if (slot_of_token_.Resize(vocabulary) || !distinct_tokens_.has_memory()) {
    std::memset(slot_of_token_.data(), 0xff, vocabulary * sizeof(int32_t));
  } else {
    for (size_t u = 0; u < distinct_count_; ++u)
      slot_of_token_[static_cast<size_t>(distinct_tokens_[u])] = -1;
  }
  distinct_count_ = 0;
  // All memory first: where there is none, nothing is half done.
  const size_t count = step_count(), most = std::min(count, vocabulary);
  distinct_tokens_.Resize(most);
  slots_.Resize(count);
  group_starts_.Resize(most + 1);
  group_ends_.Resize(most);
  positions_.Resize(count);
  size_t distinct = 0;
  const auto place = [&](size_t p) {
    int32_t& slot = slot_of_token_[static_cast<size_t>(token_[p])];
    if (slot < 0) {
      slot = static_cast<int32_t>(distinct);
      distinct_tokens_[distinct] = token_[p];
      group_ends_[distinct] = 0;
      ++distinct;
    }
    slots_[p] = slot;
    ++group_ends_[static_cast<size_t>(slot)];
  };
  for (size_t p = 0; p < count; ++p) place(p);

  int32_t before = 0;
  for (size_t u = 0; u < distinct; ++u) {
    group_starts_[u] = before;
    before += group_ends_[u];
    group_ends_[u] = group_starts_[u];
  }
  group_starts_[distinct] = before;
  for (size_t p = 0; p < count; ++p)
    positions_[static_cast<size_t>(group_ends_[static_cast<size_t>(slots_[p])]++)] = static_cast<int32_t>(p);
  distinct_count_ = distinct;
  distinct_ = {distinct, distinct_tokens_.data(), slots_.data(), group_starts_.data(), positions_.data()};
}

// Sets are neighbouring blocks. The rows of a step lie side by side: threads that took every other block
// asked ahead for each other's lines (8 % of a training step of LSTM(32) on reviews, two threads).
void BatchLayout::DealBlocks(size_t sets) const {
  sets = std::max<size_t>(1, std::min(sets, block_count()));
  if (dealt_sets_ == sets) return;
  dealt_sets_ = sets;
  const size_t blocks = block_count();
  blocks_.Resize(blocks);
  set_starts_.Resize(kMaxThreads + 1);
  const auto work = [&](size_t b) {
    size_t sum = 0;
    for (size_t r = b * block_rows_; r < std::min(rows_, (b + 1) * block_rows_); ++r)
      sum += steps_ - start(r) + 1;
    return sum;
  };
  size_t total = 0, before = 0, set = 0;
  for (size_t b = 0; b < blocks; ++b) total += work(b);
  set_starts_[0] = 0;
  for (size_t b = 0; b < blocks; ++b) {
    blocks_[b] = static_cast<int32_t>(b);
    const size_t own = std::min(sets - 1, (before + work(b) / 2) * sets / total);
    while (set < own) set_starts_[++set] = static_cast<int32_t>(b);
    before += work(b);
  }
  while (set < sets) set_starts_[++set] = static_cast<int32_t>(blocks);
}

}  // namespace ostinato
