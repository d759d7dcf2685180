// SPDX-License-Identifier: MIT
// Layers and their calls out of what TypeScript sends: one entry for each kind (lib/native/binding.ts).
#ifndef OSTINATO_NAPI_LAYERS_H_
#define OSTINATO_NAPI_LAYERS_H_

#include <napi.h>

#include <memory>

#include "layers/layer.h"

namespace ostinato {

std::shared_ptr<Layer> MakeLayer(const Napi::Object& config);
// What a node is called with besides its inputs; null for nothing.
std::shared_ptr<const NodeCall> ToNodeCall(const Napi::Value& value);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_LAYERS_H_
