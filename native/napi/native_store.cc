// SPDX-License-Identifier: MIT
#include "napi/native_store.h"

#include <cstring>
#include <utility>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/release.h"
#include "threading/ranges.h"

namespace ostinato {
namespace {

constexpr napi_type_tag kTag = {0x6f7374696e61746full, 0x73746f7265ull};

bool IsStore(const Napi::Value& value) {
  return value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&kTag);
}

}  // namespace

Napi::Function NativeStore::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeStore",
      {InstanceMethod<&NativeStore::JsRead>("read"), InstanceMethod<&NativeStore::JsWrite>("write"),
       InstanceMethod<&NativeStore::JsRelease>("release")});
}

NativeStore::NativeStore(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeStore>(info) {
  Guarded(info.Env(), [&] {
    if (!info[0].IsArray()) Malformed("sizes");
    const Napi::Array sizes = info[0].As<Napi::Array>();
    auto store = std::make_shared<Store>();
    for (uint32_t i = 0; i < sizes.Length(); ++i) {
      const size_t size = ToSize(sizes.Get(i), "size");
      store->arrays.emplace_back(&store->arena).Resize(size);
    }
    // V8 is not told: it would collect, and find nothing, for a store is released as soon as it has served.
    store->bytes = store->arena.bytes();
    const Napi::Object self = info.This().As<Napi::Object>();
    self.TypeTag(&kTag);
    store_ = std::move(store);
  });
}

std::shared_ptr<Store> NativeStore::From(const Napi::Value& value) {
  if (!IsStore(value)) Malformed("store");
  const auto store = Unwrap(value.As<Napi::Object>())->store_;
  if (!store) Malformed("store: released");
  if (store->busy) Malformed("store: busy");
  return store;
}

void NativeStore::JsRead(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    if (!IsStore(info.This())) Malformed("store");
    Copy(info, false);
  });
}

void NativeStore::JsWrite(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    if (!IsStore(info.This())) Malformed("store");
    Copy(info, true);
  });
}

void NativeStore::Copy(const Napi::CallbackInfo& info, bool writes) {
  struct Part {
    std::shared_ptr<Store> store;
    Napi::Reference<Napi::Float32Array> values;
    Napi::FunctionReference done;
  };
  const std::shared_ptr<Store> store = From(info.This());
  const size_t index = ToSize(info[0], "array index"), begin = ToSize(info[1], "begin");
  Napi::Float32Array values = ToFloats(info[2], "values");
  if (!info[3].IsFunction()) Malformed("done");
  if (index >= store->arrays.size()) Malformed("array index");
  const size_t size = store->arrays[index].size(), count = values.ElementLength();
  if (begin > size || count > size - begin) Malformed("part");
  auto part = std::make_shared<Part>();
  part->store = store;
  part->values = Napi::Persistent(values);
  part->done = Napi::Persistent(info[3].As<Napi::Function>());
  float* const to = writes ? store->arrays[index].data() + begin : values.Data();
  const float* const from = writes ? values.Data() : store->arrays[index].data() + begin;
  auto job = std::make_unique<Job>();
  job->strand = strand_;
  // The memory is held by what `deliver` holds.
  job->compute = [to, from, count] {
    constexpr size_t kFloats = size_t{1} << 18;
    try {
      ForRanges(&WorkerPool::Instance(), count, kFloats, [&](size_t first, size_t last) {
        std::memcpy(to + first, from + first, (last - first) * sizeof(float));
      });
    } catch (const Cancelled&) {
      // The environment ends: nobody is left to hear of it.
    }
  };
  job->deliver = [part](Napi::Env env) {
    part->store->busy = false;
    part->done.Call({env.Null(), Napi::String::New(env, "")});
  };
  Environment::Of(info.Env()).Start(std::move(job));
  store->busy = true;
}

void NativeStore::JsRelease(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    if (!IsStore(info.This())) Malformed("store");
    Release();
  });
}

void NativeStore::Release() {
  const size_t bytes = store_ ? store_->bytes : 0;
  ostinato::Release(std::shared_ptr<const void>(std::move(store_)), bytes);
}

}  // namespace ostinato
