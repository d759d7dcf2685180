// SPDX-License-Identifier: MIT
// Labels of samples from the outputs of a model that was trained with CTC: the most likely label of each
// timestep (greedy), or the most likely labels over all ways to read them (beam search).
#ifndef OSTINATO_LOSSES_CTC_DECODE_H_
#define OSTINATO_LOSSES_CTC_DECODE_H_

#include <cstddef>
#include <cstdint>

#include "threading/worker_pool.h"

namespace ostinato {

struct CtcDecoding {
  size_t rows, steps, columns;
  const float* logits;     // [rows, steps, columns]
  const int32_t* lengths;  // [rows] timesteps that count
  size_t blank;            // the column that stands for no label
  size_t beam_width;       // paths that are kept from step to step; 0: greedy
  size_t top_paths;        // paths that are returned, 1 where greedy
  bool merge_repeated;     // greedy: whether equal labels without a blank between them are one
  int32_t* paths;          // out [top_paths, rows, steps]: labels, and -1 behind them
  float* scores;  // out [rows, top_paths]: log probability; greedy: minus the sum of the largest logits
};

// Returns the first row that has a timestep without a probability (NaN, infinity, or -infinity everywhere),
// or the number of rows where none has. Its outputs are left as they are. Throws Cancelled.
size_t DecodeCtc(const CtcDecoding& decoding, WorkerPool& pool);

}  // namespace ostinato

#endif  // OSTINATO_LOSSES_CTC_DECODE_H_
