// SPDX-License-Identifier: MIT
#include "plan/plan.h"

#include <algorithm>

namespace ostinato {

Plan::Plan(const Graph& graph, Arena* arena)
    : inputs_(graph.inputs), outputs_(graph.outputs), layers_(graph.layers), uses_(graph.layers.size(), 0) {
  ExpectShape(!inputs_.empty() && !graph.nodes.empty() && !outputs_.empty(),
              "a graph has inputs, nodes and outputs");
  for (const auto& layer : layers_)
    for (Parameter& parameter : layer->parameters()) parameters_.push_back(&parameter);
  for (const GraphInput& input : inputs_) {
    PlannedValue value;
    value.is_input = true;
    value.shape = input.ValueOf(input.shape);
    values_.push_back(std::move(value));
  }
  for (const GraphNode& node : graph.nodes) AddNode(node, arena);
  for (const size_t output : outputs_) {
    ExpectShape(output >= inputs_.size() && output < values_.size(), "an output is that of a node");
    values_[output].is_output = true;
  }
  FindVocabularies();
  FindStacks();
}

void Plan::AddNode(const GraphNode& given, Arena* arena) {
  const size_t number = nodes_.size();
  std::vector<ValueShape> shapes;
  std::vector<Feed> feeds;
  auto needs = std::make_unique<bool[]>(given.inputs.size());
  ExpectShape(given.layer < layers_.size(), "a node is of a layer");
  Layer& layer = *layers_[given.layer];
  bool is_trained = !layer.parameters().empty();
  for (size_t i = 0; i < given.inputs.size(); ++i) {
    const size_t value = given.inputs[i];
    ExpectShape(value < values_.size(), "a node comes after what it reads");
    PlannedValue& read = values_[value];
    shapes.push_back(read.shape);
    read.readers.push_back({number, i});
    needs[i] = read.needs_gradient;
    is_trained = is_trained || needs[i];
    feeds.push_back(read.is_input ? Feed{true, SourceFor(value, layer)} : Feed{false, value});
  }
  // Before the node is made: a node trusts its inputs.
  const std::vector<ValueShape> outputs = OutputsOf(layer, shapes);
  PlannedNode node = {
      given.layer,
      layer.MakeNode({given.inputs.size(), uses_[given.layer]++, given.flips, arena, given.call.get()}),
      nullptr,
      given.inputs,
      std::move(feeds),
      values_.size(),
      0,
      is_trained,
      std::move(needs)};
  node.recurrent = dynamic_cast<RecurrentNode*>(node.node.get());
  ExpectShape(node.recurrent || !given.flips, "a recurrent layer flips its outputs");
  if (node.recurrent) walk_floats_ = std::max(walk_floats_, node.recurrent->layer().walk_floats());
  for (const ValueShape& shape : outputs) {
    PlannedValue value;
    value.shape = shape;
    value.needs_gradient = is_trained;
    values_.push_back(std::move(value));
    ++node.outputs;
  }
  nodes_.push_back(std::move(node));
}

// Readers that want the same layout share a source.
size_t Plan::SourceFor(size_t input, const Layer& layer) {
  Source source = {input};
  const Embedding* embedding = inputs_[input].is_tokens ? dynamic_cast<const Embedding*>(&layer) : nullptr;
  if (embedding) {
    source.vocabulary = embedding->vocabulary();
    source.mask_zero = embedding->mask_zero();
  }
  for (size_t i = 0; i < sources_.size(); ++i)
    if (sources_[i].input == input && sources_[i].vocabulary == source.vocabulary &&
        sources_[i].mask_zero == source.mask_zero)
      return i;
  sources_.push_back(source);
  return sources_.size() - 1;
}

// Ids may pass through nodes that only move rows before they come to an embedding: all that an input reaches
// counts.
void Plan::FindVocabularies() {
  std::vector<size_t> smallest(values_.size(), 0);
  for (size_t n = nodes_.size(); n-- > 0;) {
    const PlannedNode& node = nodes_[n];
    const Embedding* embedding = dynamic_cast<const Embedding*>(&layer(node));
    size_t below = embedding ? embedding->vocabulary() : 0;
    for (size_t k = 0; k < node.outputs && !embedding; ++k) {
      const size_t other = smallest[node.first_output + k];
      if (other > 0 && (below == 0 || other < below)) below = other;
    }
    for (const size_t value : node.inputs)
      if (below > 0 && (smallest[value] == 0 || below < smallest[value])) smallest[value] = below;
  }
  for (size_t i = 0; i < inputs_.size(); ++i) vocabularies_.push_back(inputs_[i].is_tokens ? smallest[i] : 0);
}

void Plan::FindStacks() {
  stacks_.assign(nodes_.size(), 1);
  for (size_t n = nodes_.size(); n-- > 0;) {
    const PlannedNode& node = nodes_[n];
    if (!node.recurrent || node.inputs.size() != 1 || n + 1 == nodes_.size()) continue;
    const PlannedNode& next = nodes_[n + 1];
    const PlannedValue& output = values_[node.first_output];
    const bool is_chain = next.recurrent && next.inputs.size() == 1 && next.inputs[0] == node.first_output &&
                          output.readers.size() == 1 && !output.is_output && output.shape.sequence;
    if (is_chain) stacks_[n] = stacks_[n + 1] + 1;
  }
}

// Rows may share a trunk as long as every node treats them alike until the sequence ends, and reads nothing
// else.
bool Plan::SharesPadding(size_t source, bool training) const {
  std::vector<size_t> open;  // values that lie in the source's layout
  const auto lies_there = [&](size_t value) {
    return std::find(open.begin(), open.end(), value) != open.end();
  };
  for (const PlannedNode& node : nodes_) {
    bool reads = false, reads_others = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const bool own = node.feeds[i].is_source ? node.feeds[i].index == source : lies_there(node.inputs[i]);
      reads = reads || own;
      reads_others = reads_others || !own;
    }
    if (!reads) continue;
    if (reads_others || !node.node->SharesPadding(training)) return false;
    for (size_t k = 0; k < node.outputs; ++k) {
      const PlannedValue& value = values_[node.first_output + k];
      if (!value.shape.sequence) continue;
      if (value.is_output) return false;
      open.push_back(node.first_output + k);
    }
  }
  return true;
}

// Whether somebody looks at more than one step of a value at once, and so at masked ones.
bool Plan::WantsUnmasked(size_t value, bool training, bool reads_all_steps) const {
  const PlannedValue& planned = values_[value];
  if (planned.is_output && reads_all_steps) return true;
  for (const Reader& reader : planned.readers) {
    const PlannedNode& node = nodes_[reader.node];
    const MaskUse use = node.node->mask_use(training);
    if (use == MaskUse::kNone) return true;
    if (use == MaskUse::kOwn) continue;
    for (size_t k = 0; k < node.outputs; ++k)
      if (WantsUnmasked(node.first_output + k, training, reads_all_steps)) return true;
  }
  return false;
}

void Plan::Decide(bool training, bool reads_all_steps, bool shares_padding) {
  for (size_t i = 0; i < sources_.size(); ++i)
    sources_[i].shares_padding = shares_padding && sources_[i].vocabulary > 0 && SharesPadding(i, training);
  for (const PlannedNode& node : nodes_)
    node.node->ReturnUnmasked(values_[node.first_output].shape.sequence &&
                              WantsUnmasked(node.first_output, training, reads_all_steps));
}

std::vector<ValueShape> Plan::OutputsOf(const Layer& layer, const std::vector<ValueShape>& inputs) const {
  std::vector<ValueShape> outputs = layer.OutputShapes(inputs);
  if (layer.ChangesParts()) return outputs;
  int64_t parts = inputs[0].parts;
  for (const ValueShape& input : inputs) {
    // Rows of one are rows of the other: samples, or as many parts of them.
    const bool fits =
        input.parts == parts || (input.parts != 0 && parts != 0 && std::min(input.parts, parts) < 0);
    ExpectShape(fits, "inputs of one node have as many parts");
    parts = std::max(parts, input.parts);
  }
  for (ValueShape& output : outputs) output.parts = parts;
  return outputs;
}

std::vector<ValueShape> Plan::ShapesFor(const std::vector<ValueShape>& inputs) const {
  std::vector<ValueShape> shapes = inputs;
  std::vector<ValueShape> read;
  for (const PlannedNode& node : nodes_) {
    read.clear();
    for (const size_t value : node.inputs) read.push_back(shapes[value]);
    for (const ValueShape& output : OutputsOf(layer(node), read)) shapes.push_back(output);
  }
  return shapes;
}

}  // namespace ostinato
