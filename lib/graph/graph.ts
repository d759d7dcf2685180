// SPDX-License-Identifier: MIT
// From inputs to outputs: which calls of layers lie between, and in which order.
import { shapeText } from '../layers/shapes';
import { refusal } from '../util/validate';
import { GraphNode } from './node';
import { SymbolicTensor } from './symbolic_tensor';
import type { Layer } from '../layers/layer';

/** The calls between inputs and outputs, each after what it reads, and their layers in Keras' order. */
export class Graph {
  readonly nodes: readonly GraphNode[];
  /** Each layer once. */
  readonly layers: readonly Layer[];
  /** The layers with the inputs among them, where Keras lists these. */
  readonly items: readonly (Layer | SymbolicTensor)[];

  /**
   * @param inputs where the search ends
   * @param outputs where it begins
   * @throws ConfigError `ERR_CONFIG` where an output does not come from the inputs alone, or is one, an input reaches no
   *   output, or two layers have one name
   */
  constructor(
    where: string,
    readonly inputs: readonly SymbolicTensor[],
    readonly outputs: readonly SymbolicTensor[],
  ) {
    const found = new Search(where, inputs).from(outputs);
    this.nodes = found.nodes;
    this.items = found.items;
    this.layers = found.items.filter((item): item is Layer => !(item instanceof SymbolicTensor));
    const missed = inputs.find((input) => !found.items.includes(input));
    if (missed !== undefined)
      throw refusal(
        'ERR_CONFIG',
        where,
        'inputs that the outputs depend on',
        `${named(missed)}, which reaches no output`,
      );
    const copied = outputs.find((output) => inputs.includes(output));
    if (copied !== undefined)
      throw refusal('ERR_CONFIG', where, 'outputs that layers give', `the input ${named(copied)}`);
    this.#nameLayers(where);
  }

  /** Each layer has a name of its own: an automatic one that is taken becomes the next. */
  #nameLayers(where: string): void {
    const known = new Map<string, Layer>();
    for (const layer of this.layers) {
      const other = known.get(layer.name);
      if (other !== undefined) {
        if (!layer.hasAutomaticName && !other.hasAutomaticName)
          throw refusal(
            'ERR_CONFIG',
            where,
            'layers of different names',
            `"${layer.name}" twice`,
            'Set the option name.',
          );
        const taken = new Set(this.layers.map(({ name }) => name));
        (layer.hasAutomaticName ? layer : other).renumber(taken);
        known.set(other.name, other);
      }
      known.set(layer.name, layer);
    }
  }

  /** Whether each layer is called once, and reads what the one before it gave, and nothing else. */
  get isChain(): boolean {
    return (
      this.inputs.length === 1 &&
      this.nodes.length === this.layers.length &&
      this.nodes.every(({ sources }, index) => {
        const before = this.nodes[index - 1];
        return sources.length === 1 && (before?.outputs.includes(sources[0]!) ?? sources[0] === this.inputs[0]);
      })
    );
  }
}

function named({ name, shape }: SymbolicTensor): string {
  return `"${name}" ${shapeText(shape)}`;
}

/** A call of a layer, or an input. */
type Step = GraphNode | SymbolicTensor;

/** Walks from outputs to inputs, and sorts by distance from the outputs (keras/src/ops/function.py, map_graph). */
class Search {
  nodes: GraphNode[] = [];
  items: (Layer | SymbolicTensor)[] = [];
  /** Each step after what it reads. */
  readonly #order: Step[] = [];
  readonly #seen = new Set<Step>();
  /** Layers and inputs by the order in which the walk met them. */
  readonly #met = new Map<Layer | SymbolicTensor, number>();

  constructor(
    private readonly where: string,
    private readonly inputs: readonly SymbolicTensor[],
  ) {}

  from(outputs: readonly SymbolicTensor[]): this {
    for (const output of outputs) this.#visit(output);
    const stepDepth = new Map<Step, number>();
    const itemDepth = new Map<Layer | SymbolicTensor, number>();
    for (const step of [...this.#order].reverse()) {
      const item = itemOf(step);
      const depth = Math.max(stepDepth.get(step) ?? 0, itemDepth.get(item) ?? 0);
      stepDepth.set(step, depth);
      itemDepth.set(item, depth);
      for (const before of this.#readBy(step)) stepDepth.set(before, Math.max(depth + 1, stepDepth.get(before) ?? 0));
    }
    const rank = new Map(this.#order.map((step, index) => [step, index]));
    this.nodes = this.#order
      .filter((step) => step instanceof GraphNode)
      .sort((a, b) => stepDepth.get(b)! - stepDepth.get(a)! || rank.get(a)! - rank.get(b)!);
    this.items = [...this.#met.keys()].sort(
      (a, b) => itemDepth.get(b)! - itemDepth.get(a)! || this.#met.get(a)! - this.#met.get(b)!,
    );
    return this;
  }

  /** Without recursion: a model may be thousands of layers deep. */
  #visit(output: SymbolicTensor): void {
    const open: { readonly step: Step; readonly sources: readonly SymbolicTensor[]; next: number }[] = [];
    const enter = (tensor: SymbolicTensor): void => {
      const step = this.#stepOf(tensor);
      if (this.#seen.has(step)) return;
      this.#seen.add(step);
      const item = itemOf(step);
      if (!this.#met.has(item)) this.#met.set(item, this.#met.size);
      open.push({ step, sources: step instanceof GraphNode ? step.sources : [], next: 0 });
    };
    enter(output);
    while (open.length > 0) {
      const top = open.at(-1)!;
      const source = top.sources[top.next++];
      if (source !== undefined) enter(source);
      else this.#order.push(open.pop()!.step);
    }
  }

  #stepOf(tensor: SymbolicTensor): Step {
    if (this.inputs.includes(tensor)) return tensor;
    if (tensor.node !== undefined) return tensor.node;
    throw refusal(
      'ERR_CONFIG',
      this.where,
      'outputs that come from the inputs alone',
      `one that depends on ${named(tensor)}`,
      'List it among the inputs.',
    );
  }

  #readBy(step: Step): readonly Step[] {
    return step instanceof GraphNode ? step.sources.map((tensor) => this.#stepOf(tensor)) : [];
  }
}

function itemOf(step: Step): Layer | SymbolicTensor {
  return step instanceof GraphNode ? step.layer : step;
}
