// SPDX-License-Identifier: MIT
// A private copy of inputs and targets. Nothing that happens to the caller's arrays afterwards changes it.
#ifndef OSTINATO_MODEL_DATASET_H_
#define OSTINATO_MODEL_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/memory.h"

namespace ostinato {

// A copy of an array.
template <class T>
class Copy {
 public:
  Copy() = default;
  ~Copy() {
    if (data_) GiveBackMemory(data_, bytes_);
  }
  Copy(Copy&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  // Once.
  void Assign(const T* from, size_t size) {
    if (size == 0) return;
    bytes_ = size * sizeof(T);
    data_ = static_cast<T*>(TakeMemory(&bytes_));
    size_ = size;
    std::memcpy(data_, from, size * sizeof(T));
  }
  const T* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0, bytes_ = 0;
};

// One input of all rows.
struct Inputs {
  std::vector<size_t> shape;  // of one row: see GraphInput
  bool is_tokens = false;
  Copy<int32_t> tokens;  // [rows, ...shape]
  Copy<float> values;    // [rows, ...shape]
  int32_t min_token = 0, max_token = -1;

  size_t row_size() const {
    size_t size = 1;
    for (const size_t n : shape) size *= n;
    return size;
  }
  size_t bytes() const { return tokens.size() * sizeof(int32_t) + values.size() * sizeof(float); }
};

// What one output of all rows shall be.
struct Targets {
  Copy<float> values;      // [rows, size]
  size_t size = 0;         // 0 where the output has none
  Copy<float> weights;     // [rows, weight_size], or empty where every row weighs 1
  size_t weight_size = 0;  // 1, or the timesteps of the output

  size_t bytes() const { return (values.size() + weights.size()) * sizeof(float); }
};

struct Dataset {
  size_t rows = 0;
  std::vector<Inputs> inputs;
  std::vector<Targets> targets;  // empty for predict

  size_t bytes() const {
    size_t sum = 0;
    for (const Inputs& input : inputs) sum += input.bytes();
    for (const Targets& target : targets) sum += target.bytes();
    return sum;
  }
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_DATASET_H_
