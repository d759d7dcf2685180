// SPDX-License-Identifier: MIT
// The configuration objects of lib/native/binding.ts as C++ structs.
#ifndef OSTINATO_NAPI_CONFIG_H_
#define OSTINATO_NAPI_CONFIG_H_

#include <napi.h>

#include "initializers/initializers.h"
#include "model/model.h"

namespace ostinato {

ModelConfig ToModelConfig(const Napi::Object& object);
CompileConfig ToCompileConfig(const Napi::Object& object);
InitializerSpec ToInitializerSpec(const Napi::Object& object);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_CONFIG_H_
