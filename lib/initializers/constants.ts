// SPDX-License-Identifier: MIT
// Initializers that draw nothing: Zeros, Ones, Constant, Identity.
import { toValues } from '../arrays/arrays';
import { positionText } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkNumber, describe, refusal } from '../util/validate';
import { Initializer } from './initializer';
import type { NativeInitializer } from '../native/binding';
import type { ArrayInput } from '../types';

/** An array as `NdArray.toJSON` writes it. */
interface JsonArray {
  readonly data: readonly number[];
  readonly shape: readonly number[];
}

/** Defaults of this file's initializers, as in Keras. */
export const defaults = Object.freeze({
  Constant: Object.freeze({ value: 0 }),
  Identity: Object.freeze({ gain: 1 }),
});

/**
 * All zeros.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Zeros() });
 */
export class Zeros extends Initializer {
  readonly className = 'Zeros';

  constructor(...rest: []) {
    refuseMore('Zeros', rest);
    super('Zeros', null);
  }

  toNative(): NativeInitializer {
    return { kind: 'constant', value: 0 };
  }

  getConfig(): Record<string, never> {
    return {};
  }
}

/**
 * All ones.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Ones() });
 */
export class Ones extends Initializer {
  readonly className = 'Ones';

  constructor(...rest: []) {
    refuseMore('Ones', rest);
    super('Ones', null);
  }

  toNative(): NativeInitializer {
    return { kind: 'constant', value: 1 };
  }

  getConfig(): Record<string, never> {
    return {};
  }
}

/**
 * One value everywhere, or the values of an array: word vectors, for instance.
 *
 * Differs from Keras: an array has the shape of the weight; it is not broadcast.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new Dense(1, { biasInitializer: new Constant(0.1) });
 * new Embedding(2, 3, { embeddingsInitializer: new Constant([[1, 2, 3], [4, 5, 6]]) });
 */
export class Constant extends Initializer {
  readonly className = 'Constant';
  /** The number, or a copy of the array as float32. */
  readonly value: number | NdArray;

  /**
   * @param value a finite number, default 0; or an array of them of the weight's shape: nested arrays, an NdArray, or a
   *   typed array, which alone has one axis
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` for any other value; ShapeError `ERR_SHAPE` for ragged rows; DataError
   *   `ERR_DATA` for an array that is empty, detached, or holds what is not finite
   */
  constructor(value: number | ArrayInput = defaults.Constant.value, ...rest: []) {
    refuseMore('Constant', rest);
    super('Constant', null);
    this.value = typeof value === 'object' && value !== null ? readArray(value) : checkConstant(value);
  }

  override checkShape(where: string, shape: readonly number[]): void {
    if (typeof this.value === 'number' || String(shape) === String(this.value.shape)) return;
    const wanted = `values of shape [${shape.join(', ')}] for the initializer Constant`;
    throw refusal('ERR_SHAPE', where, wanted, `[${this.value.shape.join(', ')}]`);
  }

  toNative(): NativeInitializer {
    const { value } = this;
    return typeof value === 'number' ? { kind: 'constant', value } : { kind: 'values', values: value.data };
  }

  getConfig(): { value: number | NdArray } {
    return { value: this.value };
  }
}

function checkConstant(value: unknown): number {
  if (typeof value !== 'number')
    throw refusal('ERR_TYPE', 'Constant', 'value to be a finite number or an array of them', describe(value));
  return checkNumber('Constant', 'value', value);
}

/** A copy. What JSON makes of an {@link NdArray} is read as well. */
function readArray(value: ArrayInput | JsonArray): NdArray {
  const isJson = 'data' in value && Array.isArray(value.data);
  const given = isJson ? { ...value, data: toValues('Constant', 'value.data', value.data).data } : value;
  const { data, shape } = toValues('Constant', 'value', given);
  const index = data.findIndex((element) => !Number.isFinite(element));
  if (index >= 0) {
    const received = `${data[index]} at ${positionText(index, shape)}`;
    throw refusal('ERR_DATA', 'Constant', 'value to hold finite numbers', received);
  }
  return new NdArray(data.slice(), shape);
}

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** The value on the diagonal; default 1. */
  gain?: number;
}

/**
 * `gain` on the diagonal of a matrix, zero elsewhere.
 *
 * @see keras/src/initializers/constant_initializers.py
 * @example
 * new SimpleRNN(32, { activation: 'relu', recurrentInitializer: new Identity() }); // Le, Jaitly, Hinton 2015
 */
export class Identity extends Initializer {
  readonly className = 'Identity';
  readonly gain: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` or `ERR_UNKNOWN_OPTION` */
  constructor(options: IdentityOptions = {}, ...rest: []) {
    refuseMore('Identity', rest);
    super('Identity', null);
    const { gain } = withDefaults('Identity', options, defaults.Identity);
    this.gain = checkNumber('Identity', 'gain', gain);
  }

  override checkShape(where: string, shape: readonly number[]): void {
    if (shape.length !== 2)
      throw refusal('ERR_SHAPE', where, 'a matrix for the initializer Identity', `shape [${shape.join(', ')}]`);
  }

  toNative(): NativeInitializer {
    return { kind: 'identity', gain: this.gain };
  }

  getConfig(): { gain: number } {
    return { gain: this.gain };
  }
}
