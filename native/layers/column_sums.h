// SPDX-License-Identifier: MIT
// Sums over many rows in double, whose order depends on the problem alone.
#ifndef OSTINATO_LAYERS_COLUMN_SUMS_H_
#define OSTINATO_LAYERS_COLUMN_SUMS_H_

#include "layers/layer.h"

namespace ostinato {

class ColumnSums {
 public:
  explicit ColumnSums(Arena* arena) : partial_(arena) {}

  // [width] sums of what add(row, sums) adds for each row of [begin, end). Valid until the next call.
  template <class Add>
  const double* Over(WorkerPool& pool, size_t begin, size_t end, size_t width, Add&& add) {
    const size_t chunks = end > begin ? (end - begin + kChunk - 1) / kChunk : 1;
    partial_.Resize(chunks * width);
    partial_.Zero();
    ForChunks(pool, begin, end, kChunk, [&](size_t from, size_t to) {
      double* sums = partial_.data() + (from - begin) / kChunk * width;
      for (size_t row = from; row < to; ++row) add(row, sums);
    });
    for (size_t chunk = 1; chunk < chunks; ++chunk)
      for (size_t i = 0; i < width; ++i) partial_[i] += partial_[chunk * width + i];
    return partial_.data();
  }

 private:
  static constexpr size_t kChunk = 256;
  Buffer<double> partial_;
};

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_COLUMN_SUMS_H_
