// SPDX-License-Identifier: MIT
#include "streams/stream_group.h"

#include <algorithm>
#include <cstring>

#include "dispatch/dispatch.h"
#include "threading/float_state.h"
#include "threading/outside_work.h"

namespace ostinato {
namespace {

// Rows that go through the layers together: whole tiles of every instruction set, and few enough that what
// lies between layers stays in the cache.
constexpr size_t kBlockRows = 48;
// Multiply-adds that are worth waking a thread for.
constexpr size_t kParallel = size_t{1} << 22;

}  // namespace

StreamGroup::StreamGroup(const Plan& plan)
    : stepper_(std::make_unique<Stepper>(plan)), states_(std::make_unique<Buffer<float>>(&arena_)) {}

int32_t StreamGroup::Open(const std::vector<const float*>& constants) {
  size_t place = first_free_;
  while (place < open_.size() && open_[place]) ++place;
  if (place == open_.size()) {
    const size_t size = stream_floats(), room = size == 0 ? 0 : states_->size() / size;
    if (place >= room && size > 0) {
      auto more = std::make_unique<Buffer<float>>(&arena_);
      more->Resize(std::max<size_t>(1, 2 * place) * size);
      if (place > 0) std::memcpy(more->data(), states_->data(), place * size * sizeof(float));
      states_ = std::move(more);
    }
    open_.push_back(0);
    stamps_.push_back(0);
  }
  open_[place] = 1;
  Begin(place, constants);
  first_free_ = place + 1;
  places_are_stale_ = true;
  return static_cast<int32_t>(place);
}

void StreamGroup::Close(size_t place) {
  open_[place] = 0;
  first_free_ = std::min(first_free_, place);
  places_are_stale_ = true;
}

void StreamGroup::Begin(size_t place, const std::vector<const float*>& constants) {
  for (size_t i = 0; i < constants.size(); ++i)
    std::memcpy(stepper_->ConstantAt(i, static_cast<int32_t>(place), states_->data()), constants[i],
                stepper_->constants()[i].columns * sizeof(float));
  Begin(place);
}

void StreamGroup::Begin(size_t place) {
  if (stream_floats() == 0) return;
  stepper_->Forget(static_cast<int32_t>(place), states_->data());
  if (stepper_->constants().empty()) return;
  PrepareLanes(1, 1);
  const FlushToZeroScope flush;
  stepper_->Prepare(Kernels());
  stepper_->ReadConstants(Kernels(), static_cast<int32_t>(place), states_->data(), &lanes_[0]);
}

void StreamGroup::PrepareLanes(size_t lanes, size_t rows) {
  while (lanes_.size() < lanes) lanes_.emplace_back(&arena_);
  for (size_t lane = 0; lane < lanes; ++lane) stepper_->Prepare(rows, &lanes_[lane]);
}

const std::vector<int32_t>& StreamGroup::places() {
  if (places_are_stale_) {
    places_.clear();
    for (size_t place = 0; place < open_.size(); ++place)
      if (open_[place]) places_.push_back(static_cast<int32_t>(place));
    places_are_stale_ = false;
  }
  return places_;
}

int64_t StreamGroup::FindUnfit(const int32_t* places, size_t rows) {
  if (++stamp_ == 0) {
    std::fill(stamps_.begin(), stamps_.end(), 0);
    stamp_ = 1;
  }
  for (size_t i = 0; i < rows; ++i) {
    const size_t place = static_cast<size_t>(static_cast<uint32_t>(places[i]));
    if (!is_open(place) || stamps_[place] == stamp_) return static_cast<int64_t>(i);
    stamps_[place] = stamp_;
  }
  return -1;
}

void StreamGroup::Step(size_t rows, const StepInput* inputs, const int32_t* places, float* const* outputs) {
  const KernelTable& kernels = Kernels();
  WorkerPool& pool = WorkerPool::Instance();
  const size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  const size_t lanes = rows * stepper_->products() < kParallel ? 1 : std::min(pool.threads(), blocks);
  PrepareLanes(lanes, std::min(rows, kBlockRows));
  const FlushToZeroScope flush;
  stepper_->Prepare(kernels);
  if (blocks == 1)
    return stepper_->Step(kernels, rows, inputs, places, states_->data(), &lanes_[0], outputs, &pool);
  ForOutside(pool, lanes, blocks, [&](size_t lane, size_t block) {
    const size_t begin = block * kBlockRows, count = std::min(kBlockRows, rows - begin);
    StepRoom& room = lanes_[lane];
    room.inputs.clear();
    for (size_t i = 0; i < stepper_->inputs().size(); ++i)
      room.inputs.push_back(
          {inputs[i].values ? inputs[i].values + begin * stepper_->inputs()[i].columns : nullptr,
           inputs[i].tokens ? inputs[i].tokens + begin : nullptr});
    room.outputs.clear();
    for (size_t k = 0; k < stepper_->outputs().size(); ++k)
      room.outputs.push_back(outputs[k] + begin * stepper_->outputs()[k].columns);
    stepper_->Step(kernels, count, room.inputs.data(), places + begin, states_->data(), &room,
                   room.outputs.data(), nullptr);
  });
}

}  // namespace ostinato
