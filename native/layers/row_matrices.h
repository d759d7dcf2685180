// SPDX-License-Identifier: MIT
// A tensor as one matrix [steps, columns] for each row of the batch, read or written; for layers that
// multiply steps of one input with steps of another. Columns may be parts side by side (heads), each a matrix
// of its own.
#ifndef OSTINATO_LAYERS_ROW_MATRICES_H_
#define OSTINATO_LAYERS_ROW_MATRICES_H_

#include "layers/layer.h"
#include "layers/matrix_product.h"

namespace ostinato {

// To read. As the tensor lies, where the steps of a row follow each other at one distance and the rows have
// their padding; else a copy.
class RowMatrices {
 public:
  explicit RowMatrices(Arena* arena) : copy_(arena) {}

  // `view`: vectors, or a plain sequence.
  void Set(const Tensor& view, size_t parts, BatchContext& batch);
  // Rows with zeros up to PaddedColumns of a part, or the next part behind them where that is a multiple.
  Matrix Of(size_t r, size_t part = 0) const {
    if (is_copied_)
      return {copy_.data() + (r * steps_ * parts_ + part) * part_stride_, parts_ * part_stride_};
    const float* first = RowAt(view_, first_ + r);
    return {first + part * part_stride_, distance_ * view_.stride};
  }
  size_t steps() const { return steps_; }
  size_t columns() const { return view_.columns / parts_; }

 private:
  bool LiesWell();
  // Whether each step of a row lies `distance_` rows of memory behind the step before it.
  bool HasOneDistance();
  void Copy(BatchContext& batch);

  Tensor view_;
  size_t first_ = 0, steps_ = 0, rows_ = 0, parts_ = 1, part_stride_ = 0, distance_ = 0;
  bool is_copied_ = false;
  Buffer<float> copy_;
};

// To write: a tensor of `steps` timesteps, or of vectors.
class RowResults {
 public:
  explicit RowResults(Arena* arena) : data_(arena) {}

  void Set(Space space, size_t rows, size_t steps, size_t parts, size_t columns);
  // What one row takes of the scratch memory of its task.
  size_t scratch_floats() const { return is_direct_ ? 0 : steps_ * parts_ * part_stride_; }
  MutableMatrix Of(size_t r, size_t part, float* scratch) {
    if (!is_direct_) return {scratch + part * part_stride_, parts_ * part_stride_};
    return {Row(0, r) + part * part_stride_, rows_ * stride_};
  }
  // All parts of row r are there.
  void Finish(size_t r, const float* scratch);
  float* Row(size_t t, size_t r) { return data_.data() + (first_ + t * rows_ + r) * stride_; }
  const float* data() const { return data_.data(); }
  Gradient gradient() { return {data_.data(), stride_, false}; }
  size_t stride() const { return stride_; }

 private:
  size_t first_ = 0, rows_ = 0, steps_ = 0, parts_ = 1, columns_ = 0, part_stride_ = 0, stride_ = 0;
  bool is_direct_ = true;
  Buffer<float> data_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_ROW_MATRICES_H_
