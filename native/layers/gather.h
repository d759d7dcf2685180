// SPDX-License-Identifier: MIT
// Copies a tensor's rows into rows of the padded stride, for layers that need them to lie in order.
#ifndef OSTINATO_LAYERS_GATHER_H_
#define OSTINATO_LAYERS_GATHER_H_

#include <cstring>

#include "layers/layer.h"

namespace ostinato {

// out[i] = row i of `input` for all its rows; the padding of `out` becomes zero.
inline void Gather(const Tensor& input, BatchContext& batch, Buffer<float>* out) {
  const size_t rows = RowCount(input), stride = PaddedStride(input.columns);
  out->Resize(rows * stride);
  ForChunks(batch.pool, 0, rows, 256, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t from = input.index ? static_cast<size_t>(input.index[i]) : i;
      float* row = out->data() + i * stride;
      std::memcpy(row, input.data + from * input.stride, input.columns * sizeof(float));
      std::memset(row + input.columns, 0, (stride - input.columns) * sizeof(float));
    }
  });
}

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_GATHER_H_
