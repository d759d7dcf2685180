// SPDX-License-Identifier: MIT
// The weights of one layer: what they are, and where their values come from. A layer says that itself until a model's
// engine has them, and again once that engine is gone.
import { toValues } from '../arrays/arrays';
import { describe, refusal } from '../util/validate';
import { callEngine } from '../native/engine';
import { copyOut } from '../native/copies';
import type { Constraint } from '../constraints';
import type { Initializer } from '../initializers';
import type { Regularizer } from '../regularizers';
import type { NativeInitializer, NativeModel } from '../native/binding';
import type { Layer } from './layer';

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

/** Where the values of a weight come from while no engine of its model has them. */
export type WeightSource =
  /** These, which nobody changes any more. */
  | { readonly values: Float32Array }
  /** They are drawn when they are needed, by the engine or by a function of our own. */
  | { readonly initializer: NativeInitializer; readonly seed: number }
  | { readonly draw: () => Float32Array }
  /** They lie in an engine that is no model's any more. */
  | { readonly native: NativeModel; readonly index: number };

/** The model that a layer belongs to, as the layer sees it. */
export interface WeightOwner {
  readonly name: string;
  /** Values that the engine has, or undefined where the layer says where they are. Throws `ERR_DISPOSED`. */
  readLayer(layer: Layer): Float32Array[] | undefined;
  /** The same, as they are now, copied off the event loop. */
  copyLayer(layer: Layer): Promise<Float32Array[]> | undefined;
  /** Writes checked values into the engine; false where the layer is to hold them. Throws `ERR_BUSY`, `ERR_DISPOSED`. */
  writeLayer(layer: Layer, values: readonly Float32Array[]): boolean;
  /** A `trainable` flag changed: the engine must hear of it at the next `compile`. */
  trainableChanged(): void;
  /** States of this stateful layer begin at zero again. Throws `ERR_BUSY`, `ERR_DISPOSED`, `ERR_STATE`. */
  resetStates(layer: Layer): void;
}

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A copy of values that have been drawn. */
export function readSource(source: WeightSource, shape: readonly number[]): Float32Array | undefined {
  if ('values' in source) return source.values.slice();
  if (!('native' in source)) return undefined;
  const out = new Float32Array(sizeOf(shape));
  callEngine(() => source.native.readWeight(source.index, out));
  return out;
}

/** Has weight `index` of an engine begin with the values of a source, which is used up where it is another engine. */
export function giveSource(native: NativeModel, index: number, source: WeightSource): void {
  callEngine(() => {
    if ('values' in source) native.adoptWeight(index, source.values);
    else if ('draw' in source) native.adoptWeight(index, source.draw());
    else if ('initializer' in source) native.drawWeight(index, source.initializer, source.seed);
    else native.moveWeight(index, source.native, source.index);
  });
}

/** A source of the same values that may be given away, while the first stays whole. */
export async function shareSource(source: WeightSource, shape: readonly number[]): Promise<WeightSource> {
  if (!('native' in source)) return source;
  const values = new Float32Array(sizeOf(shape));
  await copyOut(source.native, [{ kind: 'weight', index: source.index, values }]);
  return { values };
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
  const { data, shape: given } = toValues(where, 'values', value);
  // A typed array by itself has no shape: its elements are taken in row-major order.
  const isFlat = ArrayBuffer.isView(value) && data.length === sizeOf(shape);
  if (!isFlat && (given.length !== shape.length || given.some((size, axis) => size !== shape[axis])))
    throw refusal('ERR_SHAPE', where, `shape [${shape.join(', ')}]`, `[${given.join(', ')}]`);
  const isGiven = data === value || data === (value as { readonly data?: unknown }).data;
  return { data, isOwn: !isGiven };
}

function listing(specs: readonly Pick<WeightSpec, 'name' | 'shape'>[]): string {
  if (specs.length === 0 || specs.length > 12) return '';
  return `They are ${specs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}.`;
}
