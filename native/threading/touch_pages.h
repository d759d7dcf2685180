// SPDX-License-Identifier: MIT
// New memory of the system is taken page by page as it is first written, at a millisecond for some megabytes.
#ifndef OSTINATO_THREADING_TOUCH_PAGES_H_
#define OSTINATO_THREADING_TOUCH_PAGES_H_

#include <cstddef>

#include "base/arena.h"
#include "threading/ranges.h"

namespace ostinato {

// Has the pages of a buffer whose memory is new taken now: on all threads, with preemption points in between.
// Else the task that first writes here and there in it would wait for all of them. Throws Cancelled.
template <class T>
void TouchPages(WorkerPool* pool, Buffer<T>& buffer) {
  constexpr size_t kPage = size_t{1} << 12, kBytes = size_t{1} << 21;
  const size_t bytes = buffer.size() * sizeof(T);
  if (bytes < 2 * kBytes) return;
  volatile char* const memory = reinterpret_cast<volatile char*>(buffer.data());
  ForRanges(pool, bytes, kBytes, [&](size_t begin, size_t end) {
    for (size_t at = begin; at < end; at += kPage) memory[at] = 0;
  });
}

}  // namespace ostinato

#endif  // OSTINATO_THREADING_TOUCH_PAGES_H_
