// SPDX-License-Identifier: MIT
// A graph as the engine takes it: wrappers and models within models come apart into what the engine has.
import { callEngine, loadBinding } from '../native/engine';
import { checkKinds } from '../layers/apply';
import { shapeText } from '../layers/shapes';
import { refusal } from '../util/validate';
import type { Graph } from './graph';
import type { GraphNode } from './node';
import type { SymbolicTensor, TensorSpec } from './symbolic_tensor';
import type { Layer } from '../layers/layer';
import type { NativeInput, NativeLayer, NativeLayerConfig, NativeModelConfig, NativeNode } from '../native/binding';

/** A value of the engine's graph. */
export interface EngineValue extends TensorSpec {
  /** Its number. */
  readonly value: number;
}

/** What a layer is called with besides its inputs. */
export interface EngineOptions {
  readonly initialState: readonly EngineValue[];
  readonly mask: EngineValue | null;
  readonly tensors: Readonly<Record<string, EngineValue>>;
  readonly extra: Readonly<Record<string, unknown>>;
}

export const NO_ENGINE_OPTIONS: EngineOptions = Object.freeze({
  initialState: Object.freeze([]),
  mask: null,
  tensors: Object.freeze({}),
  extra: Object.freeze({}),
});

/** A node of the engine's graph. */
export interface EngineNode {
  /** The layer that it stands for. */
  readonly owner: Layer;
  readonly config: NativeLayerConfig;
  readonly inputs: readonly EngineValue[];
  readonly outputs: readonly EngineValue[];
}

/** What is said of one use of a layer besides its inputs. */
export type NodeUse = Partial<Pick<NativeNode, 'flipsOutputs' | 'call'>>;

/** Collects layers and nodes; values are numbered as the engine numbers them. */
export class EngineGraph {
  readonly inputs: NativeInput[] = [];
  readonly layers: NativeLayer[] = [];
  readonly nodes: NativeNode[] = [];
  readonly entries: EngineNode[] = [];
  /** Nodes of stateful layers: the layers of each, in the order of the nodes. */
  readonly stateful: Layer[] = [];
  #values = 0;
  /** The layer whose call is added at present: the innermost where models are within models. */
  #caller: Layer | undefined;
  readonly #numbers = new Map<NativeLayer, number>();
  readonly #plain = new Map<object, Map<string, NativeLayer>>();

  /** Makes room for the weights of a layer: those registered first come first. */
  register(layer: Layer): void {
    for (const part of layer.parts) if (part.layer.ownsNative) this.#number(part.layer.native());
  }

  addInput(spec: TensorSpec, kind: NativeInput['kind']): EngineValue {
    this.inputs.push({ kind, shape: spec.shape.slice(1).map((size) => size ?? -1) });
    return { shape: spec.shape, dtype: kind === 'tokens' ? 'int32' : 'float32', value: this.#values++ };
  }

  /**
   * One node.
   *
   * @param owner the layer whose node it is: where it has weights, they are its own
   * @param config what the engine is told of a layer without weights
   * @param outputs what the node gives
   * @param use what is said of this use of the layer alone
   */
  add(
    owner: Layer,
    config: NativeLayerConfig,
    inputs: readonly EngineValue[],
    outputs: readonly TensorSpec[],
    use: NodeUse = {},
  ): EngineValue[] {
    const layer = owner.ownsNative ? owner.native() : this.#plainLayer(owner, config);
    return this.#addNode(owner, config, layer, inputs, outputs, use);
  }

  /** One node of the engine's own that no layer of the user stands for. */
  addPlain(
    owner: Layer,
    config: NativeLayerConfig,
    inputs: readonly EngineValue[],
    outputs: readonly TensorSpec[],
  ): EngineValue[] {
    return this.#addNode(owner, config, this.#plainLayer(owner, config), inputs, outputs, {});
  }

  #addNode(
    owner: Layer,
    config: NativeLayerConfig,
    layer: NativeLayer,
    inputs: readonly EngineValue[],
    outputs: readonly TensorSpec[],
    { flipsOutputs = false, call = null }: NodeUse,
  ): EngineValue[] {
    this.nodes.push({ layer: this.#number(layer), inputs: inputs.map(({ value }) => value), flipsOutputs, call });
    const given = outputs.map(({ shape, dtype }) => ({ shape, dtype, value: this.#values++ }));
    this.entries.push({ owner: this.#caller ?? owner, config, inputs, outputs: given });
    if ('stateful' in config && config.stateful) this.stateful.push(owner);
    return given;
  }

  /** Adds what `layer` is made of. */
  within<T>(layer: Layer, add: () => T): T {
    const before = this.#caller;
    this.#caller = layer;
    try {
      return add();
    } finally {
      this.#caller = before;
    }
  }

  /** Number of a layer among the engine's; undefined where it has none. */
  numberOf(layer: Layer): number | undefined {
    return layer.ownsNative ? this.#numbers.get(layer.native()) : undefined;
  }

  #number(layer: NativeLayer): number {
    const known = this.#numbers.get(layer);
    if (known !== undefined) return known;
    this.#numbers.set(layer, this.layers.length);
    this.layers.push(layer);
    return this.layers.length - 1;
  }

  /** The same for the same settings, so that uses of one layer are told apart by what they draw. */
  #plainLayer(owner: Layer, config: NativeLayerConfig): NativeLayer {
    const key = JSON.stringify(config);
    const known = this.#plain.get(owner) ?? new Map<string, NativeLayer>();
    this.#plain.set(owner, known);
    const layer = known.get(key) ?? callEngine(() => new (loadBinding().NativeLayer)(config));
    known.set(key, layer);
    return layer;
  }
}

/** The engine's graph of a model, its values by tensor, and the kinds of its inputs. */
export function lowerGraph(
  where: string,
  graph: Graph,
): { engine: EngineGraph; outputs: EngineValue[]; inputs: EngineValue[] } {
  const engine = new EngineGraph();
  for (const layer of graph.layers) engine.register(layer);
  const inputs = graph.inputs.map((tensor) => {
    const kind = kindOf(graph, tensor);
    checkInput(where, tensor, kind);
    return engine.addInput(tensor, kind);
  });
  return { engine, inputs, outputs: lowerNodes(engine, graph, inputs) };
}

/** Adds the nodes of a graph for these values of its inputs; gives those of its outputs. */
export function lowerNodes(engine: EngineGraph, graph: Graph, inputs: readonly EngineValue[]): EngineValue[] {
  const values = new Map<SymbolicTensor, EngineValue>(graph.inputs.map((tensor, index) => [tensor, inputs[index]!]));
  const valueOf = (tensor: SymbolicTensor): EngineValue => values.get(tensor)!;
  for (const node of graph.nodes) {
    const given = lowerNode(engine, node, valueOf);
    node.outputs.forEach((tensor, index) => values.set(tensor, given[index]!));
  }
  return graph.outputs.map(valueOf);
}

function lowerNode(
  engine: EngineGraph,
  { layer, inputs, options }: GraphNode,
  valueOf: (tensor: SymbolicTensor) => EngineValue,
): EngineValue[] {
  const lowered = {
    initialState: options.initialState.map(valueOf),
    mask: options.mask === null ? null : valueOf(options.mask),
    tensors: Object.fromEntries(Object.entries(options.tensors).map(([name, tensor]) => [name, valueOf(tensor)])),
    extra: options.extra,
  };
  const values = inputs.map(valueOf);
  // Whether an input is ids that was not told what it holds is known only now.
  checkKinds(`${layer.className} "${layer.name}"`, layer, values);
  return engine.within(layer, () => layer.lower(engine, values, lowered));
}

/** The engine's model config of a lowered graph. */
export function modelConfig(
  engine: EngineGraph,
  outputs: readonly EngineValue[],
  shortcuts: NativeModelConfig['shortcuts'],
): NativeModelConfig {
  const { inputs, layers, nodes } = engine;
  return { inputs, layers, nodes, outputs: outputs.map(({ value }) => value), shortcuts };
}

/** What an input holds: what it was told, else ids where an embedding reads it. */
export function kindOf(graph: Graph, tensor: SymbolicTensor): NativeInput['kind'] {
  if (tensor.dtype !== null) return tensor.dtype === 'int32' ? 'tokens' : 'values';
  const reads = graph.nodes.some(
    ({ layer, inputs }) => inputs.includes(tensor) && layer.readsTokens(inputs.indexOf(tensor)),
  );
  return reads ? 'tokens' : 'values';
}

/** Ids of a tensor lie below this, as all layers want that read it as ids; undefined where none does. */
export function vocabularyOf(graph: Graph, tensor: SymbolicTensor): number | undefined {
  const sizes = graph.nodes.flatMap(({ layer, inputs, outputs }) =>
    inputs.flatMap((read, index) => {
      if (read !== tensor) return [];
      const given = layer.keepsIds
        ? outputs.map((output) => vocabularyOf(graph, output))
        : [layer.vocabularyFor(index)];
      return given.filter((size) => size !== undefined);
    }),
  );
  return sizes.length === 0 ? undefined : Math.min(...sizes);
}

/**
 * Refuses an input that one layer reads as ids and another as numbers, where it was not told what it is.
 *
 * @throws ConfigError `ERR_CONFIG`
 */
export function checkKindOf(where: string, graph: Graph, tensor: SymbolicTensor): void {
  if (tensor.dtype !== null || kindOf(graph, tensor) === 'values') return;
  for (const { layer, inputs, sources } of graph.nodes)
    sources.forEach((source, index) => {
      if (source !== tensor || (index < inputs.length && layer.takesIds(index))) return;
      const expected = `"${tensor.name}" to be ids or numbers for all that read it`;
      const hint = 'Give them an Input each.';
      throw refusal('ERR_CONFIG', where, expected, `ids, and numbers for ${layer.className} "${layer.name}"`, hint);
    });
}

/** The engine reads [N,T] or [N,A,T] of ids, and [N,C], [N,T,C] or [N,A,T,C] of numbers, where C must be known. */
export function checkInput(where: string, { name, shape }: SymbolicTensor, kind: NativeInput['kind']): void {
  const isTokens = kind === 'tokens';
  const fits = shape.length >= 2 && shape.length <= (isTokens ? 3 : 4);
  if (fits && (isTokens || shape.at(-1) !== null)) return;
  throw refusal(
    'ERR_SHAPE',
    where,
    isTokens ? 'input [N,T] or [N,A,T] of token ids' : 'input [N,C], [N,T,C] or [N,A,T,C] with C known',
    `${shapeText(shape)} of "${name}"`,
  );
}
