// SPDX-License-Identifier: MIT
// NativeLayer of lib/native/contracts/layers.ts: a layer and its weights, shared by all models that use it.
#ifndef OSTINATO_NAPI_NATIVE_LAYER_H_
#define OSTINATO_NAPI_NATIVE_LAYER_H_

#include <napi.h>

#include <memory>

#include "layers/layer.h"

namespace ostinato {

// A layer and the runs that use it at present: any number that read its weights, or one that writes them.
// Changed on the JavaScript thread alone.
struct SharedLayer {
  std::shared_ptr<Layer> layer;
  size_t readers = 0;
  bool is_written = false;
};

class NativeLayer : public Napi::ObjectWrap<NativeLayer> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeLayer(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  // The layer behind a JavaScript value, which must be one of ours.
  static std::shared_ptr<SharedLayer> From(const Napi::Value& value);

 private:
  Napi::Value JsMemoryBytes(const Napi::CallbackInfo& info);
  Napi::Value JsBusy(const Napi::CallbackInfo& info);
  void JsReadWeight(const Napi::CallbackInfo& info);
  void JsWriteWeight(const Napi::CallbackInfo& info);
  void JsSetSeed(const Napi::CallbackInfo& info);

  Parameter& Weight(const Napi::Value& index);

  std::shared_ptr<SharedLayer> shared_;
  int64_t reported_bytes_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_LAYER_H_
