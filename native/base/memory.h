// SPDX-License-Identifier: MIT
// Pieces of memory, aligned to a cache line; large ones are given back to the system at once.
#ifndef OSTINATO_BASE_MEMORY_H_
#define OSTINATO_BASE_MEMORY_H_

#include <cstddef>

namespace ostinato {

// `bytes` becomes what it is rounded up to. Throws std::bad_alloc.
void* TakeMemory(size_t* bytes);
void* TakeZeros(size_t* bytes);
// The same number of bytes. Takes milliseconds for gigabytes.
void GiveBackMemory(void* memory, size_t bytes);
// Memory that others have taken is about to be written for the first time, and will be given back by them:
// with huge pages, where it is large, both take a fraction of the time.
void ExpectToFill(void* memory, size_t bytes);

}  // namespace ostinato

#endif  // OSTINATO_BASE_MEMORY_H_
