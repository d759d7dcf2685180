// SPDX-License-Identifier: MIT
// NativeStore of lib/native/binding.ts: arrays of floats outside of JavaScript.
#ifndef OSTINATO_NAPI_NATIVE_STORE_H_
#define OSTINATO_NAPI_NATIVE_STORE_H_

#include <napi.h>

#include <deque>
#include <memory>

#include "base/arena.h"
#include "threading/strand.h"

namespace ostinato {

// What a store holds. The memory of large arrays is taken when they are first written.
struct Store {
  Arena arena;
  std::deque<StateBuffer<float>> arrays;
  size_t bytes = 0;
  // Whether a job has it. Of the JavaScript thread alone.
  bool busy = false;
};

class NativeStore : public Napi::ObjectWrap<NativeStore> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeStore(const Napi::CallbackInfo& info);
  ~NativeStore() override { Release(); }

  // The store behind a JavaScript value: one of ours, not released, that no job has.
  static std::shared_ptr<Store> From(const Napi::Value& value);

 private:
  void JsRead(const Napi::CallbackInfo& info);
  void JsWrite(const Napi::CallbackInfo& info);
  void JsRelease(const Napi::CallbackInfo& info);
  // Copies between a part of an array and an array of JavaScript, on compute threads.
  void Copy(const Napi::CallbackInfo& info, bool writes);
  void Release();

  std::shared_ptr<Store> store_;
  std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_STORE_H_
