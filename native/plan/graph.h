// SPDX-License-Identifier: MIT
// A model as it crosses the seam: inputs, nodes in an order in which each comes after what it reads, outputs.
// Values are numbered: the inputs, then the outputs of every node.
#ifndef OSTINATO_PLAN_GRAPH_H_
#define OSTINATO_PLAN_GRAPH_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "layers/layer.h"

namespace ostinato {

struct GraphInput {
  bool is_tokens;
  std::vector<int64_t>
      shape;  // of one row: [T] of tokens, [C] or [T, C] of numbers; -1 where only a batch tells

  bool is_sequence() const { return is_tokens || shape.size() == 2; }
};

struct GraphNode {
  size_t layer;
  std::vector<size_t> inputs;            // values
  std::shared_ptr<const NodeCall> call;  // or null
};

struct Graph {
  std::vector<GraphInput> inputs;
  std::vector<std::shared_ptr<Layer>> layers;  // each once, in the order of its weights among the model's
  std::vector<GraphNode> nodes;
  std::vector<size_t> outputs;  // values
  Shortcuts shortcuts;
};

}  // namespace ostinato

#endif  // OSTINATO_PLAN_GRAPH_H_
