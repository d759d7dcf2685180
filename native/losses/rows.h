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
  const int32_t* chosen = nullptr;  // the rows of the predictions that are these, or null for all in order
  const float* targets = nullptr;
  const int32_t* index = nullptr;  // row of the targets of each row of the predictions, or null for the same
  size_t target_columns = 0;
  const float* weights = nullptr;  // or null where every row weighs 1
  size_t rows_per_weight = 1;      // target rows that share a weight
  size_t steps = 1;                // target rows of one sample, masked ones included

  size_t row(size_t i) const { return chosen ? static_cast<size_t>(chosen[i]) : i; }
  size_t target_row(size_t i) const { return index ? static_cast<size_t>(index[row(i)]) : row(i); }
  const float* prediction(size_t i) const { return predictions + row(i) * stride; }
  const float* target(size_t i) const { return targets + target_row(i) * target_columns; }
  double weight(size_t i) const {
    return weights ? static_cast<double>(weights[target_row(i) / rows_per_weight]) : 1.0;
  }
};

// The rows of one sample in the order of its timesteps.
struct SampleRows {
  const Rows& all;
  const int32_t* rows;
  size_t count;

  const float* prediction(size_t step) const { return all.prediction(static_cast<size_t>(rows[step])); }
  // `target_columns` of the sample, not of a row.
  const float* target() const {
    return all.targets + all.target_row(static_cast<size_t>(rows[0])) / all.steps * all.target_columns;
  }
};

constexpr size_t kMaxRowChunks = 64;
// Elements between two preemption points, each of some nanoseconds.
constexpr size_t kPieceElements = size_t{1} << 17;

// Rows in chunks that the number of rows and columns decides alone, so that sums over chunks in order have
// the same bits on any number of threads.
struct RowChunks {
  explicit RowChunks(const Rows& rows) : RowChunks(rows.count, rows.columns) {}
  // Of `elements` each.
  RowChunks(size_t rows, size_t elements) : rows(rows) {
    constexpr size_t kElements = 4096;
    piece = std::max<size_t>(1, WorkerPool::Stretch(kPieceElements) / std::max<size_t>(1, elements));
    size = std::max((kElements + elements - 1) / std::max<size_t>(1, elements),
                    (rows + kMaxRowChunks - 1) / kMaxRowChunks);
    count = (rows + size - 1) / size;
  }
  size_t rows, piece, size, count;  // piece: rows between two preemption points
};

// Calls body(chunk, begin, end) for every chunk, in pieces of its rows that ascend: on the threads of the
// pool, or here where there is none.
template <class Body>
void ForRowChunks(const RowChunks& chunks, WorkerPool* pool, const Body& body) {
  const auto one = [&](size_t chunk) {
    const size_t end = std::min(chunks.rows, (chunk + 1) * chunks.size);
    for (size_t begin = chunk * chunks.size; begin < end && WorkerPool::Yield(); begin += chunks.piece)
      body(chunk, begin, std::min(end, begin + chunks.piece));
  };
  if (pool) {
    pool->For(chunks.count, one);
  } else {
    for (size_t chunk = 0; chunk < chunks.count; ++chunk) one(chunk);
  }
}

// Calls body(i) for every row in order. For leaders outside of tasks.
template <class Body>
void ForEachRow(const Rows& rows, const Body& body) {
  const size_t piece = RowChunks(rows).piece;
  for (size_t begin = 0; begin < rows.count; begin += piece) {
    WorkerPool::YieldOrThrow();
    for (size_t i = begin; i < std::min(rows.count, begin + piece); ++i) body(i);
  }
}

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_ROWS_H_
