// SPDX-License-Identifier: MIT
// NativeDataset of lib/native/binding.ts: a native copy of inputs and targets.
#ifndef OSTINATO_NAPI_NATIVE_DATASET_H_
#define OSTINATO_NAPI_NATIVE_DATASET_H_

#include <napi.h>

#include <memory>

#include "model/dataset.h"

namespace ostinato {

class NativeDataset : public Napi::ObjectWrap<NativeDataset> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit NativeDataset(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  std::shared_ptr<const Dataset> data() const { return data_; }

  // The data set behind a JavaScript value, which must be one of ours and not released.
  static std::shared_ptr<const Dataset> From(const Napi::Value& value);

 private:
  void JsRelease(const Napi::CallbackInfo& info);
  void Release(Napi::BasicEnv env);

  std::shared_ptr<const Dataset> data_;
};

}  // namespace ostinato

#endif  // OSTINATO_NAPI_NATIVE_DATASET_H_
