// SPDX-License-Identifier: MIT
// From inputs to outputs: which calls of layers lie between, and in which order.
import { shapeText } from '../layers/shapes';
import { refusal } from '../util/validate';
import type { GraphNode } from './node';
import type { SymbolicTensor } from './symbolic_tensor';
import type { Layer } from '../layers/layer';

/** The calls between inputs and outputs, each after what it reads, and their layers in Keras' order. */
export class Graph {
  readonly nodes: readonly GraphNode[];
  /** Each layer once. */
  readonly layers: readonly Layer[];

  /**
   * @param inputs where the search ends
   * @param outputs where it begins
   * @throws ConfigError `ERR_CONFIG` where an output does not come from the inputs alone, an input reaches no output, or two
   *   layers have one name
   */
  constructor(
    where: string,
    readonly inputs: readonly SymbolicTensor[],
    readonly outputs: readonly SymbolicTensor[],
  ) {
    const found = new Search(where, inputs).from(outputs);
    this.nodes = found.nodes;
    this.layers = found.layers;
    for (const input of inputs) {
      if (found.reached.has(input)) continue;
      throw refusal(
        'ERR_CONFIG',
        where,
        'inputs that the outputs depend on',
        `"${input.name}" ${shapeText(input.shape)}, which reaches no output`,
      );
    }
    const names = new Set<string>();
    for (const { name } of this.layers) {
      if (names.has(name))
        throw refusal('ERR_CONFIG', where, 'layers of different names', `"${name}" twice`, 'Set the option name.');
      names.add(name);
    }
  }
}

/** Walks from outputs to inputs, and sorts by distance from the outputs (keras/src/ops/function.py, map_graph). */
class Search {
  readonly reached = new Set<SymbolicTensor>();
  nodes: GraphNode[] = [];
  layers: Layer[] = [];
  /** Nodes, each after what it reads. */
  readonly #order: GraphNode[] = [];
  readonly #seen = new Set<GraphNode>();
  /** Layers by the order in which the walk met them. */
  readonly #met = new Map<Layer, number>();

  constructor(
    private readonly where: string,
    private readonly inputs: readonly SymbolicTensor[],
  ) {}

  from(outputs: readonly SymbolicTensor[]): this {
    for (const output of outputs) this.#visit(output);
    const nodeDepth = new Map<GraphNode, number>();
    const layerDepth = new Map<Layer, number>();
    for (const node of [...this.#order].reverse()) {
      const depth = Math.max(nodeDepth.get(node) ?? 0, layerDepth.get(node.layer) ?? 0);
      nodeDepth.set(node, depth);
      layerDepth.set(node.layer, depth);
      for (const { node: before } of this.#inner(node))
        nodeDepth.set(before, Math.max(depth + 1, nodeDepth.get(before) ?? 0));
    }
    const rank = new Map(this.#order.map((node, index) => [node, index]));
    this.nodes = [...this.#order].sort((a, b) => nodeDepth.get(b)! - nodeDepth.get(a)! || rank.get(a)! - rank.get(b)!);
    this.layers = [...this.#met.keys()].sort(
      (a, b) => layerDepth.get(b)! - layerDepth.get(a)! || this.#met.get(a)! - this.#met.get(b)!,
    );
    return this;
  }

  /** Without recursion: a model may be thousands of layers deep. */
  #visit(output: SymbolicTensor): void {
    const open: { readonly node: GraphNode; next: number }[] = [];
    const enter = (tensor: SymbolicTensor): void => {
      this.reached.add(tensor);
      if (this.inputs.includes(tensor)) return;
      const { node } = tensor;
      if (node === undefined)
        throw refusal(
          'ERR_CONFIG',
          this.where,
          'outputs that come from the inputs alone',
          `one that depends on "${tensor.name}" ${shapeText(tensor.shape)}`,
          'List it among the inputs.',
        );
      if (this.#seen.has(node)) return;
      this.#seen.add(node);
      if (!this.#met.has(node.layer)) this.#met.set(node.layer, this.#met.size);
      open.push({ node, next: 0 });
    };
    enter(output);
    while (open.length > 0) {
      const top = open.at(-1)!;
      const source = top.node.sources[top.next++];
      if (source !== undefined) enter(source);
      else this.#order.push(open.pop()!.node);
    }
  }

  /** What a node reads of other nodes. */
  #inner(node: GraphNode): readonly { readonly node: GraphNode }[] {
    return node.sources.flatMap((tensor) =>
      tensor.node === undefined || this.inputs.includes(tensor) ? [] : [{ node: tensor.node }],
    );
  }
}
