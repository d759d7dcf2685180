// SPDX-License-Identifier: MIT
// NativeModel of lib/native/binding.ts: a graph of layers, and one run at a time on the compute threads.
#ifndef OSTINATO_NAPI_NATIVE_MODEL_H_
#define OSTINATO_NAPI_NATIVE_MODEL_H_

#include <napi.h>

#include <memory>
#include <vector>

#include "model/model.h"
#include "napi/native_layer.h"
#include "threading/strand.h"

namespace ostinato {

struct Job;

class NativeModel : public Napi::ObjectWrap<NativeModel> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeModel(const Napi::CallbackInfo& info);
  ~NativeModel() override;
  void Finalize(Napi::BasicEnv env) override;

  // The object behind a value, for those who may outlive it: null in there once it is gone.
  static std::shared_ptr<NativeModel*> From(const Napi::Value& value);
  // The model, to be read or changed now: neither disposed nor busy. Copies that are under way are waited
  // for.
  Model& Idle();
  // The same, where no other model trains its layers either.
  Model& AtRest();
  // The same, with all its values in place.
  Model& Settled();

 private:
  struct RunState;

  struct Transfer;

  Napi::Value JsMemoryBytes(const Napi::CallbackInfo& info);
  Napi::Value JsBusy(const Napi::CallbackInfo& info);
  void JsCopyOut(const Napi::CallbackInfo& info);
  void JsExchange(const Napi::CallbackInfo& info);
  void JsPrepare(const Napi::CallbackInfo& info);
  void JsCompile(const Napi::CallbackInfo& info);
  void JsSetLearningRate(const Napi::CallbackInfo& info);
  void JsRun(const Napi::CallbackInfo& info);
  Napi::Value JsStop(const Napi::CallbackInfo& info);
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
  Napi::Value JsWorkspaceBytes(const Napi::CallbackInfo& info);
  Napi::Value JsAllocations(const Napi::CallbackInfo& info);
  Napi::Value JsSweep(const Napi::CallbackInfo& info);
  void JsTrim(const Napi::CallbackInfo& info);
  void JsDispose(const Napi::CallbackInfo& info);

  // The model, for what comes after all that is under way: neither disposed nor busy.
  Model& Free();
  // Waits for all that is under way, which is no run that calls back.
  void CatchUp();
  // Notes how far the optimizer came.
  void ReportStep(const RunState& run);
  // Takes all layers for a run that writes weights, or reads them; throws where another run is in the way.
  void Acquire(bool writes);
  void ReleaseLayers();
  // Of the model and its layers: nobody may ask for them any more.
  void LetGo();
  // Lets go of values that weights have by now.
  void ForgetAdopted();
  // The optimizer that a model was compiled with.
  Optimizer& OptimizerOf(Model& model);
  std::shared_ptr<Transfer> ToTransfer(const Napi::Value& places, const Napi::Value& store);
  // Does `work`, which writes weights or reads them, on compute threads, after all that is under way, and
  // calls `done`.
  void Later(const Napi::CallbackInfo& info, std::shared_ptr<Transfer> transfer, const Napi::Value& done,
             bool writes, void (Transfer::*work)());
  // After a job that was not the last thing asked for, nothing happens.
  void Tidy(Napi::BasicEnv env);
  CarriedStates& Carried(const Napi::Value& index);
  // Notes what JavaScript may ask for while a run goes on.
  void Report(Napi::BasicEnv env);

  std::shared_ptr<Model> model_;
  std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();
  std::vector<std::shared_ptr<SharedLayer>> layers_;
  std::vector<std::shared_ptr<AdoptedValues>> adopted_;  // of each layer
  bool writes_ = false;                                  // what the layers were taken for
  Job* running_ = nullptr;                               // the run that is under way, and what it needs
  RunState* run_ = nullptr;
  RunState* left_ = nullptr;   // a run that was told to stop and ends its step
  bool sweeps_later_ = false;  // asked for while it is
  int64_t reported_bytes_ = 0;
  uint64_t reported_iterations_ = 0;
  double reported_learning_rate_ = 0;
  std::shared_ptr<NativeModel*> self_ = std::make_shared<NativeModel*>(this);
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_MODEL_H_
