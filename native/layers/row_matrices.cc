// SPDX-License-Identifier: MIT
#include "layers/row_matrices.h"

#include <cstring>

namespace ostinato {

void RowMatrices::Set(const Tensor& view, size_t parts, BatchContext& batch) {
  const bool sequence = view.space == Space::kSteps;
  view_ = view;
  parts_ = parts;
  rows_ = view.layout->rows();
  first_ = sequence ? 1 : 0;
  steps_ = sequence ? view.layout->steps() : 1;
  is_copied_ = !LiesWell();
  if (is_copied_)
    Copy(batch);
  else
    part_stride_ = columns();
}

bool RowMatrices::LiesWell() {
  if (parts_ > 1 && columns() % kLaneAlign != 0) return false;
  return view_.stride >= PaddedColumns(view_.columns) && HasOneDistance();
}

bool RowMatrices::HasOneDistance() {
  distance_ = rows_;
  if (!view_.index || steps_ == 1) return true;
  const int32_t* index = view_.index + first_;
  const int32_t distance = index[rows_] - index[0];
  if (distance < 0) return false;
  for (size_t t = 1; t < steps_; ++t)
    for (size_t r = 0; r < rows_; ++r)
      if (index[t * rows_ + r] - index[(t - 1) * rows_ + r] != distance) return false;
  distance_ = static_cast<size_t>(distance);
  return true;
}

void RowMatrices::Copy(BatchContext& batch) {
  const size_t width = columns();
  part_stride_ = PaddedColumns(width);
  copy_.Resize(rows_ * steps_ * parts_ * part_stride_);
  ForChunks(batch.pool, 0, rows_, 8, [&](size_t begin, size_t end) {
    float* out = copy_.data() + begin * steps_ * parts_ * part_stride_;
    for (size_t r = begin; r < end; ++r)
      for (size_t t = 0; t < steps_; ++t) {
        const float* from = RowAt(view_, first_ + t * rows_ + r);
        for (size_t part = 0; part < parts_; ++part, from += width, out += part_stride_) {
          std::memcpy(out, from, width * sizeof(float));
          std::memset(out + width, 0, (part_stride_ - width) * sizeof(float));
        }
      }
  });
}

void RowResults::Set(Space space, size_t rows, size_t steps, size_t parts, size_t columns) {
  rows_ = rows;
  steps_ = steps;
  parts_ = parts;
  columns_ = columns / parts;
  stride_ = PaddedStride(columns);
  first_ = space == Space::kSteps ? 1 : 0;
  is_direct_ = parts == 1 || columns_ % kLaneAlign == 0;
  part_stride_ = is_direct_ ? columns_ : PaddedColumns(columns_);
  data_.Resize((first_ + steps * rows) * stride_);
  std::memset(data_.data(), 0, first_ * stride_ * sizeof(float));
}

void RowResults::Finish(size_t r, const float* scratch) {
  if (is_direct_) return;
  for (size_t t = 0; t < steps_; ++t) {
    float* out = Row(t, r);
    for (size_t part = 0; part < parts_; ++part, out += columns_, scratch += part_stride_)
      std::memcpy(out, scratch, columns_ * sizeof(float));
    std::memset(out, 0, (stride_ - parts_ * columns_) * sizeof(float));
  }
}

}  // namespace ostinato
