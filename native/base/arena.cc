// SPDX-License-Identifier: MIT
#include "base/arena.h"

#include <algorithm>

#include "base/memory.h"

namespace ostinato {
namespace {

// Buffers below this are not worth giving back.
constexpr size_t kSmall = size_t{1} << 16;

}  // namespace

FreedMemory::~FreedMemory() {
  for (const Block& block : blocks_) GiveBackMemory(block.memory, block.bytes);
}

void Arena::LetGo(RawBuffer* buffer, FreedMemory* freed) {
  if (!buffer->memory_) return;
  freed->blocks_.push_back({buffer->memory_, buffer->capacity_});
  freed->bytes_ += buffer->capacity_;
  buffer->Count(0, buffer->capacity_);
  buffer->memory_ = nullptr;
  buffer->capacity_ = 0;
}

FreedMemory Arena::Sweep() {
  FreedMemory freed;
  const bool few = batch_bytes_ < kFew;
  for (RawBuffer* buffer = first_; buffer; buffer = buffer->next_) {
    const bool unused = buffer->capacity_ >= kSmall && buffer->needed_ < buffer->capacity_ / 2;
    if (buffer->contents_ == Contents::kBatch && unused && !few) {
      buffer->planned_ = buffer->needed_;
      LetGo(buffer, &freed);
    }
    buffer->needed_ = 0;
  }
  return freed;
}

FreedMemory Arena::Trim() {
  FreedMemory freed;
  for (RawBuffer* buffer = first_; buffer; buffer = buffer->next_) {
    if (buffer->contents_ != Contents::kState) LetGo(buffer, &freed);
    buffer->needed_ = buffer->planned_ = 0;
  }
  return freed;
}

RawBuffer::RawBuffer(Arena* arena, Contents contents) : arena_(arena), contents_(contents) { Link(); }

RawBuffer::RawBuffer(RawBuffer&& other) noexcept
    : memory_(other.memory_),
      capacity_(other.capacity_),
      needed_(other.needed_),
      arena_(other.arena_),
      contents_(other.contents_),
      planned_(other.planned_) {
  other.memory_ = nullptr;
  other.capacity_ = 0;
  Link();
}

RawBuffer::~RawBuffer() {
  Free();
  Unlink();
}

void RawBuffer::Link() {
  next_ = arena_->first_;
  if (next_) next_->previous_ = this;
  arena_->first_ = this;
}

void RawBuffer::Unlink() {
  (previous_ ? previous_->next_ : arena_->first_) = next_;
  if (next_) next_->previous_ = previous_;
}

void RawBuffer::Count(size_t added, size_t removed) {
  arena_->bytes_ += added - removed;
  if (contents_ == Contents::kBatch) arena_->batch_bytes_ += added - removed;
}

void RawBuffer::Replace(size_t bytes) {
  bytes = std::max(bytes, planned_);
  // What is not kept makes room for what comes.
  if (contents_ != Contents::kState) Free();
  void* const memory = TakeZeros(&bytes);
  Free();
  memory_ = memory;
  capacity_ = bytes;
  planned_ = 0;
  Count(bytes, 0);
  ++arena_->allocations_;
}

void RawBuffer::Free() {
  if (!memory_) return;
  Count(0, capacity_);
  GiveBackMemory(memory_, capacity_);
  memory_ = nullptr;
  capacity_ = 0;
}

void RawBuffer::Swap(RawBuffer& other) {
  Count(other.capacity_, capacity_);
  other.Count(capacity_, other.capacity_);
  std::swap(memory_, other.memory_);
  std::swap(capacity_, other.capacity_);
  std::swap(needed_, other.needed_);
}

}  // namespace ostinato
