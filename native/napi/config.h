// SPDX-License-Identifier: MIT
// The configuration objects of lib/native/contracts as C++ structs.
#ifndef OSTINATO_NAPI_CONFIG_H_
#define OSTINATO_NAPI_CONFIG_H_

#include <napi.h>

#include "initializers/initializers.h"
#include "model/model.h"
#include "napi/native_layer.h"

namespace ostinato {

// Sets `layers` to those of the graph: arguments are read once, for they may answer differently each time.
Graph ToGraph(const Napi::Object& object, std::vector<std::shared_ptr<SharedLayer>>* layers);
CompileConfig ToCompileConfig(const Napi::Object& object);
InitializerSpec ToInitializerSpec(const Napi::Object& object);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_CONFIG_H_
