// SPDX-License-Identifier: MIT
// What losses and metrics look at: rows of outputs (samples, or timesteps of samples) with their targets and
// weights, and the fixed chunks of rows that threads share.
#ifndef OSTINATO_LOSSES_ROWS_H_
#define OSTINATO_LOSSES_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "threading/worker_pool.h"

namespace ostinato {

struct Rows {
  const float* predictions = nullptr;
  size_t stride = 0;
  size_t count = 0, columns = 0;
  const float* targets = nullptr;
  const int32_t* index = nullptr;  // row of the targets of each row, or null for the identity
  size_t target_columns = 0;
  const float* weights = nullptr;  // or null where every row weighs 1
  size_t rows_per_weight = 1;      // target rows that share a weight
  size_t steps = 1;                // target rows of one sample, masked ones included

  size_t target_row(size_t i) const { return index ? static_cast<size_t>(index[i]) : i; }
  const float* prediction(size_t i) const { return predictions + i * stride; }
  const float* target(size_t i) const { return targets + target_row(i) * target_columns; }
  double weight(size_t i) const {
    return weights ? static_cast<double>(weights[target_row(i) / rows_per_weight]) : 1.0;
  }
};

constexpr size_t kMaxRowChunks = 64;

// Rows in chunks that the number of rows and columns decides alone, so that sums over chunks in order have
// the same bits on any number of threads.
struct RowChunks {
  explicit RowChunks(const Rows& rows) : rows(rows.count) {
    constexpr size_t kElements = 4096;
    size = std::max((kElements + rows.columns - 1) / std::max<size_t>(1, rows.columns),
                    (rows.count + kMaxRowChunks - 1) / kMaxRowChunks);
    count = (rows.count + size - 1) / size;
  }
  size_t rows, size, count;
};

// Calls body(chunk, begin, end) for every chunk: on the threads of the pool, or here where there is none.
template <class Body>
void ForRowChunks(const RowChunks& chunks, WorkerPool* pool, const Body& body) {
  const auto one = [&](size_t chunk) {
    body(chunk, chunk * chunks.size, std::min(chunks.rows, (chunk + 1) * chunks.size));
  };
  if (pool) {
    pool->For(chunks.count, one);
  } else {
    for (size_t chunk = 0; chunk < chunks.count; ++chunk) one(chunk);
  }
}

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_ROWS_H_
