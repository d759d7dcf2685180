// SPDX-License-Identifier: MIT
// Inputs and outputs of a model as users give them, and the names that they have in it.
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { Layer } from '../layers/layer';
import { isPlainObject } from '../serialization';
import { describe, refusal } from '../util/validate';
import type { Graph } from '../graph/graph';

/** Symbolic tensors: one, a list in order, or an object by name. */
export type TensorStructure = SymbolicTensor | readonly SymbolicTensor[] | Readonly<Record<string, SymbolicTensor>>;

/** Tensors in order. */
export interface GivenTensors {
  readonly tensors: readonly SymbolicTensor[];
  /** Keys of the object that they were given as; undefined for a list. */
  readonly keys: readonly string[] | undefined;
}

/** The tensors of a structure. @throws ConfigError `ERR_TYPE`; `ERR_CONFIG` for an empty name or an input that comes twice */
export function readTensors(where: string, what: 'inputs' | 'outputs', given: unknown): GivenTensors {
  const keys = isPlainObject(given) ? Object.keys(given) : undefined;
  const list: readonly unknown[] = isPlainObject(given) ? Object.values(given) : Array.isArray(given) ? given : [given];
  const wrong = list.find((item) => !(item instanceof SymbolicTensor));
  if (wrong !== undefined || list.length === 0) {
    const hint =
      wrong instanceof Layer
        ? `Apply the layer: ${wrong.name}.apply(x).`
        : 'An Input is one, and so is what layer.apply returns.';
    const received = list.length === 0 ? 'none' : describe(wrong);
    throw refusal('ERR_TYPE', where, `${what} to be symbolic tensors`, received, hint);
  }
  if (keys?.includes('') === true)
    throw refusal('ERR_CONFIG', where, `${what} by names that are not empty`, describe(''));
  const tensors = list as readonly SymbolicTensor[];
  const twice = tensors.find((tensor, index) => tensors.indexOf(tensor) < index);
  if (what === 'inputs' && twice !== undefined)
    throw refusal('ERR_CONFIG', where, 'each input once', `"${twice.name}" twice`);
  return { tensors, keys };
}

/**
 * Names of a model's inputs: the keys that they were given by, else the tensors' own. What a layer gave has that layer's
 * name, with a number behind it where the name is taken.
 *
 * @throws ConfigError `ERR_CONFIG` where two inputs have one name, or an input and a layer
 */
export function nameInputs(where: string, graph: Graph, keys: readonly string[] | undefined): readonly string[] {
  const layers = new Set(graph.layers.map(({ name }) => name));
  const taken = new Set(layers);
  const fixed = graph.inputs.map(
    (tensor, index) => keys?.[index] ?? (tensor.node === undefined ? tensor.name : undefined),
  );
  for (const name of fixed) {
    if (name === undefined) continue;
    if (taken.has(name)) {
      const received = layers.has(name) ? `"${name}" for an input and for a layer` : `"${name}" for two inputs`;
      throw refusal('ERR_CONFIG', where, 'inputs and layers of different names', received, 'Set the option name.');
    }
    taken.add(name);
  }
  return Object.freeze(fixed.map((name, index) => name ?? free(graph.inputs[index]!.name, taken)));
}

/**
 * Names of a model's outputs: the keys that they were given by, else those of their layers, with a number behind a name
 * that is taken (keras 2.2.4, keras/engine/training.py, _set_output_names).
 */
export function nameOutputs({ outputs }: Graph, keys: readonly string[] | undefined): readonly string[] {
  const taken = new Set<string>();
  return Object.freeze(keys === undefined ? outputs.map(({ name }) => free(name, taken)) : [...keys]);
}

/** The name, or `name_1`, `name_2` ... */
function free(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 1; taken.has(candidate); count++) candidate = `${name}_${count}`;
  taken.add(candidate);
  return candidate;
}
