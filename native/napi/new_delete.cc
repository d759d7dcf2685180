// SPDX-License-Identifier: MIT
// Memory of C++ in a macOS binary that brings its own C++ library: operators of its own, which are not
// exported. Those of the library are, and no flag of its linker hides them; the system would take one for
// another between images. Elsewhere a list of exports sees to it.
#if defined(__APPLE__) && defined(OSTINATO_HIDES_NEW)
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

void* Allocate(std::size_t size, std::size_t align) {
  if (size == 0) size = 1;
  for (;;) {
    void* memory = nullptr;
    if (align <= alignof(std::max_align_t))
      memory = std::malloc(size);
    else if (posix_memalign(&memory, align, size) != 0)
      memory = nullptr;
    if (memory) return memory;
    const std::new_handler handler = std::get_new_handler();
    if (!handler) throw std::bad_alloc();
    handler();
  }
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size, 0); }
void* operator new[](std::size_t size) { return Allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t align) {
  return Allocate(size, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return Allocate(size, static_cast<std::size_t>(align));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif
