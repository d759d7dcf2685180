// SPDX-License-Identifier: MIT
// NativeStreams of lib/native/binding.ts: streams of one model, stepped on the JavaScript thread.
#ifndef OSTINATO_NAPI_NATIVE_STREAMS_H_
#define OSTINATO_NAPI_NATIVE_STREAMS_H_

#include <napi.h>

#include <memory>
#include <vector>

#include "streams/stream_group.h"

namespace ostinato {

class NativeModel;

class NativeStreams : public Napi::ObjectWrap<NativeStreams> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeStreams(const Napi::CallbackInfo& info);
  ~NativeStreams() override;
  void Finalize(Napi::BasicEnv env) override;

 private:
  Napi::Value JsMemoryBytes(const Napi::CallbackInfo& info);
  Napi::Value JsCount(const Napi::CallbackInfo& info);
  Napi::Value JsIsOpen(const Napi::CallbackInfo& info);
  Napi::Value JsOpen(const Napi::CallbackInfo& info);
  void JsClose(const Napi::CallbackInfo& info);
  void JsReset(const Napi::CallbackInfo& info);
  void JsPlaces(const Napi::CallbackInfo& info);
  void JsReadState(const Napi::CallbackInfo& info);
  void JsWriteState(const Napi::CallbackInfo& info);
  Napi::Value JsPin(const Napi::CallbackInfo& info);
  static void JsStepPinned(const Napi::CallbackInfo& info);
  Napi::Value JsStep(const Napi::CallbackInfo& info);
  void JsDispose(const Napi::CallbackInfo& info);

  // Arguments as JavaScript values: all of them are read before anything is looked at.
  using List = std::vector<Napi::Value>;
  // The object behind a function that may outlive it.
  using Self = std::shared_ptr<NativeStreams*>;

  // The streams of a model that is there and at rest.
  StreamGroup& Group();
  StreamGroup& AtRest();
  // The group, where a stream may begin: one with constants computes then.
  StreamGroup& Beginning();
  std::vector<const float*> Constants(const List& values) const;
  // The rows of each input, and output, of a step.
  void ReadInputs(const List& values, size_t rows, std::vector<StepInput>* inputs) const;
  void ReadOutputs(const List& values, size_t rows, std::vector<float*>* outputs) const;
  // The first id that is none, as input * rows + row, or -1.
  int64_t FindForeign(const std::vector<StepInput>& inputs, size_t rows) const;
  size_t Place(const Napi::Value& value);
  float* State(const Napi::CallbackInfo& info, Napi::Float32Array* array);
  void StepPinned(Napi::Env env);
  void ReportMemory(Napi::BasicEnv env);

  Self self_ = std::make_shared<NativeStreams*>(this);
  std::unique_ptr<StreamGroup> group_;
  std::shared_ptr<NativeModel*> owner_;
  // One row in and one out, of the stream at place 0; held, so that a step asks JavaScript for nothing.
  std::vector<Napi::ObjectReference> pinned_;
  std::vector<StepInput> inputs_;
  std::vector<float*> outputs_;
  int64_t reported_bytes_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_STREAMS_H_
