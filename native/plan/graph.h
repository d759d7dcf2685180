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
  // Of one sample: [T] or [A, T] of tokens, [C], [T, C] or [A, T, C] of numbers, where A counts the parts of
  // a sample; -1 where only a batch tells.
  std::vector<int64_t> shape;

  bool is_sequence() const { return is_tokens || shape.size() >= 2; }
  bool has_parts() const { return shape.size() == (is_tokens ? 2u : 3u); }
  // What it is as a value, in a batch whose samples have this shape.
  template <class Axis>
  ValueShape ValueOf(const std::vector<Axis>& axes) const {
    const size_t steps = has_parts() ? 1 : 0;
    return {is_sequence(), is_sequence() ? static_cast<int64_t>(axes[steps]) : 1,
            is_tokens ? 1 : static_cast<size_t>(axes.back()),
            has_parts() ? static_cast<int64_t>(axes[0]) : 0};
  }
};

struct GraphNode {
  size_t layer;
  std::vector<size_t> inputs;  // values
  // Of a recurrent layer that walks backwards: the outputs stand in the order of the inputs, as a
  // Bidirectional wants them.
  bool flips = false;
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
