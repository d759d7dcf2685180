// SPDX-License-Identifier: MIT
// Loops over many elements, on all threads or on one.
#ifndef OSTINATO_THREADING_RANGES_H_
#define OSTINATO_THREADING_RANGES_H_

#include "threading/worker_pool.h"

namespace ostinato {

// Calls body(begin, end) for ranges of `each` of [0, size): on the threads of `pool`, or where that is null
// on this one. Throws Cancelled.
template <class Body>
void ForRanges(WorkerPool* pool, size_t size, size_t each, Body&& body) {
  const auto range = [&](size_t task) {
    const size_t begin = task * each;
    body(begin, size - begin < each ? size : begin + each);
  };
  const size_t count = (size + each - 1) / each;
  if (pool) return pool->For(count, range);
  for (size_t task = 0; task < count; ++task) {
    WorkerPool::YieldOrThrow();
    range(task);
  }
}

}  // namespace ostinato

#endif  // OSTINATO_THREADING_RANGES_H_
