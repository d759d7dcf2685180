// SPDX-License-Identifier: MIT
// What is known of the values of a graph that is read, and one operator as the importer looks at it.
import { describe, refusal } from '../../util/validate';
import type { LoadedArray } from '../document';
import type { Attribute, OnnxGraph, OnnxNode, Tensor } from './schema';

/** What an axis of a value is: rows, timesteps, features or ids, directions of a recurrent layer. */
export type AxisKind = 'N' | 'T' | 'C' | 'D';

/** A layer of the model to be. */
export interface Made {
  readonly name: string;
  readonly className: string;
  readonly config: Record<string, unknown>;
  readonly inputs: readonly Ref[];
  /** Names behind the layer's own. */
  weights: LoadedArray[];
  /** Of a layer both ways: whether its outputs are read apart, and merged. */
  reads?: Set<'apart' | 'merged'>;
}

/** What a layer gives, or the input. */
export interface Ref {
  readonly of: Made | 'input';
  /** Which of its outputs; of a layer both ways 0 and 1, or -1 for both merged. */
  readonly output: number;
}

/** A tensor that the model computes: its axes in the order of the file. Of directions each has a ref. */
export interface Flow {
  readonly axes: readonly AxisKind[];
  readonly refs: readonly Ref[];
  /** Sizes of the last axis. */
  readonly features: number;
}

export type Known =
  | { readonly flow: Flow }
  | { readonly constant: Tensor }
  /** Sizes of axes, and what is computed of them: as many as there are. */
  | { readonly sizes: number }
  /** An array of zeros, of any shape. */
  | { readonly zeros: true };

/** Each name is given once, before it is read. */
export function checkGraph(where: string, { nodes, inputs, outputs, initializers }: OnnxGraph): void {
  const known = new Set(['']);
  const add = (name: string): void => {
    if (name === '') return;
    if (known.has(name)) throw refusal('ERR_DATA', where, 'values of different names', `${describe(name)} twice`);
    known.add(name);
  };
  for (const { name } of initializers) add(name);
  // Files of early versions list arrays among the inputs too.
  for (const { name } of inputs) if (!initializers.some((tensor) => tensor.name === name)) add(name);
  for (const node of nodes) {
    const missing = node.inputs.find((input) => !known.has(input));
    if (missing !== undefined)
      throw refusal(
        'ERR_DATA',
        where,
        'operators that read what those before them gave',
        `"${node.name}", which reads ${describe(missing)}`,
      );
    for (const output of node.outputs) add(output);
  }
  const absent = outputs.find(({ name }) => !known.has(name));
  if (absent !== undefined || outputs.length === 0)
    throw refusal(
      'ERR_DATA',
      where,
      'outputs that operators give',
      absent === undefined ? 'none' : describe(absent.name),
    );
}

/** An operator, and what is known before it. */
export class NodeReader {
  constructor(
    private readonly where: string,
    private readonly known: ReadonlyMap<string, Known>,
    readonly node: OnnxNode,
  ) {}

  refuse(expected: string, received: string, hint = ''): Error {
    const { operator, name } = this.node;
    return refusal('ERR_CONFIG', `${this.where}, ${operator} "${name}"`, expected, received, hint);
  }

  flowOf(name: string, what: string): Flow {
    const known = this.known.get(name);
    if (known !== undefined && 'flow' in known) return known.flow;
    throw this.refuse(
      `${what} to be what layers give`,
      known === undefined ? 'nothing' : 'a constant, or sizes of axes',
    );
  }

  /** Input `index` as integers, where it is a constant. */
  integers(index: number): number[] | undefined {
    const known = this.known.get(this.node.inputs[index] ?? '');
    if (known === undefined || !('constant' in known) || known.constant.data instanceof Float32Array) return undefined;
    return Array.from(known.constant.data as Int32Array | BigInt64Array, Number);
  }

  constant(index: number): Tensor | undefined {
    const known = this.known.get(this.node.inputs[index] ?? '');
    return known !== undefined && 'constant' in known ? known.constant : undefined;
  }

  floats(index: number, what: string): { data: Float32Array; shape: readonly number[] } {
    const constant = this.constant(index);
    if (constant?.data instanceof Float32Array) return { data: constant.data, shape: constant.shape };
    throw this.refuse(
      `${what} to be an array of floats in the file`,
      constant === undefined ? 'something computed' : 'integers',
    );
  }

  int(name: string, otherwise: number): number {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && 'int' in attribute ? attribute.int : otherwise;
  }

  float(name: string, otherwise: number): number {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && 'float' in attribute ? attribute.float : otherwise;
  }

  attribute<K extends 'text' | 'ints' | 'floats' | 'texts'>(
    name: string,
    kind: K,
  ): Extract<Attribute, Record<K, unknown>>[K] | undefined {
    const attribute = this.node.attributes[name] as Partial<Record<K, never>> | undefined;
    return attribute?.[kind];
  }
}

export const isAllZero = ({ data }: Tensor): boolean =>
  (data as ArrayLike<number | bigint> & Float32Array).every((value) => Number(value) === 0);

export const integers = (values: readonly number[], shape: readonly number[]): Known => ({
  constant: { name: '', shape, data: BigInt64Array.from(values.filter(Number.isFinite).map(BigInt)) },
});

/** [columns, rows] as [rows, columns]. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(data, (_, at) => data[(at % columns) * rows + Math.floor(at / columns)]!);
}
