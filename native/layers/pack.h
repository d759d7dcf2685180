// SPDX-License-Identifier: MIT
// Weights as the kernels want them, packed in tasks of some columns.
#ifndef OSTINATO_LAYERS_PACK_H_
#define OSTINATO_LAYERS_PACK_H_

#include <algorithm>
#include <cstddef>

#include "kernels/kernel_list.h"
#include "threading/worker_pool.h"

namespace ostinato {

// Does all of `packs`: on the threads of `pool`, or where that is null on this one. Throws Cancelled.
template <size_t kCount>
void Pack(const KernelTable& kernels, WorkerPool* pool, const PackArgs (&packs)[kCount],
          size_t count = kCount) {
  // Floats of a task; fewer in all are not worth a region. Panels of any instruction set end at kColumns.
  constexpr size_t kFloats = size_t{1} << 18, kColumns = 32, kFew = size_t{1} << 14;
  struct Part {
    size_t columns, each, tasks;
  } parts[kCount];
  size_t tasks = 0, floats = 0;
  for (size_t i = 0; i < count; ++i) {
    const PackArgs& args = packs[i];
    const size_t gates = std::max<size_t>(1, args.gates), columns = PaddedColumns(args.n) / gates;
    const size_t each =
        std::max<size_t>(1, kFloats / std::max<size_t>(1, args.k * gates * kColumns)) * kColumns;
    parts[i] = {columns, each, (columns + each - 1) / each};
    tasks += parts[i].tasks;
    floats += args.k * columns * gates;
  }
  const auto pack = [&](size_t task) {
    size_t i = 0;
    for (; task >= parts[i].tasks; ++i) task -= parts[i].tasks;
    const Part& part = parts[i];
    kernels.pack(packs[i], task * part.each, std::min(part.columns, (task + 1) * part.each));
  };
  if (pool && floats >= kFew) return pool->For(tasks, pack);
  for (size_t task = 0; task < tasks; ++task) {
    WorkerPool::YieldOrThrow();
    pack(task);
  }
}

}  // namespace ostinato

#endif  // OSTINATO_LAYERS_PACK_H_
