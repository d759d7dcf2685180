// SPDX-License-Identifier: MIT
#include "napi/native_streams.h"

#include <algorithm>
#include <cstring>

#include "napi/arguments.h"
#include "napi/errors.h"
#include "napi/native_model.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x73747265616d73ull};

// As OnModel of native_model.cc, for streams.
template <class Body>
auto OnStreams(const Napi::CallbackInfo& info, Body&& body) -> decltype(body()) {
  return Guarded(info.Env(), [&] {
    if (!info.This().IsObject() || !info.This().As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("receiver");
    return body();
  });
}

}  // namespace

Napi::Function NativeStreams::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeStreams",
      {InstanceAccessor<&NativeStreams::JsMemoryBytes>("memoryBytes"),
       InstanceAccessor<&NativeStreams::JsCount>("count"), InstanceMethod<&NativeStreams::JsIsOpen>("isOpen"),
       InstanceMethod<&NativeStreams::JsOpen>("open"), InstanceMethod<&NativeStreams::JsClose>("close"),
       InstanceMethod<&NativeStreams::JsReset>("reset"), InstanceMethod<&NativeStreams::JsPlaces>("places"),
       InstanceMethod<&NativeStreams::JsReadState>("readState"),
       InstanceMethod<&NativeStreams::JsWriteState>("writeState"),
       InstanceMethod<&NativeStreams::JsPin>("pin"), InstanceMethod<&NativeStreams::JsStep>("step"),
       InstanceMethod<&NativeStreams::JsDispose>("dispose")});
}

NativeStreams::NativeStreams(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeStreams>(info) {
  Guarded(info.Env(), [&] {
    owner_ = NativeModel::From(info[0]);
    group_ = std::make_unique<StreamGroup>((*owner_)->Idle().plan());
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    self.DefineProperty(Napi::PropertyDescriptor::Value(
        "stateSize", Napi::Number::New(info.Env(), static_cast<double>(group_->stream_floats())),
        napi_enumerable));
    ReportMemory(info.Env());
  });
}

NativeStreams::~NativeStreams() { *self_ = nullptr; }

void NativeStreams::Finalize(Napi::BasicEnv env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -reported_bytes_);
}

void NativeStreams::ReportMemory(Napi::BasicEnv env) {
  const int64_t bytes = group_ ? static_cast<int64_t>(group_->bytes()) : 0;
  if (bytes == reported_bytes_) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes - reported_bytes_);
  reported_bytes_ = bytes;
}

StreamGroup& NativeStreams::Group() {
  if (!group_) throw Error(ErrorCode::kState, "native streams: expected open streams, received closed ones");
  return *group_;
}

StreamGroup& NativeStreams::AtRest() {
  if (!*owner_)
    throw Error(ErrorCode::kDisposed, "native streams: expected a live model, received a disposed one");
  (*owner_)->Settled();
  return Group();
}

StreamGroup& NativeStreams::Beginning() {
  StreamGroup& group = Group();
  if (!group.stepper().constants().empty()) AtRest();
  return group;
}

size_t NativeStreams::Place(const Napi::Value& value) {
  const size_t place = ToSize(value, "place");
  if (!Group().is_open(place)) Malformed("place");
  return place;
}

Napi::Value NativeStreams::JsMemoryBytes(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(reported_bytes_));
  });
}

Napi::Value NativeStreams::JsCount(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), group_ ? static_cast<double>(group_->places().size()) : 0.0);
  });
}

Napi::Value NativeStreams::JsIsOpen(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), group_ && group_->is_open(ToSize(info[0], "place")));
  });
}

std::vector<const float*> NativeStreams::Constants(const List& values) const {
  const std::vector<StepPort>& ports = group_->stepper().constants();
  std::vector<const float*> constants;
  for (size_t i = 0; i < ports.size(); ++i) {
    const Napi::Float32Array value = ToFloats(values[i], "constants");
    if (value.ElementLength() != ports[i].columns) Malformed("constants");
    constants.push_back(value.Data());
  }
  return constants;
}

void NativeStreams::ReadInputs(const List& values, size_t rows, std::vector<StepInput>* inputs) const {
  const std::vector<StepPort>& ports = group_->stepper().inputs();
  inputs->clear();
  for (size_t i = 0; i < ports.size(); ++i) {
    StepInput input = {};
    if (ports[i].is_tokens)
      input.tokens = ToInts(values[i], "inputs").Data();
    else
      input.values = ToFloats(values[i], "inputs").Data();
    if (values[i].As<Napi::TypedArray>().ElementLength() != Product(rows, ports[i].columns, "inputs"))
      Malformed("rows");
    inputs->push_back(input);
  }
}

void NativeStreams::ReadOutputs(const List& values, size_t rows, std::vector<float*>* outputs) const {
  const std::vector<StepPort>& ports = group_->stepper().outputs();
  outputs->clear();
  for (size_t i = 0; i < ports.size(); ++i) {
    Napi::Float32Array out = ToFloats(values[i], "outputs");
    if (out.ElementLength() != Product(rows, ports[i].columns, "outputs")) Malformed("rows");
    outputs->push_back(out.Data());
  }
}

int64_t NativeStreams::FindForeign(const std::vector<StepInput>& inputs, size_t rows) const {
  for (size_t i = 0; i < inputs.size(); ++i)
    for (size_t row = 0; inputs[i].tokens && row < rows; ++row)
      if (static_cast<size_t>(static_cast<uint32_t>(inputs[i].tokens[row])) >=
          group_->stepper().inputs()[i].vocabulary)
        return static_cast<int64_t>(i * rows + row);
  return -1;
}

Napi::Value NativeStreams::JsOpen(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const List given = ToList(info[0], Group().stepper().constants().size(), "constants");
    const int32_t place = Beginning().Open(Constants(given));
    ReportMemory(info.Env());
    return Napi::Number::New(info.Env(), place);
  });
}

void NativeStreams::JsClose(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] { group_->Close(Place(info[0])); });
}

void NativeStreams::JsReset(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    const bool keeps = info[1].IsNull();
    const List given = keeps ? List() : ToList(info[1], Group().stepper().constants().size(), "constants");
    StreamGroup& group = Beginning();
    const size_t place = Place(info[0]);
    if (keeps)
      group.Begin(place);
    else
      group.Begin(place, Constants(given));
    ReportMemory(info.Env());
  });
}

void NativeStreams::JsPlaces(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    Napi::Int32Array out = ToInts(info[0], "places");
    const std::vector<int32_t>& places = Group().places();
    if (out.ElementLength() != places.size()) Malformed("places");
    std::copy(places.begin(), places.end(), out.Data());
  });
}

float* NativeStreams::State(const Napi::CallbackInfo& info, Napi::Float32Array* array) {
  const size_t place = Place(info[0]);
  *array = ToFloats(info[1], "state");
  if (array->ElementLength() != group_->stream_floats()) Malformed("state size");
  return group_->states(place);
}

void NativeStreams::JsReadState(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    Napi::Float32Array out;
    const float* state = State(info, &out);
    if (out.ElementLength() > 0) std::memcpy(out.Data(), state, out.ByteLength());
  });
}

void NativeStreams::JsWriteState(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    Napi::Float32Array values;
    float* state = State(info, &values);
    if (values.ElementLength() > 0) std::memcpy(state, values.Data(), values.ByteLength());
  });
}

// Returns the function that steps. A method would find its receiver and look at its tag at each call: without
// both a step of LSTM(64) takes 0.9 of the time (stream.step).
Napi::Value NativeStreams::JsPin(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const List given = ToList(info[0], Group().stepper().inputs().size(), "inputs");
    const List room = ToList(info[1], Group().stepper().outputs().size(), "outputs");
    AtRest();
    std::vector<StepInput> inputs;
    std::vector<float*> outputs;
    ReadInputs(given, 1, &inputs);
    ReadOutputs(room, 1, &outputs);
    pinned_.clear();
    for (const List* list : {&given, &room})
      for (const Napi::Value& array : *list) pinned_.push_back(Napi::Persistent(array.As<Napi::Object>()));
    inputs_ = std::move(inputs);
    outputs_ = std::move(outputs);
    auto self = std::make_unique<Self>(self_);
    const Napi::Function step = Napi::Function::New<JsStepPinned>(info.Env(), "step", self.get());
    step.AddFinalizer([](Napi::Env, Self* held) { delete held; }, self.get());
    self.release();
    return step;
  });
}

void NativeStreams::JsStepPinned(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    NativeStreams* const self = **static_cast<Self*>(info.Data());
    if (!self) Malformed("receiver");
    self->StepPinned(info.Env());
  });
}

void NativeStreams::StepPinned(Napi::Env env) {
  constexpr static int32_t kFirst = 0;
  StreamGroup& group = AtRest();
  if (outputs_.empty() || !group.is_open(0)) Malformed("place");
  if (FindForeign(inputs_, 1) >= 0) Malformed("token");
  group.Step(1, inputs_.data(), &kFirst, outputs_.data());
  ReportMemory(env);
}

// Returns what was refused first, and no stream has gone on then: -1 - row for its place, 1 + input * rows +
// row for its token of that input. 0 where all went on.
Napi::Value NativeStreams::JsStep(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const auto answer = [&](int64_t value) {
      return Napi::Number::New(info.Env(), static_cast<double>(value));
    };
    const List given = ToList(info[0], Group().stepper().inputs().size(), "inputs");
    const List room = ToList(info[1], Group().stepper().outputs().size(), "outputs");
    StreamGroup& group = AtRest();
    const int32_t* places;
    size_t rows;
    if (info[2].IsNull()) {
      places = group.places().data();
      rows = group.places().size();
    } else {
      const Napi::Int32Array which = ToInts(info[2], "places");
      places = which.Data();
      rows = which.ElementLength();
      const int64_t unfit = group.FindUnfit(places, rows);
      if (unfit >= 0) return answer(-1 - unfit);
    }
    std::vector<StepInput> inputs;
    std::vector<float*> outputs;
    ReadInputs(given, rows, &inputs);
    ReadOutputs(room, rows, &outputs);
    const int64_t foreign = FindForeign(inputs, rows);
    if (foreign >= 0) return answer(1 + foreign);
    group.Step(rows, inputs.data(), places, outputs.data());
    ReportMemory(info.Env());
    return answer(0);
  });
}

void NativeStreams::JsDispose(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    group_.reset();
    pinned_.clear();
    inputs_.clear();
    outputs_.clear();
    ReportMemory(info.Env());
  });
}

}  // namespace ostinato
