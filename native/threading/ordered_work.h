// SPDX-License-Identifier: MIT
// Work whose items depend on earlier ones, done by several threads without a barrier. A thread does the items
// that it has claimed, and what an item waits for was claimed before it by a thread that is at work on it: so
// nothing waits for a thread that may never come, and one thread alone does it all. Threads pass a preemption
// point before they claim an item, and while they wait; where the job stops they leave all that is left.
#ifndef OSTINATO_THREADING_ORDERED_WORK_H_
#define OSTINATO_THREADING_ORDERED_WORK_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "threading/relax.h"
#include "threading/worker_pool.h"

namespace ostinato {

// One round of waiting; false where there is nothing to wait for any more. Now and then it gives the core
// away, for the thread waited for may want this very core.
inline bool WaitABit(size_t spins) {
  Relax();
  if (spins % 4096 == 4095) YieldCore();
  return spins % 64 != 63 || WorkerPool::Yield();
}

// body(row, column) of a grid, each after (row - 1, column) and (row, column - 1), diagonal by diagonal.
template <class Body>
void ForWavefront(WorkerPool& pool, size_t rows, size_t columns, Body&& body) {
  struct Item {
    size_t row, column;
  };
  std::vector<Item> items;
  for (size_t d = 0; d + 1 < rows + columns; ++d)
    for (size_t row = 0; row < rows && row <= d; ++row)
      if (d - row < columns) items.push_back({row, d - row});
  std::vector<std::atomic<bool>> done(rows * columns);
  std::atomic<size_t> next{0};
  const auto wait = [&](size_t row, size_t column) {
    size_t spins = 0;
    while (!done[row * columns + column].load(std::memory_order_acquire))
      if (!WaitABit(spins++)) return false;
    return true;
  };
  pool.For(rows, [&](size_t) {
    for (size_t i; WorkerPool::Yield() && (i = next++) < items.size();) {
      const auto [row, column] = items[i];
      if (row > 0 && !wait(row - 1, column)) return;
      if (column > 0 && !wait(row, column - 1)) return;
      body(row, column);
      done[row * columns + column].store(true, std::memory_order_release);
    }
  });
}

// body(step, part) for every step in order, its parts beside each other. Each thread keeps to its own part,
// whose data its cache holds, and takes another's only where nobody does.
template <class Body>
void ForTeam(WorkerPool& pool, size_t steps, size_t parts, Body&& body) {
  constexpr size_t kGrace = 400;
  std::vector<std::atomic<bool>> claimed(steps * parts);
  std::atomic<size_t> done{0};
  pool.For(parts, [&](size_t own) {
    std::vector<bool> absent(parts, false);
    for (size_t step = done.load() / parts; step < steps; ++step) {
      size_t spins = 0;
      while (done.load(std::memory_order_acquire) < step * parts)
        if (!WaitABit(spins++)) return;
      for (size_t k = 0; k < parts; ++k) {
        if (!WorkerPool::Yield()) return;
        const size_t part = (own + k) % parts;
        std::atomic<bool>& claim = claimed[step * parts + part];
        for (size_t grace = 0; k > 0 && !absent[part] && grace < kGrace && !claim.load(); ++grace)
          WaitABit(grace);
        const bool taken = claim.exchange(true);
        if (k > 0) absent[part] = !taken;
        if (taken) continue;
        body(step, part);
        done.fetch_add(1, std::memory_order_acq_rel);
      }
    }
  });
}

}  // namespace ostinato

#endif  // OSTINATO_THREADING_ORDERED_WORK_H_
