// SPDX-License-Identifier: MIT
// Work whose items depend on earlier ones, done by several threads without a barrier. Whoever does an item
// has claimed it, and what it waits for was claimed before it by a thread that is at work on it: so nothing
// waits for a thread that may never come, and one thread alone does it all.
#ifndef OSTINATO_THREADING_ORDERED_WORK_H_
#define OSTINATO_THREADING_ORDERED_WORK_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "threading/relax.h"
#include "threading/worker_pool.h"

namespace ostinato {

// One round of waiting; now and then it gives the core away, for the one waited for may want this very core.
inline void WaitABit(size_t spins) {
  Relax();
  if (spins % 4096 == 4095) YieldCore();
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
    for (size_t spins = 0; !done[row * columns + column].load(std::memory_order_acquire); ++spins)
      WaitABit(spins);
  };
  pool.For(rows, [&](size_t) {
    for (size_t i; (i = next++) < items.size();) {
      const auto [row, column] = items[i];
      if (row > 0) wait(row - 1, column);
      if (column > 0) wait(row, column - 1);
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
      for (size_t spins = 0; done.load(std::memory_order_acquire) < step * parts; ++spins) WaitABit(spins);
      for (size_t k = 0; k < parts; ++k) {
        const size_t part = (own + k) % parts;
        std::atomic<bool>& claim = claimed[step * parts + part];
        for (size_t spins = 0; k > 0 && !absent[part] && spins < kGrace && !claim.load(); ++spins)
          WaitABit(spins);
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
