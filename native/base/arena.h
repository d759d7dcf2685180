// SPDX-License-Identifier: MIT
// Memory of one model: buffers that grow, aligned to a cache line, counted so that V8 can be told, and given
// back where they have not been needed for a while.
#ifndef OSTINATO_BASE_ARENA_H_
#define OSTINATO_BASE_ARENA_H_

#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace ostinato {

// What the contents of a buffer are, and so when it may be taken away.
enum class Contents {
  kBatch,    // of the batch in work: between batches
  kDerived,  // computed from weights, and again where it is gone: with Layer::Invalidate
  kState,    // nothing brings it back
};

// Memory that buffers have let go of; it goes back to the system with this, which may take milliseconds.
class FreedMemory {
 public:
  FreedMemory() = default;
  ~FreedMemory();
  FreedMemory(FreedMemory&& other) noexcept : blocks_(std::move(other.blocks_)), bytes_(other.bytes_) {
    other.blocks_.clear();
  }
  FreedMemory(const FreedMemory&) = delete;
  FreedMemory& operator=(const FreedMemory&) = delete;
  size_t bytes() const { return bytes_; }

 private:
  friend class Arena;
  struct Block {
    void* memory;
    size_t bytes;
  };
  std::vector<Block> blocks_;
  size_t bytes_ = 0;
};

class RawBuffer;

// Knows the buffers that name it. Owned by a model, and changed by the one thread that has the model.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  size_t bytes() const { return bytes_; }
  // Of them, those of batches.
  size_t batch_bytes() const { return batch_bytes_; }
  // How often memory was taken.
  size_t allocations() const { return allocations_; }

  // Ends a window of time. A buffer of batches of which less than half was needed in it is given back, and
  // will next be made as large as was needed. Where all buffers of batches are less than kFew together,
  // nothing is.
  FreedMemory Sweep();
  // Gives back all but kState, now. What is derived from weights must be computed anew.
  FreedMemory Trim();

  // Gives back what one buffer holds.
  static void LetGo(RawBuffer* buffer, FreedMemory* freed);

  static constexpr size_t kFew = size_t{16} << 20;

 private:
  friend class RawBuffer;

  RawBuffer* first_ = nullptr;
  size_t bytes_ = 0, batch_bytes_ = 0, allocations_ = 0;
};

// The part of a buffer that knows no type.
class RawBuffer {
 public:
  RawBuffer(const RawBuffer&) = delete;
  RawBuffer& operator=(const RawBuffer&) = delete;

 protected:
  RawBuffer(Arena* arena, Contents contents);
  RawBuffer(RawBuffer&& other) noexcept;
  ~RawBuffer();

  // Memory for at least so many bytes in the place of what there is. Throws std::bad_alloc where there is
  // none: a state is kept then.
  void Replace(size_t bytes);
  void Swap(RawBuffer& other);

  void* memory_ = nullptr;
  size_t capacity_ = 0;  // bytes
  size_t needed_ = 0;    // bytes: most in this window

 private:
  friend class Arena;
  void Link();
  void Unlink();
  void Free();
  void Count(size_t added, size_t removed);

  Arena* arena_;
  Contents contents_;
  size_t planned_ = 0;  // bytes: what the last window needed of what was given back
  RawBuffer *previous_ = nullptr, *next_ = nullptr;
};

// An array of plain values. Resize keeps nothing where it allocates, which it does only where the size
// exceeds what there is; new memory is zero. After the first batch of a shape, training allocates nothing.
template <class T>
class Buffer : public RawBuffer {
 public:
  explicit Buffer(Arena* arena, Contents contents = Contents::kBatch) : RawBuffer(arena, contents) {}
  Buffer(Buffer&& other) noexcept : RawBuffer(std::move(other)), size_(other.size_) { other.size_ = 0; }

  // True where the memory is new (all zeros). Throws std::bad_alloc.
  bool Resize(size_t size) {
    const bool grows = size > capacity_ / sizeof(T);
    if (grows) {
      if (size > std::numeric_limits<size_t>::max() / 2 / sizeof(T)) throw std::bad_alloc();
      Replace(size * sizeof(T));
    }
    size_ = size;
    if (size * sizeof(T) > needed_) needed_ = size * sizeof(T);
    return grows;
  }
  // Changes contents with a buffer of any arena.
  void Swap(Buffer& other) {
    RawBuffer::Swap(other);
    std::swap(size_, other.size_);
  }

  void Zero() {
    if (size_ > 0) std::memset(memory_, 0, size_ * sizeof(T));
  }
  bool has_memory() const { return memory_ != nullptr; }
  T* data() { return static_cast<T*>(memory_); }
  const T* data() const { return static_cast<const T*>(memory_); }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }

 private:
  size_t size_ = 0;
};

// Buffers that say in their type what they hold.
template <class T>
struct DerivedBuffer : Buffer<T> {
  explicit DerivedBuffer(Arena* arena) : Buffer<T>(arena, Contents::kDerived) {}
};
template <class T>
struct StateBuffer : Buffer<T> {
  explicit StateBuffer(Arena* arena) : Buffer<T>(arena, Contents::kState) {}
};

}  // namespace ostinato

#endif  // OSTINATO_BASE_ARENA_H_
