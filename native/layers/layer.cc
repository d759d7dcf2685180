// SPDX-License-Identifier: MIT
#include "layers/layer.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"
#include "initializers/constant.h"

namespace ostinato {

void ExpectShape(bool holds, const char* what) {
  if (!holds) throw Error(ErrorCode::kInternal, std::string("native model: ") + what);
}

const ValueShape& OneInput(const std::vector<ValueShape>& inputs, const char* layer) {
  if (inputs.size() != 1)
    throw Error(ErrorCode::kInternal, std::string("native model: one input for ") + layer);
  return inputs[0];
}

const ValueShape& OneSequence(const std::vector<ValueShape>& inputs, const char* layer) {
  if (!OneInput(inputs, layer).sequence)
    throw Error(ErrorCode::kInternal, std::string("native model: a sequence for ") + layer);
  return inputs[0];
}

size_t Node::ForwardFloats(const std::vector<ValueShape>& inputs,
                           const std::vector<ValueShape>& outputs) const {
  size_t floats = 0;
  for (const ValueShape& input : inputs)
    if (input.sequence) floats += input.rows() * (kLayoutFloats + 1);
  for (const ValueShape& output : outputs)
    floats += output.rows() * (2 * PaddedStride(output.columns) + (output.sequence ? kLayoutFloats : 0));
  return floats;
}

void Layer::SetPending(Pending pending) {
  DropPending(pending.weight);
  const std::lock_guard<std::mutex> lock(mutex_);
  pending_.push_back(std::move(pending));
  is_settled_ = false;
}

void Layer::DrawWeight(size_t weight, const InitializerSpec& initializer, uint64_t seed) {
  SetPending({weight, nullptr, initializer, seed});
}

void Layer::FillWeight(size_t weight, const float* values) { SetPending({weight, values, {}, 0}); }

void Layer::DropPending(size_t weight) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto is_it = [weight](const Pending& pending) { return pending.weight == weight; };
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(), is_it), pending_.end());
  is_settled_ = pending_.empty();
}

void Layer::Settle(WorkerPool& pool) {
  if (is_settled_) return;
  const WorkerPool::Undivided undivided;
  const std::lock_guard<std::mutex> lock(mutex_);
  while (!pending_.empty()) {
    const Pending& next = pending_.back();
    Parameter& parameter = parameters_[next.weight];
    float* const out = parameter.value.data();
    if (next.values) {
      FillValues(next.values, out, parameter.size(), &pool);
    } else {
      const std::vector<int64_t> shape(parameter.shape.begin(), parameter.shape.end());
      Initialize(next.initializer, shape.data(), shape.size(), next.seed, out, &pool);
    }
    pending_.pop_back();
    is_packed_ = false;
  }
  is_settled_ = true;
}

}  // namespace ostinato
