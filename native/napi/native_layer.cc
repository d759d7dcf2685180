// SPDX-License-Identifier: MIT
#include "napi/native_layer.h"

#include <cstring>

#include "napi/arguments.h"
#include "napi/config.h"
#include "napi/errors.h"
#include "napi/layers.h"
#include "napi/release.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x6c61796572ull};

// As OnModel of native_model.cc, for layers.
template <class Body>
auto OnLayer(const Napi::CallbackInfo& info, Body&& body) -> decltype(body()) {
  return Guarded(info.Env(), [&] {
    if (!info.This().IsObject() || !info.This().As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("receiver");
    return body();
  });
}

}  // namespace

void Release(std::shared_ptr<SharedLayer> shared) {
  const size_t bytes = shared ? shared->bytes : 0;
  Release(std::shared_ptr<const void>(std::move(shared)), bytes);
}

Napi::Function NativeLayer::Define(Napi::Env env) {
  return DefineClass(env, "NativeLayer",
                     {InstanceAccessor<&NativeLayer::JsMemoryBytes>("memoryBytes"),
                      InstanceAccessor<&NativeLayer::JsBusy>("busy"),
                      InstanceMethod<&NativeLayer::JsReadWeight>("readWeight"),
                      InstanceMethod<&NativeLayer::JsWriteWeight>("writeWeight"),
                      InstanceMethod<&NativeLayer::JsDrawWeight>("drawWeight"),
                      InstanceMethod<&NativeLayer::JsAdoptWeight>("adoptWeight"),
                      InstanceMethod<&NativeLayer::JsSetSeed>("setSeed")});
}

NativeLayer::NativeLayer(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeLayer>(info) {
  Guarded(info.Env(), [&] {
    auto shared = std::make_shared<SharedLayer>();
    shared->layer = MakeLayer(ToObject(info[0], "layer"));
    shared->bytes = shared->layer->bytes();
    shared->adopted = adopted_;
    shared_ = std::move(shared);
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    self.DefineProperty(Napi::PropertyDescriptor::Value(
        "weightCount",
        Napi::Number::New(info.Env(), static_cast<double>(shared_->layer->parameters().size())),
        napi_enumerable));
    reported_bytes_ = static_cast<int64_t>(shared_->bytes);
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), reported_bytes_);
  });
}

void NativeLayer::Finalize(Napi::BasicEnv env) {
  Napi::MemoryManagement::AdjustExternalMemory(env, -reported_bytes_);
}

std::shared_ptr<SharedLayer> NativeLayer::From(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) Malformed("layer");
  return Unwrap(value.As<Napi::Object>())->shared_;
}

void NativeLayer::ExpectRest(bool writes) {
  if (shared_->is_written)
    throw Error(ErrorCode::kBusy,
                "native layer: expected weights at rest, received a call while they are trained");
  if (writes && shared_->readers > 0)
    throw Error(ErrorCode::kBusy,
                "native layer: expected weights at rest, received a call while they are read");
  shared_->WaitForCopies(nullptr);
}

size_t NativeLayer::WeightIndex(const Napi::Value& index) {
  const size_t i = ToSize(index, "weight index");
  if (i >= shared_->layer->parameters().size()) Malformed("weight index");
  return i;
}

Napi::Value NativeLayer::JsMemoryBytes(const Napi::CallbackInfo& info) {
  return OnLayer(info, [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(reported_bytes_));
  });
}

Napi::Value NativeLayer::JsBusy(const Napi::CallbackInfo& info) {
  return OnLayer(info, [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), shared_->is_written || shared_->readers > 0);
  });
}

void NativeLayer::JsReadWeight(const Napi::CallbackInfo& info) {
  OnLayer(info, [&] {
    ExpectRest(false);
    const size_t index = WeightIndex(info[0]);
    Napi::Float32Array out = ToFloats(info[1], "weight");
    Layer& layer = *shared_->layer;
    const Parameter& weight = layer.parameters()[index];
    if (out.ElementLength() != weight.size()) Malformed("weight size");
    if (!layer.is_settled()) WorkerPool::Instance().Run([&] { layer.Settle(WorkerPool::Instance()); });
    shared_->ForgetAdopted(adopted_.get());
    std::memcpy(out.Data(), weight.value.data(), weight.size() * sizeof(float));
  });
}

void NativeLayer::JsWriteWeight(const Napi::CallbackInfo& info) {
  OnLayer(info, [&] {
    ExpectRest(true);
    const size_t index = WeightIndex(info[0]);
    const Napi::Float32Array values = ToFloats(info[1], "weight");
    Layer& layer = *shared_->layer;
    Parameter& weight = layer.parameters()[index];
    if (values.ElementLength() != weight.size()) Malformed("weight size");
    layer.DropPending(index);
    std::memcpy(weight.value.data(), values.Data(), weight.size() * sizeof(float));
    layer.Invalidate();
    shared_->ForgetAdopted(adopted_.get());
  });
}

void NativeLayer::JsDrawWeight(const Napi::CallbackInfo& info) {
  OnLayer(info, [&] {
    const size_t index = WeightIndex(info[0]);
    const InitializerSpec initializer = ToInitializerSpec(ToObject(info[1], "initializer"));
    const uint64_t seed = ToSize(info[2], "seed");
    ExpectRest(true);
    const bool is_given = initializer.kind == InitializerKind::kValues;
    if (is_given && initializer.values.size() != shared_->layer->parameters()[index].size())
      Malformed("values");
    shared_->layer->DrawWeight(index, initializer, seed);
  });
}

void NativeLayer::JsAdoptWeight(const Napi::CallbackInfo& info) {
  OnLayer(info, [&] {
    ExpectRest(true);
    const size_t index = WeightIndex(info[0]);
    const Napi::Float32Array values = ToFloats(info[1], "weight");
    if (values.ElementLength() != shared_->layer->parameters()[index].size()) Malformed("weight size");
    shared_->layer->FillWeight(index, values.Data());
    adopted_->arrays.push_back(Napi::Persistent(values));
  });
}

void NativeLayer::JsSetSeed(const Napi::CallbackInfo& info) {
  OnLayer(info, [&] {
    const size_t seed = ToSize(info[0], "seed");
    ExpectRest(true);
    shared_->layer->SetSeed(seed);
  });
}

}  // namespace ostinato
