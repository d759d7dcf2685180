// SPDX-License-Identifier: MIT
// NativeModel of lib/native/contracts/model.ts: a graph of layers, and one run at a time on the compute
// threads.
#ifndef OSTINATO_NAPI_NATIVE_MODEL_H_
#define OSTINATO_NAPI_NATIVE_MODEL_H_

#include <napi.h>

#include <atomic>
#include <memory>

#include "model/model.h"
#include "napi/native_layer.h"

namespace ostinato {

class NativeModel : public Napi::ObjectWrap<NativeModel> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeModel(const Napi::CallbackInfo& info);
  ~NativeModel() override;
  void Finalize(Napi::BasicEnv env) override;

  // The object behind a value, for those who may outlive it: null in there once it is gone.
  static std::shared_ptr<NativeModel*> From(const Napi::Value& value);
  // The model, to be changed now: neither disposed nor busy.
  Model& Idle();
  // The same, where no other model trains its layers either.
  Model& AtRest();
  // The same, where no other model computes with its layers at all: weights may be written.
  Model& Alone();

 private:
  struct RunState;

  Napi::Value JsMemoryBytes(const Napi::CallbackInfo& info);
  Napi::Value JsBusy(const Napi::CallbackInfo& info);
  void JsCompile(const Napi::CallbackInfo& info);
  void JsSetLearningRate(const Napi::CallbackInfo& info);
  void JsRun(const Napi::CallbackInfo& info);
  void JsStop(const Napi::CallbackInfo& info);
  void JsResetStates(const Napi::CallbackInfo& info);
  Napi::Value JsIterations(const Napi::CallbackInfo& info);
  Napi::Value JsLearningRate(const Napi::CallbackInfo& info);
  void JsSetIterations(const Napi::CallbackInfo& info);
  Napi::Value JsOptimizerState(const Napi::CallbackInfo& info);
  void JsReadOptimizer(const Napi::CallbackInfo& info);
  void JsWriteOptimizer(const Napi::CallbackInfo& info);
  void JsApplyEma(const Napi::CallbackInfo& info);
  Napi::Value JsLayerStates(const Napi::CallbackInfo& info);
  void JsReadLayerStates(const Napi::CallbackInfo& info);
  void JsWriteLayerStates(const Napi::CallbackInfo& info);
  void JsDispose(const Napi::CallbackInfo& info);

  // Takes all layers for a run that writes weights, or reads them; throws where another run is in the way.
  void Acquire(bool writes);
  void ReleaseLayers();
  // The optimizer of an idle model that was compiled.
  Optimizer& Compiled();
  CarriedStates& Carried(const Napi::Value& index);
  // Notes what JavaScript may ask for while a run goes on.
  void Report(Napi::BasicEnv env);

  std::shared_ptr<Model> model_;
  std::vector<std::shared_ptr<SharedLayer>> layers_;
  std::shared_ptr<std::atomic<bool>> stop_;
  bool busy_ = false, writes_ = false;
  int64_t reported_bytes_ = 0;
  uint64_t reported_iterations_ = 0;
  double reported_learning_rate_ = 0;
  std::shared_ptr<NativeModel*> self_ = std::make_shared<NativeModel*>(this);
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_MODEL_H_
