// SPDX-License-Identifier: MIT
#include "base/memory.h"

#include <cstdint>
#include <cstring>
#include <new>

#include "base/aligned_memory.h"

#if defined(__unix__) || defined(__APPLE__)
#define OSTINATO_MAPS_MEMORY 1
#include <sys/mman.h>
#endif

namespace ostinato {
namespace {

constexpr size_t kLine = 64, kHugePage = size_t{1} << 21;

constexpr size_t RoundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

#if defined(OSTINATO_MAPS_MEMORY)
// Straight from the system: its pages are zero, taken when they are first written (by the threads that
// compute, side by side), and given back at once. Rows of a batch are read in strides: without huge pages
// each would be a TLB miss.
void* Map(size_t bytes) {
  const size_t whole = bytes + kHugePage;
  void* mapped = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(mapped);
  char* const memory = reinterpret_cast<char*>(RoundUp(reinterpret_cast<uintptr_t>(begin), kHugePage));
  if (memory > begin) munmap(begin, static_cast<size_t>(memory - begin));
  if (memory + bytes < begin + whole)
    munmap(memory + bytes, static_cast<size_t>(begin + whole - memory) - bytes);
  PreferHugePages(memory, bytes);
  return memory;
}
#endif

bool IsMapped(size_t bytes) {
#if defined(OSTINATO_MAPS_MEMORY)
  return bytes >= kHugePage;
#else
  (void)bytes;
  return false;
#endif
}

}  // namespace

void* TakeMemory(size_t* bytes) {
  *bytes = RoundUp(*bytes, IsMapped(*bytes) ? kHugePage : kLine);
#if defined(OSTINATO_MAPS_MEMORY)
  if (IsMapped(*bytes)) return Map(*bytes);
#endif
  void* memory = AllocateAligned(kLine, *bytes);
  if (!memory) throw std::bad_alloc();
  return memory;
}

void* TakeZeros(size_t* bytes) {
  void* memory = TakeMemory(bytes);
  if (!IsMapped(*bytes)) std::memset(memory, 0, *bytes);
  return memory;
}

void GiveBackMemory(void* memory, size_t bytes) {
#if defined(OSTINATO_MAPS_MEMORY)
  if (IsMapped(bytes)) {
    // Piece by piece: while the system takes one back, every thread that asks it for memory waits.
    constexpr size_t kPiece = 2 * kHugePage;
    for (size_t at = 0; at < bytes; at += kPiece)
      munmap(static_cast<char*>(memory) + at, bytes - at < kPiece ? bytes - at : kPiece);
    return;
  }
#else
  (void)bytes;
#endif
  FreeAligned(memory);
}

void ExpectToFill(void* memory, size_t bytes) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory), first = RoundUp(begin, kHugePage);
  const uintptr_t last = (begin + bytes) / kHugePage * kHugePage;
  if (bytes >= 2 * kHugePage && first < last) PreferHugePages(reinterpret_cast<void*>(first), last - first);
}

}  // namespace ostinato
