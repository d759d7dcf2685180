// SPDX-License-Identifier: MIT
// Models made of the descriptions in goldens: inputs, calls of layers, outputs.
import { Input, Model, Sequential, type Layer, type SymbolicTensor } from '../../lib';
import { layerFromConfig } from '../../lib/layers';

interface DescribedInput {
  readonly name: string;
  readonly shape: (number | null)[];
  readonly dtype: 'float32' | 'int32';
}

/** A layer by its class and options, or a model. */
interface DescribedLayer {
  readonly layer: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

interface DescribedCall {
  /** A layer, or the name of one that was described before. */
  readonly layer: DescribedLayer | string;
  readonly from: string[];
  readonly state?: string[];
  readonly to: string[];
}

export interface DescribedGraph {
  readonly name: string;
  readonly inputs: DescribedInput[];
  readonly calls: DescribedCall[];
  readonly outputs: string[];
}

function inputOf({ shape, name, dtype }: DescribedInput): Input {
  return new Input(shape, { name, dtype });
}

function layerOf(described: DescribedLayer): Layer {
  const { layer: className, ...config } = described;
  if (className === 'Functional') return modelOf(described as unknown as DescribedGraph);
  if (className !== 'Sequential') return layerFromConfig('described', { className, config }) as Layer;
  const { inputs, layers, name } = described as unknown as {
    inputs: DescribedInput[];
    layers: DescribedLayer[];
    name: string;
  };
  return new Sequential([...inputs.map(inputOf), ...layers.map(layerOf)], { name });
}

/** The model of a description; its layers have the names that are given there. */
export function modelOf(graph: DescribedGraph, name = graph.name): Model {
  const inputs = graph.inputs.map(inputOf);
  const tensors = new Map<string, SymbolicTensor>(inputs.map((input) => [input.name, input]));
  const layers = new Map<string, Layer>();
  const find = (each: string): SymbolicTensor => tensors.get(each)!;
  for (const { layer: described, from, state, to } of graph.calls) {
    if (typeof described !== 'string') layers.set(described.name, layerOf(described));
    const layer = layers.get(typeof described === 'string' ? described : described.name)!;
    const options = state === undefined ? {} : { initialState: state.map(find) };
    const given = layer.apply<SymbolicTensor | SymbolicTensor[]>(from.map(find), options);
    (Array.isArray(given) ? given : [given]).forEach((tensor, index) => tensors.set(to[index]!, tensor));
  }
  return new Model(inputs, graph.outputs.map(find), { name });
}
