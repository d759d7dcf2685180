// SPDX-License-Identifier: MIT
#include "layers/bidirectional.h"

#include <algorithm>
#include <cstring>

namespace ostinato {
namespace {

const float* Row(const Tensor& tensor, size_t i) {
  return tensor.data + (tensor.index ? static_cast<size_t>(tensor.index[i]) : i) * tensor.stride;
}

}  // namespace

Bidirectional::Bidirectional(std::unique_ptr<Recurrent> forward, std::unique_ptr<Recurrent> backward,
                             MergeMode merge, Arena* arena)
    : Layer(arena),
      forward_(std::move(forward)),
      backward_(std::move(backward)),
      merge_(merge),
      merged_(arena),
      forward_gradient_(arena),
      backward_gradient_(arena) {
  backward_->FlipOutputs();
}

void Bidirectional::Invalidate() {
  forward_->Invalidate();
  backward_->Invalidate();
}

void Bidirectional::ListParameters(std::vector<Parameter*>* list) {
  forward_->ListParameters(list);
  backward_->ListParameters(list);
}

size_t Bidirectional::walk_floats() const {
  return std::max(forward_->walk_floats(), backward_->walk_floats());
}

void Bidirectional::ReadStates(float* out, size_t stride) const {
  forward_->ReadStates(out, stride);
  backward_->ReadStates(out + forward_->state_size(), stride);
}

void Bidirectional::ResetStates() {
  forward_->ResetStates();
  backward_->ResetStates();
}

void Bidirectional::ListCarried(std::vector<CarriedStates*>* list) {
  forward_->ListCarried(list);
  backward_->ListCarried(list);
}

size_t Bidirectional::ForwardFloats(size_t steps, size_t columns) const {
  const size_t merged = PaddedStride(forward_->step_columns(columns) + backward_->step_columns(columns));
  return forward_->ForwardFloats(steps, columns) + backward_->ForwardFloats(steps, columns) + steps * merged;
}

Tensor Bidirectional::Forward(const Tensor& given, BatchContext& batch) {
  Tensor input = given;
  // Both directions shall give their input's gradient in one form.
  if (forward_->drops_inputs() != backward_->drops_inputs()) input.distinct = nullptr;
  outputs_[0] = forward_->Forward(input, batch);
  BatchContext second = batch;
  if (second.initial_state) second.initial_state += forward_->state_size();
  outputs_[1] = backward_->Forward(input, second);
  const Tensor &f = outputs_[0], &b = outputs_[1];
  const size_t columns = merge_ == MergeMode::kConcat ? f.columns + b.columns : f.columns;
  const size_t stride = PaddedStride(columns);
  rows_ = RowCount(f);
  merged_.Resize(rows_ * stride);
  ForChunks(batch.pool, 0, rows_, 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float *x = Row(f, i), *y = Row(b, i);
      float* out = merged_.data() + i * stride;
      if (merge_ == MergeMode::kConcat) {
        std::memcpy(out, x, f.columns * sizeof(float));
        std::memcpy(out + f.columns, y, b.columns * sizeof(float));
      } else if (merge_ == MergeMode::kMul) {
        for (size_t c = 0; c < columns; ++c) out[c] = x[c] * y[c];
      } else {
        const float scale = merge_ == MergeMode::kAve ? 0.5f : 1.0f;
        for (size_t c = 0; c < columns; ++c) out[c] = (x[c] + y[c]) * scale;
      }
      for (size_t c = columns; c < stride; ++c) out[c] = 0.0f;
    }
  });
  Tensor output = RowsLike(f, merged_.data(), stride, columns);
  output.fill = MaskFill::kUnused;
  return output;
}

Gradient Bidirectional::Backward(const Gradient& output, BatchContext& batch, bool needs_input) {
  const Tensor &f = outputs_[0], &b = outputs_[1];
  const size_t f_stride = PaddedStride(f.columns), b_stride = PaddedStride(b.columns);
  forward_gradient_.Resize(rows_ * f_stride);
  backward_gradient_.Resize(rows_ * b_stride);
  ForChunks(batch.pool, 0, rows_, 128, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const float* d = output.data + i * output.stride;
      float* df = forward_gradient_.data() + i * f_stride;
      float* db = backward_gradient_.data() + i * b_stride;
      if (merge_ == MergeMode::kConcat) {
        std::memcpy(df, d, f.columns * sizeof(float));
        std::memcpy(db, d + f.columns, b.columns * sizeof(float));
      } else if (merge_ == MergeMode::kMul) {
        const float *x = Row(f, i), *y = Row(b, i);
        for (size_t c = 0; c < f.columns; ++c) {
          df[c] = d[c] * y[c];
          db[c] = d[c] * x[c];
        }
      } else {
        const float scale = merge_ == MergeMode::kAve ? 0.5f : 1.0f;
        for (size_t c = 0; c < f.columns; ++c) df[c] = db[c] = d[c] * scale;
      }
      for (size_t c = f.columns; c < f_stride; ++c) df[c] = 0.0f;
      for (size_t c = b.columns; c < b_stride; ++c) db[c] = 0.0f;
    }
  });
  const Gradient first = forward_->Backward({forward_gradient_.data(), f_stride, false}, batch, needs_input);
  const Gradient second =
      backward_->Backward({backward_gradient_.data(), b_stride, false}, batch, needs_input);
  if (!needs_input) return {};
  const Tensor& input = forward_->input();
  const size_t count = first.per_distinct ? input.distinct->count : RowCount(input);
  ForChunks(batch.pool, 0, count, 128, [&](size_t begin, size_t end) {
    batch.kernels.add(first.data + begin * first.stride, second.data + begin * first.stride,
                      (end - begin) * first.stride);
  });
  return first;
}

}  // namespace ostinato
