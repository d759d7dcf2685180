// SPDX-License-Identifier: MIT
#include "layers/expand.h"

#include <cstring>

namespace ostinato {

Tensor Expand::InBatchOrder(const Tensor& input) {
  if (input.space == Space::kSteps) return Forward(input, true, true);
  input_ = input;
  in_batch_order_ = true;
  const BatchLayout& from = *input.layout;
  is_same_ = from.in_batch_order();
  if (is_same_) return input;
  const size_t rows = from.rows();
  layout_.BuildPlain(from, 1, true);
  index_.Resize(rows);
  for (size_t r = 0; r < rows; ++r)
    index_[static_cast<size_t>(from.order()[r])] = input.index ? input.index[r] : static_cast<int32_t>(r);
  Tensor output = input;
  output.layout = &layout_;
  output.index = index_.data();
  return output;
}

Tensor Expand::Forward(const Tensor& input, bool keeps_mask, bool in_batch_order) {
  input_ = input;
  const BatchLayout& from = *input.layout;
  in_batch_order_ = in_batch_order && !from.in_batch_order();
  is_same_ = !from.masked() && from.trunk() == 0 && !in_batch_order_;
  Tensor output = input;
  output.fill = MaskFill::kUnused;
  if (!keeps_mask) output.counts = nullptr;
  if (is_same_) return output;
  const size_t rows = from.rows(), steps = from.source_steps();
  layout_.BuildPlain(from, steps, in_batch_order_);
  from.ExpandIndex(input.fill == MaskFill::kCarry, &index_, in_batch_order_);
  output.layout = &layout_;
  output.distinct = nullptr;
  if (input.tokens) {
    // Of tokens there are no rows to point at.
    for (size_t i = 0; i < index_.size(); ++i) index_[i] = input.tokens[index_[i]];
    output.tokens = index_.data();
    return output;
  }
  if (keeps_mask && (from.masked() || input.counts)) {
    counts_.Resize(index_.size());
    std::memset(counts_.data(), 0, counts_.size());
    if (input.counts) {
      for (size_t i = 1; i < index_.size(); ++i) counts_[i] = input.counts[index_[i]];
    } else {
      for (size_t r = 0; r < rows; ++r) {
        const size_t row = in_batch_order_ ? static_cast<size_t>(from.order()[r]) : r;
        for (size_t t = from.start(r); t < from.steps(); ++t)
          counts_[1 + from.source_step(r, t) * rows + row] = 1;
      }
    }
    output.counts = counts_.data();
  }
  if (input.index) {
    for (size_t i = 0; i < index_.size(); ++i) index_[i] = input.index[index_[i]];
  }
  output.index = index_.data();
  return output;
}

Gradient Expand::SamplesBackward(const Gradient& output) {
  const BatchLayout& from = *input_.layout;
  const size_t stride = output.stride;
  gradient_.Resize(from.rows() * stride);
  for (size_t r = 0; r < from.rows(); ++r)
    std::memcpy(gradient_.data() + r * stride, output.data + static_cast<size_t>(from.order()[r]) * stride,
                stride * sizeof(float));
  return {gradient_.data(), stride, false};
}

Gradient Expand::Backward(const Gradient& output, BatchContext& batch) {
  if (is_same_) return output;
  if (input_.space == Space::kSamples) return SamplesBackward(output);
  const BatchLayout& to = *input_.layout;
  const size_t rows = to.rows(), steps = to.source_steps(), stride = output.stride;
  // index_ belongs to the view, which others may still read.
  to.ExpandIndex(input_.fill == MaskFill::kCarry, &positions_, in_batch_order_);
  gradient_.Resize(to.step_count() * stride);
  std::memset(gradient_.data(), 0, to.base() * stride * sizeof(float));
  const int32_t own = static_cast<int32_t>(to.base());
  ForChunks(batch.pool, 0, rows, 16, [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const size_t row = in_batch_order_ ? static_cast<size_t>(to.order()[r]) : r;
      for (size_t t = to.start(r); t < to.steps(); ++t)
        std::memset(gradient_.data() + (to.base() + static_cast<size_t>(to.offsets()[t]) + r) * stride, 0,
                    stride * sizeof(float));
      for (size_t t = 0; t < steps; ++t) {
        const int32_t position = positions_[1 + t * rows + row];
        if (position >= own)
          batch.kernels.add(gradient_.data() + static_cast<size_t>(position) * stride,
                            output.data + (1 + t * rows + row) * stride, stride);
      }
    }
  });
  // Positions that rows share are summed by one thread, in order.
  for (size_t q = 1; q < positions_.size(); ++q)
    if (positions_[q] < own)
      batch.kernels.add(gradient_.data() + static_cast<size_t>(positions_[q]) * stride,
                        output.data + q * stride, stride);
  return {gradient_.data(), stride, false};
}

Tensor Compact::Forward(const Tensor& input) {
  input_ = input;
  if (!input.counts) return input;
  layout_.BuildMasked(*input.layout, input.counts);
  Tensor output = input;
  output.layout = &layout_;
  output.counts = nullptr;
  output.distinct = nullptr;
  output.fill = MaskFill::kUnused;
  output.index = layout_.values();
  if (input.index) {
    index_.Resize(layout_.step_count());
    for (size_t p = 0; p < index_.size(); ++p) index_[p] = input.index[layout_.values()[p]];
    output.index = index_.data();
  }
  return output;
}

Gradient Compact::Backward(const Gradient& output) {
  if (!input_.counts) return output;
  const size_t stride = output.stride;
  gradient_.Resize(input_.layout->step_count() * stride);
  gradient_.Zero();
  for (size_t p = layout_.base(); p < layout_.step_count(); ++p)
    std::memcpy(gradient_.data() + static_cast<size_t>(layout_.values()[p]) * stride,
                output.data + p * stride, stride * sizeof(float));
  return {gradient_.data(), stride, false};
}

Tensor Align::Forward(const Tensor& input, const BatchLayout& layout) {
  const BatchLayout& from = *input.layout;
  const size_t rows = from.rows();
  columns_ = input.columns;
  is_same_ = &from == &layout || (from.in_batch_order() && layout.in_batch_order());
  Tensor output = input;
  output.layout = &layout;
  if (is_same_) return output;
  place_.Resize(2 * rows);
  int32_t* const row_of = place_.data() + rows;  // of the batch
  for (size_t r = 0; r < rows; ++r) row_of[static_cast<size_t>(from.order()[r])] = static_cast<int32_t>(r);
  index_.Resize(rows);
  for (size_t r = 0; r < rows; ++r) {
    place_[r] = row_of[static_cast<size_t>(layout.order()[r])];
    index_[r] = input.index ? input.index[place_[r]] : place_[r];
  }
  output.index = index_.data();
  return output;
}

Gradient Align::Backward(const Gradient& output) {
  if (is_same_) return output;
  const size_t rows = index_.size(), stride = output.stride;
  gradient_.Resize(rows * stride);
  for (size_t r = 0; r < rows; ++r)
    std::memcpy(gradient_.data() + static_cast<size_t>(place_[r]) * stride, output.data + r * stride,
                stride * sizeof(float));
  return {gradient_.data(), stride, false};
}

}  // namespace ostinato
