// SPDX-License-Identifier: MIT
// The configuration objects of lib/native/contracts as C++ structs.
#ifndef OSTINATO_NAPI_CONFIG_H_
#define OSTINATO_NAPI_CONFIG_H_

#include <napi.h>

#include "initializers/initializers.h"
#include "model/model.h"

namespace ostinato {

Graph ToGraph(const Napi::Object& object);
CompileConfig ToCompileConfig(const Napi::Object& object);
InitializerSpec ToInitializerSpec(const Napi::Object& object);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_CONFIG_H_
