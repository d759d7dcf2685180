// SPDX-License-Identifier: MIT
// A graph as plain data, and back: layers by name, and for each of their calls what it reads
// (keras/src/models/functional.py, serialize_node).
import { Input, layerFromConfig, type Layer, type LayerConfig } from '../layers';
import { configOfLayer } from '../layers/registry';
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { isPlainObject } from '../serialization';
import { nearest } from '../util/did_you_mean';
import { describe, refusal } from '../util/validate';
import type { Graph } from '../graph/graph';
import type { ApplyOptions } from '../layers/apply';
import type { TensorStructure } from './tensor_names';

/** A tensor: which output of which call of which layer; an input of the model is call 0 of its name. */
export type TensorConfig = readonly [layer: string, call: number, output: number];

/** One call of a layer. */
export interface CallConfig {
  inputs: TensorConfig[];
  initialState?: TensorConfig[];
  mask?: TensorConfig;
  tensors?: Record<string, TensorConfig>;
  [option: string]: unknown;
}

/** A layer and its calls. */
export interface GraphLayerConfig extends LayerConfig {
  calls: CallConfig[];
}

/** A graph as plain data. */
export interface GraphConfig {
  layers: (GraphLayerConfig | LayerConfig)[];
  inputs: TensorConfig[];
  /** By name where the model's outputs were given so. */
  outputs: TensorConfig[] | Record<string, TensorConfig>;
}

/**
 * @param inputNames names of the graph's inputs
 * @param outputKeys keys of its outputs, where they were given as an object
 */
export function graphConfig(
  graph: Graph,
  inputNames: readonly string[],
  outputKeys: readonly string[] | undefined,
): GraphConfig {
  const inputs = graph.inputs.map((tensor, index) => inputConfig(inputNames[index]!, tensor));
  const places = new Map<SymbolicTensor, TensorConfig>(
    graph.inputs.map((tensor, index) => [tensor, [inputNames[index]!, 0, 0]]),
  );
  const callsOf = new Map<Layer, CallConfig[]>(graph.layers.map((layer) => [layer, []]));
  const placeOf = (tensor: SymbolicTensor): TensorConfig => places.get(tensor)!;
  for (const { layer, inputs, options, outputs } of graph.nodes) {
    const calls = callsOf.get(layer)!;
    outputs.forEach((tensor, index) => places.set(tensor, [layer.name, calls.length, index]));
    calls.push({
      inputs: inputs.map(placeOf),
      ...(options.initialState.length === 0 ? {} : { initialState: options.initialState.map(placeOf) }),
      ...(options.mask === null ? {} : { mask: placeOf(options.mask) }),
      ...(Object.keys(options.tensors).length === 0 ? {} : { tensors: mapped(options.tensors, placeOf) }),
      ...options.extra,
    });
  }
  const outputs = graph.outputs.map(placeOf);
  return {
    layers: [
      ...inputs,
      ...graph.layers.map((layer) => Object.assign(configOfLayer(layer), { calls: callsOf.get(layer)! })),
    ],
    inputs: graph.inputs.map(placeOf),
    outputs:
      outputKeys === undefined ? outputs : Object.fromEntries(outputKeys.map((key, index) => [key, outputs[index]!])),
  };
}

/** Where a model was cut out of another, an input is what a layer gave there. */
function inputConfig(name: string, { shape, dtype }: SymbolicTensor): LayerConfig {
  return { className: 'Input', config: { shape: shape.slice(1), name, dtype } };
}

/**
 * The tensors of the graph that a config describes.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, `ERR_CONFIG` where two layers have one name, or calls read each other in
 *   a circle or what is not there
 */
export function graphFromConfig(
  where: string,
  config: Partial<GraphConfig>,
): { inputs: TensorStructure; outputs: TensorStructure } {
  const graph = new GraphReader(where);
  for (const item of config.layers ?? []) graph.addLayer(item);
  graph.applyAll();
  return { inputs: graph.listed('inputs', config.inputs), outputs: graph.listed('outputs', config.outputs) };
}

/** A layer whose calls are made as soon as what they read is there. */
interface Waiting {
  readonly layer: Layer;
  readonly calls: readonly CallConfig[];
  next: number;
}

class GraphReader {
  /** Tensors by layer, call and output. */
  readonly #known = new Map<string, (readonly SymbolicTensor[])[]>();
  readonly #layers = new Map<string, Waiting>();

  constructor(private readonly where: string) {}

  addLayer(item: unknown): void {
    const made = layerFromConfig(this.where, item);
    if (this.#known.has(made.name))
      throw refusal('ERR_CONFIG', this.where, 'layers and inputs of different names', `"${made.name}" twice`);
    if (made instanceof Input) {
      this.#known.set(made.name, [[made]]);
      return;
    }
    const calls: unknown = (item as Partial<GraphLayerConfig>).calls;
    if (!Array.isArray(calls)) throw refusal('ERR_TYPE', this.where, `calls of "${made.name}"`, describe(calls));
    this.#known.set(made.name, []);
    this.#layers.set(made.name, { layer: made, calls: calls as CallConfig[], next: 0 });
  }

  /** Calls of layers that read each other's may come in any order. */
  applyAll(): void {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const entry of this.#layers.values())
        while (entry.next < entry.calls.length && this.#apply(entry, entry.calls[entry.next]!)) isMoving = true;
    }
    const stuck = [...this.#layers.values()].find(({ calls, next }) => next < calls.length);
    if (stuck === undefined) return;
    const missing = this.#sourcesOf(stuck).find((place) => this.#find(place) === undefined)!;
    throw refusal(
      'ERR_CONFIG',
      this.where,
      'calls that read inputs and what other calls gave, in no circle',
      `"${stuck.layer.name}", which reads ${textOf(missing)}`,
    );
  }

  /** Whether what the next call of a layer reads was there. */
  #apply(entry: Waiting, call: CallConfig): boolean {
    const { layer } = entry;
    if (this.#sourcesOf(entry).some((place) => this.#find(place) === undefined)) return false;
    const find = (place: TensorConfig): SymbolicTensor => this.#find(place)!;
    const { inputs, initialState, mask, tensors, ...extra } = call;
    const options: ApplyOptions = {
      ...extra,
      ...(initialState === undefined ? {} : { initialState: initialState.map(find) }),
      ...(mask === undefined ? {} : { mask: find(mask) }),
      ...(tensors === undefined ? {} : mapped(tensors, find)),
    };
    const given = layer.apply<SymbolicTensor | SymbolicTensor[]>(inputs.map(find), options);
    this.#known.get(layer.name)!.push(Array.isArray(given) ? given : [given]);
    entry.next++;
    return true;
  }

  #sourcesOf({ layer, calls, next }: Waiting): TensorConfig[] {
    const call: unknown = calls[next];
    const { inputs, initialState = [], mask, tensors = {} } = isPlainObject(call) ? call : {};
    const named = isPlainObject(tensors) ? Object.values(tensors) : undefined;
    const lists = [inputs, initialState, mask === undefined ? [] : [mask], named];
    if (!lists.every(Array.isArray))
      throw refusal('ERR_TYPE', this.where, `a call of "${layer.name}" with inputs`, describe(call));
    return lists.flat().map((place) => this.#checkPlace(place));
  }

  /** undefined where the call is not made yet. */
  #find([name, call, output]: TensorConfig): SymbolicTensor | undefined {
    const outputs = this.#known.get(name)?.[call];
    if (outputs === undefined || output < outputs.length) return outputs?.[output];
    throw refusal(
      'ERR_CONFIG',
      this.where,
      `one of ${outputs.length} outputs of "${name}"`,
      textOf([name, call, output]),
    );
  }

  #checkPlace(place: unknown): TensorConfig {
    const isIndex = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
    const fits =
      Array.isArray(place) && place.length === 3 && typeof place[0] === 'string' && place.slice(1).every(isIndex);
    if (!fits) throw refusal('ERR_TYPE', this.where, 'a tensor as [layer, call, output]', describe(place));
    const [name, call] = place as unknown as TensorConfig;
    const calls = this.#layers.get(name)?.calls.length ?? 1;
    if (this.#known.has(name) && call < calls) return place as unknown as TensorConfig;
    const hint = nearest(name, [...this.#known.keys()]);
    throw refusal(
      'ERR_CONFIG',
      this.where,
      'tensors of the inputs and layers that are described',
      textOf(place as unknown as TensorConfig),
      hint !== undefined && hint !== name ? `Did you mean "${hint}"?` : '',
    );
  }

  /** Inputs or outputs of the model. */
  listed(what: 'inputs' | 'outputs', places: unknown): TensorStructure {
    const find = (place: unknown): SymbolicTensor => this.#find(this.#checkPlace(place))!;
    if (what === 'outputs' && isPlainObject(places))
      return Object.fromEntries(Object.entries(places).map(([key, place]) => [key, find(place)]));
    if (!Array.isArray(places)) throw refusal('ERR_TYPE', this.where, `${what} of the model`, describe(places));
    return places.map(find);
  }
}

function mapped<A, B>(values: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value)]));
}

/** Call and output are left out where they are the first. */
function textOf([name, call, output]: TensorConfig): string {
  return `"${name}"${call === 0 && output === 0 ? '' : `, call ${call}, output ${output}`}`;
}
