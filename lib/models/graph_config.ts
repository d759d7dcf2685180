// SPDX-License-Identifier: MIT
// A graph as plain data, and back: layers by name, and for each of their calls what it reads
// (keras/src/models/functional.py, serialize_node).
import { Input, layerFromConfig, type Layer, type LayerConfig } from '../layers';
import { configOfLayer } from '../layers/registry';
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { describe, refusal } from '../util/validate';
import type { Graph } from '../graph/graph';
import type { ApplyOptions } from '../layers/apply';

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
  outputs: TensorConfig[];
}

export function graphConfig(graph: Graph): GraphConfig {
  const places = new Map<SymbolicTensor, TensorConfig>(graph.inputs.map((tensor) => [tensor, [tensor.name, 0, 0]]));
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
  return {
    layers: [
      ...graph.inputs.map(inputConfig),
      ...graph.layers.map((layer) => ({ ...configOfLayer(layer), calls: callsOf.get(layer)! })),
    ],
    inputs: graph.inputs.map(placeOf),
    outputs: graph.outputs.map(placeOf),
  };
}

/** Where a model was cut out of another, an input is what a layer gave there. */
function inputConfig(tensor: SymbolicTensor): LayerConfig {
  const { name, shape, dtype } = tensor;
  return { className: 'Input', config: { shape: shape.slice(1), name, dtype } };
}

/**
 * The tensors of the graph that a config describes.
 *
 * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, `ERR_CONFIG` where calls read each other in a circle or what is not there
 */
export function graphFromConfig(
  where: string,
  config: GraphConfig,
): { inputs: SymbolicTensor[]; outputs: SymbolicTensor[] } {
  const known = new Map<string, SymbolicTensor>();
  const waiting: { readonly layer: Layer; readonly calls: readonly CallConfig[]; next: number }[] = [];
  for (const item of config.layers) {
    const made = layerFromConfig(where, item);
    if (made instanceof Input) {
      known.set(keyOf([made.name, 0, 0]), made);
      continue;
    }
    const calls: unknown = (item as Partial<GraphLayerConfig>).calls;
    if (!Array.isArray(calls)) throw refusal('ERR_TYPE', where, `calls of "${made.name}"`, describe(calls));
    waiting.push({ layer: made, calls: calls as CallConfig[], next: 0 });
  }
  const find = (place: TensorConfig): SymbolicTensor | undefined => known.get(keyOf(checkPlace(where, place)));
  // Calls of layers that read each other's may come in any order.
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const entry of waiting) {
      for (let call = entry.calls[entry.next]; call !== undefined; call = entry.calls[++entry.next]) {
        const sources = sourcesOf(where, call);
        if (sources.some((place) => find(place) === undefined)) break;
        applyCall(entry.layer, call, (place) => find(place)!).forEach((tensor, index) =>
          known.set(keyOf([entry.layer.name, entry.next, index]), tensor),
        );
        isMoving = true;
      }
    }
  }
  const stuck = waiting.find(({ calls, next }) => next < calls.length);
  if (stuck !== undefined) {
    const missing = sourcesOf(where, stuck.calls[stuck.next]!).find((place) => find(place) === undefined)!;
    throw refusal(
      'ERR_CONFIG',
      where,
      'calls that read inputs and what other calls gave, in no circle',
      `"${stuck.layer.name}", which reads ${describe(missing.join('/'))}`,
    );
  }
  const all = (what: 'inputs' | 'outputs'): SymbolicTensor[] => {
    const places: unknown = config[what];
    if (!Array.isArray(places)) throw refusal('ERR_TYPE', where, `${what} of the model`, describe(places));
    return (places as TensorConfig[]).map((place) => {
      const tensor = find(place);
      if (tensor === undefined) throw refusal('ERR_CONFIG', where, `${what} that are there`, describe(place.join('/')));
      return tensor;
    });
  };
  return { inputs: all('inputs'), outputs: all('outputs') };
}

function applyCall(layer: Layer, call: CallConfig, find: (place: TensorConfig) => SymbolicTensor): SymbolicTensor[] {
  const { inputs, initialState, mask, tensors, ...extra } = call;
  const options: ApplyOptions = {
    ...extra,
    ...(initialState === undefined ? {} : { initialState: initialState.map(find) }),
    ...(mask === undefined ? {} : { mask: find(mask) }),
    ...(tensors === undefined ? {} : mapped(tensors, find)),
  };
  const given = layer.apply(inputs.map(find), options) as unknown;
  return Array.isArray(given) ? (given as SymbolicTensor[]) : [given as SymbolicTensor];
}

function mapped<A, B>(values: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value)]));
}

function sourcesOf(where: string, call: CallConfig): TensorConfig[] {
  const others: unknown = call.tensors ?? {};
  if (typeof others !== 'object' || others === null)
    throw refusal('ERR_TYPE', where, 'tensors by name', describe(others));
  const lists = [
    call.inputs,
    call.initialState ?? [],
    call.mask === undefined ? [] : [call.mask],
    Object.values(others),
  ];
  if (!lists.every(Array.isArray)) throw refusal('ERR_TYPE', where, 'a call with inputs', describe(call));
  return lists.flat() as TensorConfig[];
}

function checkPlace(where: string, place: unknown): TensorConfig {
  const fits =
    Array.isArray(place) &&
    place.length === 3 &&
    typeof place[0] === 'string' &&
    Number.isSafeInteger(place[1]) &&
    Number.isSafeInteger(place[2]);
  if (fits) return place as unknown as TensorConfig;
  throw refusal('ERR_TYPE', where, 'a tensor as [layer, call, output]', describe(place));
}

function keyOf([layer, call, output]: TensorConfig): string {
  return JSON.stringify([layer, call, output]);
}
