// SPDX-License-Identifier: MIT
// Streams of one model: the states of all of them in one matrix, and steps of many together.
#ifndef OSTINATO_STREAMS_STREAM_GROUP_H_
#define OSTINATO_STREAMS_STREAM_GROUP_H_

#include <deque>
#include <memory>
#include <vector>

#include "base/arena.h"
#include "streams/stepper.h"

namespace ostinato {

class StreamGroup {
 public:
  explicit StreamGroup(const Plan& plan);

  const Stepper& stepper() const { return *stepper_; }
  // The lowest place that is free, where a stream begins with these constants. Here and in Begin, the model
  // must be at rest where there are constants.
  int32_t Open(const std::vector<const float*>& constants);
  void Close(size_t place);
  // The stream begins anew, with other constants or with those that it has.
  void Begin(size_t place, const std::vector<const float*>& constants);
  void Begin(size_t place);
  bool is_open(size_t place) const { return place < open_.size() && open_[place]; }
  // All that are open, ascending.
  const std::vector<int32_t>& places();
  size_t stream_floats() const { return stepper_->stream_floats(); }
  float* states(size_t place) { return states_->data() + place * stream_floats(); }
  size_t bytes() const { return arena_.bytes(); }

  // The first row whose place is not open or comes twice, or -1.
  int64_t FindUnfit(const int32_t* places, size_t rows);
  // One timestep for the streams at places[0..rows): see Stepper::Step.
  void Step(size_t rows, const StepInput* inputs, const int32_t* places, float* const* outputs);

 private:
  void PrepareLanes(size_t lanes, size_t rows);

  Arena arena_;
  std::unique_ptr<Stepper> stepper_;
  std::unique_ptr<Buffer<float>> states_;  // [places, stream_floats()]
  std::vector<uint8_t> open_;
  std::vector<uint32_t> stamps_;  // the last FindUnfit that met a place
  uint32_t stamp_ = 0;
  std::vector<int32_t> places_;
  bool places_are_stale_ = false;
  size_t first_free_ = 0;  // no place below is free
  std::deque<StepRoom> lanes_;
};

}  // namespace ostinato

#endif  // OSTINATO_STREAMS_STREAM_GROUP_H_
