// SPDX-License-Identifier: MIT
// The weights of a layer: what they are, where their values come from, and values for them at the door.
import { toValues } from '../arrays/arrays';
import { describe, refusal } from '../util/validate';
import { callEngine } from '../native/engine';
import type { Constraint } from '../constraints';
import type { Initializer } from '../initializers';
import type { Regularizer } from '../regularizers';
import type { NativeInitializer, NativeLayer } from '../native/binding';

/** One weight of a layer. */
export interface WeightSpec {
  /** `kernel`, `recurrentKernel`, `bias`, `embeddings`; within a wrapper after the name of the wrapped layer, `dense_1/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | null;
  readonly constraint: Constraint | null;
  /** Whether training changes it; follows the layer. */
  readonly trainable: boolean;
}

/** Where the values of a weight come from until the engine has its layer. */
export type WeightSource =
  /** These, which nobody changes any more. */
  | { readonly values: Float32Array }
  /** They are drawn when they are needed, by the engine or by a function of our own. */
  | { readonly initializer: NativeInitializer; readonly seed: number }
  | { readonly draw: () => Float32Array };

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Has a weight of the engine begin with the values of a source. */
export function giveSource(native: NativeLayer, index: number, source: WeightSource): void {
  callEngine(() => {
    if ('values' in source) native.adoptWeight(index, source.values);
    else if ('draw' in source) native.adoptWeight(index, source.draw());
    else native.drawWeight(index, source.initializer, source.seed);
  });
}

/**
 * Copies of all `values`, each checked against its weight, before any is used.
 *
 * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` for a wrong number of arrays or a wrong shape; DataError `ERR_DATA`
 */
export function copyWeights(
  where: string,
  specs: readonly Pick<WeightSpec, 'name' | 'shape'>[],
  values: unknown,
): Float32Array[] {
  return checkWeights(where, specs, values).map(({ data, isOwn }) => (isOwn ? data : data.slice()));
}

/** As {@link copyWeights}, but without the copies: `isOwn` tells of arrays that nobody else has. */
export function checkWeights(
  where: string,
  specs: readonly Pick<WeightSpec, 'name' | 'shape'>[],
  values: unknown,
): { data: Float32Array; isOwn: boolean }[] {
  if (!Array.isArray(values)) throw refusal('ERR_TYPE', where, 'an array of weights', describe(values));
  if (values.length !== specs.length)
    throw refusal('ERR_SHAPE', where, `${specs.length} weights`, `${values.length}`, listing(specs));
  return specs.map((spec, index) => checkWeight(`${where}: weight ${index} (${spec.name})`, spec.shape, values[index]));
}

function checkWeight(where: string, shape: readonly number[], value: unknown): { data: Float32Array; isOwn: boolean } {
  const { data, shape: given } = shape.length === 0 ? readScalar(where, value) : toValues(where, 'values', value);
  // A typed array by itself has no shape: its elements are taken in row-major order.
  const isFlat = ArrayBuffer.isView(value) && data.length === sizeOf(shape);
  if (!isFlat && (given.length !== shape.length || given.some((size, axis) => size !== shape[axis])))
    throw refusal('ERR_SHAPE', where, `shape [${shape.join(', ')}]`, `[${given.join(', ')}]`);
  const isGiven = data === value || data === (value as { readonly data?: unknown }).data;
  return { data, isOwn: !isGiven };
}

/** Of a weight without axes: an array that has none either, or what else an array may be. */
function readScalar(where: string, value: unknown): ReturnType<typeof toValues> {
  const { shape, data } = (value ?? {}) as { readonly shape?: unknown; readonly data?: unknown };
  if (!Array.isArray(shape) || shape.length > 0) return toValues(where, 'values', value);
  const read = toValues(where, 'values.data', data);
  return read.data.length === 1 ? { data: read.data, shape: [] } : read;
}

function listing(specs: readonly Pick<WeightSpec, 'name' | 'shape'>[]): string {
  if (specs.length === 0 || specs.length > 12) return '';
  return `They are ${specs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}.`;
}
