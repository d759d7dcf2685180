// SPDX-License-Identifier: MIT
// What is decided about a graph before any batch: who reads what, which layouts the inputs get, whose padding
// is shared, who gives masked steps, which gradients are needed. The executor (model/model.h) follows it.
#ifndef OSTINATO_PLAN_PLAN_H_
#define OSTINATO_PLAN_PLAN_H_

#include <memory>
#include <vector>

#include "layers/embedding.h"
#include "layers/recurrent/recurrent_node.h"
#include "plan/graph.h"

namespace ostinato {

// An input in one of the layouts that its readers want: token ids for an embedding, or numbers.
struct Source {
  size_t input;
  size_t vocabulary = 0;  // of ids; 0 for numbers
  bool mask_zero = false;
  bool shares_padding = false;  // in the present kind of run
};

struct Reader {
  size_t node, input;
};

struct PlannedValue {
  ValueShape shape;
  std::vector<Reader> readers;
  bool is_output = false;
  bool needs_gradient = false;
  bool is_input = false;
};

// Where a node's input comes from: a source, or the output of a node.
struct Feed {
  bool is_source;
  size_t index;  // of the source or of the value
};

struct PlannedNode {
  size_t layer;  // number of it
  std::unique_ptr<Node> node;
  RecurrentNode* recurrent;  // itself where it is one
  std::vector<size_t> inputs;
  std::vector<Feed> feeds;
  size_t first_output, outputs;   // values
  bool is_trained;                // it, or what it reads, has weights
  std::unique_ptr<bool[]> needs;  // of each input: whether it needs a gradient
};

class Plan {
 public:
  // Throws where the graph cannot be: a bug of ours.
  Plan(const Graph& graph, Arena* arena);

  const std::vector<GraphInput>& inputs() const { return inputs_; }
  const std::vector<PlannedNode>& nodes() const { return nodes_; }
  const std::vector<PlannedValue>& values() const { return values_; }
  const std::vector<size_t>& outputs() const { return outputs_; }
  const std::vector<Source>& sources() const { return sources_; }
  const std::vector<std::shared_ptr<Layer>>& layers() const { return layers_; }
  const Layer& layer(const PlannedNode& node) const { return *layers_[node.layer]; }
  // All weights, layer by layer.
  const std::vector<Parameter*>& parameters() const { return parameters_; }
  // Ids of a token input lie below it: that of the smallest table that they reach; 0 where they reach none.
  size_t vocabulary(size_t input) const { return vocabularies_[input]; }
  // The largest recurrent kernel's floats.
  size_t walk_floats() const { return walk_floats_; }

  // Decides what depends on the kind of run: whether dropout acts, whether somebody reads all steps of the
  // outputs.
  void Decide(bool training, bool reads_all_steps, bool shares_padding);

  // The shape of each value, given those of the inputs in a batch.
  std::vector<ValueShape> ShapesFor(const std::vector<ValueShape>& inputs) const;

  // Number of nodes from `first` on, each the only reader of the one before, that are recurrent layers over a
  // sequence and may walk beside each other.
  size_t StackAt(size_t first) const { return stacks_[first]; }

 private:
  void AddNode(const GraphNode& node, Arena* arena);
  std::vector<ValueShape> OutputsOf(const Layer& layer, const std::vector<ValueShape>& inputs) const;
  size_t SourceFor(size_t input, const Layer& layer);
  void FindVocabularies();
  void FindStacks();
  bool SharesPadding(size_t source, bool training) const;
  bool WantsUnmasked(size_t value, bool training, bool reads_all_steps) const;

  std::vector<GraphInput> inputs_;
  std::vector<PlannedNode> nodes_;
  std::vector<PlannedValue> values_;
  std::vector<size_t> outputs_;
  std::vector<Source> sources_;
  std::vector<std::shared_ptr<Layer>> layers_;
  std::vector<uint64_t> uses_;  // of each of layers_
  std::vector<Parameter*> parameters_;
  std::vector<size_t> vocabularies_;
  std::vector<size_t> stacks_;
  size_t walk_floats_ = 0;
};

}  // namespace ostinato

#endif  // OSTINATO_PLAN_PLAN_H_
