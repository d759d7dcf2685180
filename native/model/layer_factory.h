// SPDX-License-Identifier: MIT
// From a layer's config to the layer.
#ifndef OSTINATO_MODEL_LAYER_FACTORY_H_
#define OSTINATO_MODEL_LAYER_FACTORY_H_

#include <memory>

#include "model/layer_config.h"

namespace ostinato {

// What flows at one place of a model: rows of `columns`, one per sample or one per step; steps -1 where only
// a batch tells.
struct FlowShape {
  bool sequence;
  int64_t steps;
  size_t columns;
};

// Makes the layer for inputs of `shape`, and changes `shape` to that of its outputs. TypeScript has checked
// everything; what is wrong here is a bug of ours.
std::unique_ptr<Layer> MakeLayer(const LayerConfig& config, FlowShape* shape, Arena* arena);

}  // namespace ostinato

#endif  // OSTINATO_MODEL_LAYER_FACTORY_H_
