// SPDX-License-Identifier: MIT
// A graph of ONNX that grows node by node. Values are names; what is known of their shapes goes along with them.
import { freeName, type NameCounts } from './names';
import type { Shape } from '../../types';
import type { Attribute, OnnxGraph, OnnxNode, OnnxValue, Tensor } from './schema';

/** A tensor of the graph that is written. */
export interface Value {
  readonly name: string;
  /** Batch axis first, null where unknown. */
  readonly shape: Shape;
  readonly isIds: boolean;
  /** Name of a bool tensor, true where a timestep counts: the shape without its last axis (all of it for ids). */
  readonly mask: string | null;
}

/** An axis of a shape at run time: a number, or that of a tensor. */
export type Axis = number | { readonly of: string; readonly axis: number };

/** Operators whose outputs may be left out where nobody reads them. */
const OF_OPTIONAL_OUTPUTS: ReadonlySet<string> = new Set(['RNN', 'LSTM', 'GRU']);

/** What is left out at the end need not be said. */
export function withoutEnd(names: readonly string[]): readonly string[] {
  return names.slice(0, 1 + names.findLastIndex((name) => name !== ''));
}

export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #names: NameCounts = new Map();
  /** Constants by what they hold. */
  readonly #constants = new Map<string, string>();
  /** What nodes give, by what they compute. */
  readonly #computed = new Map<string, readonly string[]>();
  #place = '';

  /** @param taken names that nothing else may have: those of the inputs and outputs */
  constructor(taken: Iterable<string>) {
    for (const name of taken) this.#names.set(name, 1);
  }

  /** Names of what `write` adds begin with this name and a slash. */
  within<T>(name: string, write: () => T): T {
    const before = this.#place;
    this.#place = `${before}${name}/`;
    try {
      return write();
    } finally {
      this.#place = before;
    }
  }

  #free(wanted: string): string {
    return freeName(this.#names, wanted);
  }

  /**
   * A node of several outputs: their names. '' among `inputs` is left out. What is computed before of the same inputs is not
   * computed again: runtimes would merge such nodes, and ONNX Runtime fails to where they differ in which outputs are read.
   */
  nodeOf(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly string[],
  ): readonly string[] {
    const key = JSON.stringify([operator, inputs, attributes]);
    const known = this.#computed.get(key);
    if (known !== undefined) return known;
    const given = outputs.map((name) => this.#free(`${this.#place}${operator}${name}`));
    this.#nodes.push({ name: this.#free(`${this.#place}${operator}`), operator, inputs, outputs: given, attributes });
    this.#computed.set(key, given);
    return given;
  }

  /** A node of one output: its name. */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.nodeOf(operator, inputs, attributes, [':0'])[0]!;
  }

  /** The last node: it gives an output of the graph. */
  output(name: string, value: string): void {
    this.#nodes.push({
      name: this.#free(`${name}/Identity`),
      operator: 'Identity',
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
  }

  /** An array of weights under its name, once. */
  weight(name: string, shape: readonly number[], data: Float32Array): string {
    if (!this.#initializers.has(name)) {
      this.#names.set(name, 1);
      this.#initializers.set(name, { name, shape, data });
    }
    return name;
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(`int64 [${shape}] ${values}`, shape, BigInt64Array.from(values.map(BigInt)));
  }

  int32(value: number): string {
    return this.#constant(`int32 ${value}`, [], Int32Array.of(value));
  }

  floats(values: readonly number[], shape: readonly number[] = []): string {
    const data = Float32Array.from(values);
    return this.#constant(`float [${shape}] ${[...data]}`, shape, data);
  }

  #constant(key: string, shape: readonly number[], data: Tensor['data']): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#free(`constant_${this.#constants.size}`);
    this.#constants.set(key, name);
    this.#initializers.set(name, { name, shape, data });
    return name;
  }

  /** A shape at run time, for Reshape and Expand. */
  shapeOf(axes: readonly Axis[]): string {
    if (axes.every((axis) => typeof axis === 'number')) return this.ints(axes);
    const parts = axes.map((axis) => (typeof axis === 'number' ? this.ints([axis]) : this.size(axis.of, axis.axis)));
    return parts.length === 1 ? parts[0]! : this.node('Concat', parts, { axis: { int: 0 } });
  }

  /** The size of an axis, [1]. */
  size(value: string, axis: number): string {
    return this.node('Gather', [this.node('Shape', [value]), this.ints([axis])], { axis: { int: 0 } });
  }

  /** 0 stands for the axis as it is, -1, once, for what is left. */
  reshape(value: string, axes: readonly Axis[]): string {
    return this.node('Reshape', [value, this.shapeOf(axes)]);
  }

  transpose(value: string, axes: readonly number[]): string {
    return this.node('Transpose', [value], { perm: { ints: axes } });
  }

  unsqueeze(value: string, axis: number): string {
    return this.node('Unsqueeze', [value, this.ints([axis])]);
  }

  squeeze(value: string, axis: number): string {
    return this.node('Squeeze', [value, this.ints([axis])]);
  }

  cast(value: string, type: number): string {
    return this.node('Cast', [value], { to: { int: type } });
  }

  /** The graph: the operators that its outputs depend on, and all weights, so that the model can be read back whole. */
  graph(name: string, inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): OnnxGraph {
    const needed = new Set(outputs.map((output) => output.name));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.#nodes].reverse()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      const given = OF_OPTIONAL_OUTPUTS.has(node.operator)
        ? withoutEnd(node.outputs.map((output) => (needed.has(output) ? output : '')))
        : node.outputs;
      nodes.push({ ...node, outputs: given });
      for (const input of node.inputs) needed.add(input);
    }
    nodes.reverse();
    const constants = new Set(this.#constants.values());
    const initializers = [...this.#initializers.values()].filter(
      ({ name: own }) => needed.has(own) || !constants.has(own),
    );
    return { name, nodes, initializers, inputs, outputs };
  }
}
