// SPDX-License-Identifier: MIT
// Weights that are not drawn. Zeros and Ones are constants too.
#include "initializers/constant.h"

#include <algorithm>

#include "threading/ranges.h"

namespace ostinato {

namespace {

constexpr size_t kElements = size_t{1} << 18;

}  // namespace

void FillConstant(double value, float* out, size_t n, WorkerPool* pool) {
  ForRanges(pool, n, kElements,
            [&](size_t begin, size_t end) { std::fill(out + begin, out + end, static_cast<float>(value)); });
}

void FillValues(const float* values, float* out, size_t n, WorkerPool* pool) {
  ForRanges(pool, n, kElements,
            [&](size_t begin, size_t end) { std::copy(values + begin, values + end, out + begin); });
}

void FillIdentity(double gain, size_t rows, size_t columns, float* out, WorkerPool* pool) {
  FillConstant(0, out, rows * columns, pool);
  for (size_t i = 0; i < rows && i < columns; ++i) out[i * columns + i] = static_cast<float>(gain);
}

}  // namespace ostinato
