// SPDX-License-Identifier: MIT
// A private copy of inputs and targets. Nothing that happens to the caller's arrays afterwards changes it.
#ifndef OSTINATO_MODEL_DATASET_H_
#define OSTINATO_MODEL_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
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

struct Dataset {
  size_t rows = 0;
  std::vector<size_t> shape;  // of one row of inputs
  bool is_tokens = false;
  Copy<int32_t> tokens;  // [rows, T]
  Copy<float> values;    // [rows, T, C] or [rows, C]
  int32_t min_token = 0, max_token = -1;
  Copy<float> targets;  // [rows, target_size], empty for predict
  size_t target_size = 0;
  Copy<float> weights;        // [rows, weight_size], or empty where every row weighs 1
  size_t weight_size = 0;     // 1, or the timesteps of the outputs
  Copy<float> initial_state;  // [rows, all states of the first recurrent layer], or empty
  Copy<uint8_t> mask;         // [rows, T], nonzero where a step counts, or empty

  size_t row_size() const {
    size_t size = 1;
    for (const size_t n : shape) size *= n;
    return size;
  }
  size_t bytes() const {
    return mask.size() + tokens.size() * sizeof(int32_t) +
           (values.size() + targets.size() + weights.size() + initial_state.size()) * sizeof(float);
  }
};

}  // namespace ostinato

#endif  // OSTINATO_MODEL_DATASET_H_
