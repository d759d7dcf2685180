// SPDX-License-Identifier: MIT
// Memory at a multiple of a power of two.
#ifndef OSTINATO_BASE_ALIGNED_MEMORY_H_
#define OSTINATO_BASE_ALIGNED_MEMORY_H_

#include <cstddef>
#include <cstdlib>

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

namespace ostinato {

// Null where there is none. `bytes` is a multiple of `align`.
inline void* AllocateAligned(size_t align, size_t bytes) {
#if defined(_WIN32)
  return _aligned_malloc(bytes, align);
#else
  return std::aligned_alloc(align, bytes);
#endif
}

inline void FreeAligned(void* memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  std::free(memory);
#endif
}

// Asks the system to back memory by huge pages, where it knows such a request.
inline void PreferHugePages(void* memory, size_t bytes) {
#if defined(__linux__)
  madvise(memory, bytes, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

}  // namespace ostinato

#endif  // OSTINATO_BASE_ALIGNED_MEMORY_H_
