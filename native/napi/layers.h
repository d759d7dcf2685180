// SPDX-License-Identifier: MIT
// Layers out of what TypeScript sends: one entry for each kind (lib/native/contracts/layers.ts).
#ifndef OSTINATO_NAPI_LAYERS_H_
#define OSTINATO_NAPI_LAYERS_H_

#include <napi.h>

#include <memory>

#include "layers/layer.h"

namespace ostinato {

std::shared_ptr<Layer> MakeLayer(const Napi::Object& config);

}  // namespace ostinato

#endif  // OSTINATO_NAPI_LAYERS_H_
