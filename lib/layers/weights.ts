// SPDX-License-Identifier: MIT
// The weights of one layer: what they are, and where their values lie. A layer holds its values itself until a model's
// engine takes them over, and again once that engine is gone.
import { toValues } from '../arrays/arrays';
import { describe, refusal } from '../util/validate';
import type { Constraint } from '../constraints';
import type { Initializer } from '../initializers';
import type { Regularizer } from '../regularizers';
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

/** The model that a layer belongs to, as the layer sees it. */
export interface WeightOwner {
  readonly name: string;
  /** Values that live in the engine, or undefined where the layer holds them still. Throws `ERR_DISPOSED`. */
  readLayer(layer: Layer): Float32Array[] | undefined;
  /** Writes checked values into the engine; false where the layer holds them still. Throws `ERR_BUSY`, `ERR_DISPOSED`. */
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

/**
 * Copies of all `values`, each checked against its weight, before any is used.
 *
 * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` for a wrong number of arrays or a wrong shape; DataError `ERR_DATA`
 */
export function checkWeights(
  where: string,
  specs: readonly Pick<WeightSpec, 'name' | 'shape'>[],
  values: unknown,
): Float32Array[] {
  if (!Array.isArray(values)) throw refusal('ERR_TYPE', where, 'an array of weights', describe(values));
  if (values.length !== specs.length)
    throw refusal('ERR_SHAPE', where, `${specs.length} weights`, `${values.length}`, listing(specs));
  return specs.map((spec, index) => checkWeight(`${where}: weight ${index} (${spec.name})`, spec.shape, values[index]));
}

function checkWeight(where: string, shape: readonly number[], value: unknown): Float32Array {
  const { data, shape: given } = toValues(where, 'values', value);
  // A typed array by itself has no shape: its elements are taken in row-major order.
  const isFlat = ArrayBuffer.isView(value) && data.length === sizeOf(shape);
  if (!isFlat && (given.length !== shape.length || given.some((size, axis) => size !== shape[axis])))
    throw refusal('ERR_SHAPE', where, `shape [${shape.join(', ')}]`, `[${given.join(', ')}]`);
  return Float32Array.from(data);
}

function listing(specs: readonly Pick<WeightSpec, 'name' | 'shape'>[]): string {
  if (specs.length === 0 || specs.length > 12) return '';
  return `They are ${specs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}.`;
}
