// SPDX-License-Identifier: MIT
// Tasks of a thread that is none of the pool's (the JavaScript thread): it does them itself, and compute
// threads that come by in time help. It waits for what a helper is at work on, never for one that may come.
#ifndef OSTINATO_THREADING_OUTSIDE_WORK_H_
#define OSTINATO_THREADING_OUTSIDE_WORK_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "threading/relax.h"
#include "threading/worker_pool.h"

namespace ostinato {

// Calls body(lane, task) for tasks 0..count-1. Calls of one lane (0..lanes-1) follow each other; which lane
// takes which task varies.
template <class Body>
void ForOutside(WorkerPool& pool, size_t lanes, size_t count, Body&& body) {
  if (lanes <= 1) {
    for (size_t task = 0; task < count; ++task) body(size_t{0}, task);
    return;
  }
  struct Work {
    std::atomic<bool> open{true};
    std::atomic<size_t> visitors{0};
    std::atomic<size_t> next{0};
  };
  // A helper may come when all is done, and finds it closed.
  const auto work = std::make_shared<Work>();
  const auto take = [work = work.get(), count, &body](size_t lane) {
    for (size_t task; (task = work->next++) < count;) body(lane, task);
  };
  for (size_t lane = 1; lane < lanes; ++lane)
    pool.Submit(JobClass::kServing, nullptr, [work, take, lane] {
      ++work->visitors;
      if (work->open) take(lane);
      --work->visitors;
    });
  take(0);
  work->open = false;
  while (work->visitors > 0) Relax();
}

}  // namespace ostinato

#endif  // OSTINATO_THREADING_OUTSIDE_WORK_H_
