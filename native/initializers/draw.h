// SPDX-License-Identifier: MIT
// The numbers that initializers draw: element i of a weight depends on (seed, i) alone, so that any thread
// may draw any part of it.
#ifndef OSTINATO_INITIALIZERS_DRAW_H_
#define OSTINATO_INITIALIZERS_DRAW_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "threading/ranges.h"

namespace ostinato {

// The stream of all initializers: apart from those of dropout and shuffling even where the seeds are equal.
constexpr uint64_t kInitializerStream = 0x696e697400000000u;  // "init"

// Calls body(i, u) for elements [0, n) with the number u in [0, 1), or with `open` in (0, 1), of each.
template <class Body>
void ForDraws(WorkerPool* pool, uint64_t seed, bool open, size_t n, Body&& body) {
  constexpr size_t kElements = size_t{1} << 15, kAtOnce = 256;
  const CounterRng rng(seed, kInitializerStream);
  ForRanges(pool, n, kElements, [&](size_t begin, size_t end) {
    double drawn[kAtOnce];
    for (size_t from = begin; from < end; from += kAtOnce) {
      const size_t count = std::min(kAtOnce, end - from);
      open ? rng.FillOpenUniform(from, drawn, count) : rng.FillUniform(from, drawn, count);
      for (size_t i = 0; i < count; ++i) body(from + i, drawn[i]);
    }
  });
}

}  // namespace ostinato

#endif  // OSTINATO_INITIALIZERS_DRAW_H_
