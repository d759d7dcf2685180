// SPDX-License-Identifier: MIT
// A model as ONNX operators: its calls one after another, each as the table of layers spells it.
import { layerNames } from '../../util/weight_names';
import { refusal } from '../../util/validate';
import { spellingOf } from './layers';
import { ELEMENT } from './schema';
import type { Graph } from '../../graph/graph';
import type { SymbolicTensor, TensorSpec } from '../../graph/symbolic_tensor';
import type { Layer } from '../../layers';
import type { LoadedArray } from '../document';
import type { GraphWriter, Value } from './graph_writer';

/** What a layer gives: its shape is the layer's to say. */
export type Given = Pick<Value, 'name' | 'mask'>;

/** One call of a layer. */
export interface Use {
  readonly inputs: readonly Value[];
  readonly initialState: readonly Value[];
  /** A mask that was given, as numbers. */
  readonly mask: Value | null;
  readonly tensors: Readonly<Record<string, Value>>;
  readonly extra: Readonly<Record<string, unknown>>;
}

export const useOf = (inputs: readonly Value[], more: Partial<Use> = {}): Use => ({
  inputs,
  initialState: [],
  mask: null,
  tensors: {},
  extra: {},
  ...more,
});

/** A layer that is a graph of layers. */
export interface GraphLayer extends Layer {
  readonly graph: Graph | undefined;
}

export class Exporter {
  /** @param weights those of each layer of the engine, in order */
  constructor(
    private readonly where: string,
    readonly graph: GraphWriter,
    private readonly weights: ReadonlyMap<Layer, readonly LoadedArray[]>,
  ) {}

  weightsOf(layer: Layer): readonly LoadedArray[] {
    return this.weights.get(layer) ?? [];
  }

  /**
   * Names of a layer's weights in the file, where they lie as here.
   *
   * @param shapes other axes for the same numbers, of the first weights: the others are left out
   */
  weightNames(layer: Layer, shapes?: readonly (readonly number[])[]): string[] {
    const weights = this.weightsOf(layer).slice(0, shapes?.length);
    return weights.map(({ name, shape, data }, index) => this.graph.weight(name, shapes?.[index] ?? shape, data));
  }

  /** The error for what ONNX cannot say. */
  refuse(layer: Layer, expected: string, received: string, hint = ''): Error {
    return refusal('ERR_CONFIG', `${this.where}, ${layer.className} "${layer.name}"`, expected, received, hint);
  }

  /** The calls of a graph for these values of its inputs; gives those of its outputs. */
  addGraph(graph: Graph, inputs: readonly Value[]): Value[] {
    const names = new Map(layerNames(graph.layers).map((name, index) => [graph.layers[index]!, name]));
    const values = new Map<SymbolicTensor, Value>(graph.inputs.map((tensor, index) => [tensor, inputs[index]!]));
    const find = (tensor: SymbolicTensor): Value => values.get(tensor)!;
    for (const { layer, inputs: read, options, outputs } of graph.nodes) {
      const use: Use = {
        inputs: read.map(find),
        initialState: options.initialState.map(find),
        mask: options.mask && find(options.mask),
        tensors: Object.fromEntries(Object.entries(options.tensors).map(([name, tensor]) => [name, find(tensor)])),
        extra: options.extra,
      };
      const given = this.graph.within(names.get(layer)!, () => this.addLayer(layer, use));
      outputs.forEach((tensor, index) => values.set(tensor, given[index]!));
    }
    return graph.outputs.map(find);
  }

  /** One call of a layer. */
  addLayer(layer: Layer, use: Use): Value[] {
    const given = spellingOf(layer)(this, layer, use);
    const specs = layer.outputSpecs(use.inputs.map(specOf), use.extra);
    return specs.map(({ shape, dtype }, index) => ({ ...given[index]!, shape, isIds: dtype === 'int32' }));
  }

  /** A value with a mask of its own, [N,T] of numbers: 0 where a timestep does not count. */
  masked(value: Value, mask: Value | null | undefined): Value {
    return mask ? { ...value, mask: this.graph.cast(mask.name, ELEMENT.bool) } : value;
  }
}

export function specOf({ shape, isIds }: Value): TensorSpec {
  return { shape, dtype: isIds ? 'int32' : 'float32' };
}
