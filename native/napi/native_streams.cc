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
       InstanceMethod<&NativeStreams::JsAttach>("attach"), InstanceMethod<&NativeStreams::JsOpen>("open"),
       InstanceMethod<&NativeStreams::JsClose>("close"), InstanceMethod<&NativeStreams::JsReset>("reset"),
       InstanceMethod<&NativeStreams::JsPlaces>("places"),
       InstanceMethod<&NativeStreams::JsReadState>("readState"),
       InstanceMethod<&NativeStreams::JsWriteState>("writeState"),
       InstanceMethod<&NativeStreams::JsPin>("pin"),
       InstanceMethod<&NativeStreams::JsStepPinned>("stepPinned"),
       InstanceMethod<&NativeStreams::JsStep>("step"), InstanceMethod<&NativeStreams::JsDispose>("dispose")});
}

NativeStreams::NativeStreams(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeStreams>(info) {
  Guarded(info.Env(), [&] {
    owner_ = NativeModel::From(info[0]);
    group_ = std::make_unique<StreamGroup>((*owner_)->Idle());
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
  if (!*owner_ || (*owner_)->is_retired())
    throw Error(ErrorCode::kDisposed, "native streams: expected a live model, received a disposed one");
  return (*owner_)->Settled();
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

void NativeStreams::JsAttach(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    const auto owner = NativeModel::From(info[0]);
    Group().Attach((*owner)->Idle());
    owner_ = owner;
  });
}

Napi::Value NativeStreams::JsOpen(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const int32_t place = Group().Open();
    ReportMemory(info.Env());
    return Napi::Number::New(info.Env(), place);
  });
}

void NativeStreams::JsClose(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] { group_->Close(Place(info[0])); });
}

void NativeStreams::JsReset(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] { group_->Reset(Place(info[0])); });
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
    const Model& model = AtRest();
    Napi::Float32Array out = ToFloats(info[1], "output");
    const float* values = model.is_tokens() ? nullptr : ToFloats(info[0], "input").Data();
    const int32_t* tokens = model.is_tokens() ? ToInts(info[0], "input").Data() : nullptr;
    if (info[0].As<Napi::TypedArray>().ElementLength() != model.input_columns() ||
        out.ElementLength() != model.output_columns())
      Malformed("row size");
    input_ = Napi::Persistent(info[0].As<Napi::TypedArray>());
    output_ = Napi::Persistent(Napi::TypedArray(out));
    values_ = values;
    tokens_ = tokens;
    out_ = out.Data();
  });
}

void NativeStreams::JsStepPinned(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    static const int32_t kFirst = 0;
    const Model& model = AtRest();
    if (!out_ || !Group().is_open(0)) Malformed("place");
    if (tokens_ && static_cast<size_t>(static_cast<uint32_t>(*tokens_)) >= model.vocabulary())
      Malformed("token");
    group_->Step(1, values_, tokens_, &kFirst, out_);
    ReportMemory(info.Env());
  });
}

// Returns the first row that was refused, and none has gone on then: -1 - row for its place, 1 + row for its
// token. 0 where all went on.
Napi::Value NativeStreams::JsStep(const Napi::CallbackInfo& info) {
  return OnStreams(info, [&]() -> Napi::Value {
    const auto answer = [&](int64_t value) {
      return Napi::Number::New(info.Env(), static_cast<double>(value));
    };
    const Model& model = AtRest();
    StreamGroup& group = Group();
    const float* values = model.is_tokens() ? nullptr : ToFloats(info[0], "inputs").Data();
    const int32_t* tokens = model.is_tokens() ? ToInts(info[0], "inputs").Data() : nullptr;
    Napi::Float32Array out = ToFloats(info[1], "outputs");
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
    if (info[0].As<Napi::TypedArray>().ElementLength() != Product(rows, model.input_columns(), "inputs") ||
        out.ElementLength() != Product(rows, model.output_columns(), "outputs"))
      Malformed("rows");
    for (size_t i = 0; tokens && i < rows; ++i)
      if (static_cast<size_t>(static_cast<uint32_t>(tokens[i])) >= model.vocabulary())
        return answer(1 + static_cast<int64_t>(i));
    group.Step(rows, values, tokens, places, out.Data());
    ReportMemory(info.Env());
    return answer(0);
  });
}

void NativeStreams::JsDispose(const Napi::CallbackInfo& info) {
  OnStreams(info, [&] {
    group_.reset();
    input_.Reset();
    output_.Reset();
    out_ = nullptr;
    ReportMemory(info.Env());
  });
}

}  // namespace ostinato
