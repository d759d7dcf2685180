// SPDX-License-Identifier: MIT
// Memory of one model: buffers that only grow, aligned to a cache line, counted so that V8 can be told.
#ifndef OSTINATO_BASE_ARENA_H_
#define OSTINATO_BASE_ARENA_H_

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>

#include "base/aligned_memory.h"

namespace ostinato {

// Counts the bytes of the buffers that name it. Owned by a model; only the thread that runs the model changes
// it.
class Arena {
 public:
  size_t bytes() const { return bytes_; }

 private:
  template <class T>
  friend class Buffer;
  size_t bytes_ = 0;
};

// An array of plain values. Resize keeps nothing: it allocates only when the size exceeds all sizes before,
// and new memory is zero. After the first batch of a shape, training allocates nothing.
template <class T>
class Buffer {
 public:
  explicit Buffer(Arena* arena) : arena_(arena) {}
  ~Buffer() { Free(); }
  Buffer(Buffer&& other) noexcept
      : arena_(other.arena_), data_(other.data_), size_(other.size_), capacity_(other.capacity_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer& operator=(Buffer&&) = delete;

  // True where the memory is new (all zeros). Throws std::bad_alloc and keeps the old memory where there is
  // none.
  bool Resize(size_t size) {
    if (size <= capacity_) {
      size_ = size;
      return false;
    }
    constexpr size_t kLine = 64, kHugePage = size_t{1} << 21;
    if (size > (std::numeric_limits<size_t>::max() - kHugePage) / sizeof(T)) throw std::bad_alloc();
    // The states of a batch take megabytes and are read in strides: without huge pages every row is a TLB
    // miss.
    const size_t align = size * sizeof(T) >= kHugePage ? kHugePage : kLine;
    const size_t bytes = (size * sizeof(T) + align - 1) / align * align;
    void* memory = AllocateAligned(align, bytes);
    if (!memory) throw std::bad_alloc();
    if (align == kHugePage) PreferHugePages(memory, bytes);
    std::memset(memory, 0, bytes);
    Free();
    data_ = static_cast<T*>(memory);
    size_ = size;
    capacity_ = bytes / sizeof(T);
    arena_->bytes_ += bytes;
    return true;
  }

  void Zero() { std::memset(data_, 0, size_ * sizeof(T)); }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  void Free() {
    if (!data_) return;
    arena_->bytes_ -= capacity_ * sizeof(T);
    FreeAligned(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

  Arena* arena_;
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_BASE_ARENA_H_
