// SPDX-License-Identifier: MIT
// NativeLayer of lib/native/contracts/layers.ts: a layer and its weights, shared by all models that use it.
#ifndef OSTINATO_NAPI_NATIVE_LAYER_H_
#define OSTINATO_NAPI_NATIVE_LAYER_H_

#include <napi.h>

#include <memory>
#include <vector>

#include "layers/layer.h"
#include "threading/strand.h"

namespace ostinato {

// Arrays of JavaScript that weights are to be filled from, until they are. Belongs to the JavaScript thread.
struct AdoptedValues {
  std::vector<Napi::Reference<Napi::Float32Array>> arrays;
};

// A layer and the runs that use it at present: any number that read its weights, or one that writes them.
// Changed on the JavaScript thread alone.
struct SharedLayer {
  std::shared_ptr<Layer> layer;
  size_t bytes = 0;  // of the weights
  size_t readers = 0;
  bool is_written = false;
  std::weak_ptr<AdoptedValues> adopted;
  std::shared_ptr<Strand> copies;  // where its weights are copied, last

  // Unless that is `own`, where what is asked for comes after them.
  void WaitForCopies(const Strand* own) {
    if (!copies || copies.get() == own) return;
    copies->Wait();
    copies.reset();
  }
  void ForgetAdopted(AdoptedValues* values) const {
    if (values && !values->arrays.empty() && layer->is_settled()) values->arrays.clear();
  }
};

// Lets go of a layer, which is the last to do so where nothing else has it.
void Release(std::shared_ptr<SharedLayer> shared);

class NativeLayer : public Napi::ObjectWrap<NativeLayer> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeLayer(const Napi::CallbackInfo& info);
  ~NativeLayer() override { Release(std::move(shared_)); }
  void Finalize(Napi::BasicEnv env) override;

  // The layer behind a JavaScript value, which must be one of ours.
  static std::shared_ptr<SharedLayer> From(const Napi::Value& value);

 private:
  Napi::Value JsMemoryBytes(const Napi::CallbackInfo& info);
  Napi::Value JsBusy(const Napi::CallbackInfo& info);
  void JsReadWeight(const Napi::CallbackInfo& info);
  void JsWriteWeight(const Napi::CallbackInfo& info);
  void JsDrawWeight(const Napi::CallbackInfo& info);
  void JsAdoptWeight(const Napi::CallbackInfo& info);
  void JsSetSeed(const Napi::CallbackInfo& info);

  // Throws where a run is in the way of reading weights, or of writing them, and waits for copies.
  void ExpectRest(bool writes);
  size_t WeightIndex(const Napi::Value& index);

  std::shared_ptr<SharedLayer> shared_;
  std::shared_ptr<AdoptedValues> adopted_ = std::make_shared<AdoptedValues>();
  int64_t reported_bytes_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_LAYER_H_
