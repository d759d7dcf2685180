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
       InstanceMethod<&NativeStreams::JsPin>("pin"),
       InstanceMethod<&NativeStreams::JsStepPinned>("stepPinned"),
       InstanceMethod<&NativeStreams::JsStep>("step"), InstanceMethod<&NativeStreams::JsDispose>("dispose")});
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

Model& NativeStreams::AtRest() {
  if (!*owner_)
    throw Error(ErrorCode::kDisposed, "native streams: expected a live model, received a disposed one");
  return (*owner_)->AtRest();
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

std::vector<const float*> NativeStreams::Constants(const Napi::Value& value) const {
  const std::vector<StepPort>& ports = group_->stepper().constants();
  if (!value.IsArray() || value.As<Napi::Array>().Length() != ports.size()) Malformed("constants");
  std::vector<const float*> constants;
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const Napi::Float32Array values = ToFloats(value.As<Napi::Array>().Get(i), "constants");
    if (values.ElementLength() != ports[i].columns) Malformed("constants");
    constants.push_back(values.Data());
  }
  return constants;
}

void NativeStreams::ReadInputs(const Napi::Value& value, size_t rows, std::vector<StepInput>* inputs) const {
  const std::vector<StepPort>& ports = group_->stepper().inputs();
  if (!value.IsArray() || value.As<Napi::Array>().Length() != ports.size()) Malformed("inputs");
  inputs->clear();
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const Napi::Value rows_of = value.As<Napi::Array>().Get(i);
    StepInput input = {};
    if (ports[i].is_tokens)
      input.tokens = ToInts(rows_of, "inputs").Data();
    else
      input.values = ToFloats(rows_of, "inputs").Data();
    if (rows_of.As<Napi::TypedArray>().ElementLength() != Product(rows, ports[i].columns, "inputs"))
      Malformed("rows");
    inputs->push_back(input);
  }
}

void NativeStreams::ReadOutputs(const Napi::Value& value, size_t rows, std::vector<float*>* outputs) const {
  const std::vector<StepPort>& ports = group_->stepper().outputs();
  if (!value.IsArray() || value.As<Napi::Array>().Length() != ports.size()) Malformed("outputs");
  outputs->clear();
  for (uint32_t i = 0; i < ports.size(); ++i) {
    Napi::Float32Array out = ToFloats(value.As<Napi::Array>().Get(i), "outputs");
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
    StreamGroup& group = Beginning();
    const int32_t place = group.Open(Constants(info[0]));
    ReportMemory(info.Env());
    return Napi::Number::New(info.Env(), place);
  });
}

void NativeStreams::JsClose(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] { group_->Close(Place(info[0])); });
}

void NativeStreams::JsReset(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    StreamGroup& group = Beginning();
    const size_t place = Place(info[0]);
    if (info[1].IsNull())
      group.Begin(place);
    else
      group.Begin(place, Constants(info[1]));
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

void NativeStreams::JsPin(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    AtRest();
    Group();
    std::vector<StepInput> inputs;
    std::vector<float*> outputs;
    ReadInputs(info[0], 1, &inputs);
    ReadOutputs(info[1], 1, &outputs);
    pinned_inputs_ = Napi::Persistent(info[0].As<Napi::Object>());
    pinned_outputs_ = Napi::Persistent(info[1].As<Napi::Object>());
    inputs_ = std::move(inputs);
    outputs_ = std::move(outputs);
  });
}

void NativeStreams::JsStepPinned(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    static const int32_t kFirst = 0;
    AtRest();
    if (outputs_.empty() || !Group().is_open(0)) Malformed("place");
    if (FindForeign(inputs_, 1) >= 0) Malformed("token");
    group_->Step(1, inputs_.data(), &kFirst, outputs_.data());
    ReportMemory(info.Env());
  });
}

// Returns what was refused first, and no stream has gone on then: -1 - row for its place, 1 + input * rows +
// row for its token of that input. 0 where all went on.
Napi::Value NativeStreams::JsStep(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const auto answer = [&](int64_t value) {
      return Napi::Number::New(info.Env(), static_cast<double>(value));
    };
    AtRest();
    StreamGroup& group = Group();
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
    ReadInputs(info[0], rows, &inputs);
    ReadOutputs(info[1], rows, &outputs);
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
    pinned_inputs_.Reset();
    pinned_outputs_.Reset();
    inputs_.clear();
    outputs_.clear();
    ReportMemory(info.Env());
  });
}

}  // namespace ostinato
