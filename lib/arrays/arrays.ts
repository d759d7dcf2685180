// SPDX-License-Identifier: MIT
// Inputs at the door: whatever users pass as an array becomes one flat typed array with a shape, or a typed error.
// Int32Array tokens and Float32Array values pass through without a copy and without a look at their elements.
import { types } from 'node:util';
import { describe, refusal } from '../util/validate';
import { allocate, flattenNested, isShaped, positionText, tokenRefusal } from './nested_arrays';
import type { NumericTypedArray } from '../types';

/** A flat array with its shape; all axes are at least 1, unless something else is said. */
export interface ShapedArray<A> {
  readonly data: A;
  readonly shape: readonly number[];
}

const NUMERIC_KINDS = [
  types.isFloat32Array,
  types.isInt32Array,
  types.isFloat64Array,
  types.isUint8Array,
  types.isInt8Array,
  types.isUint8ClampedArray,
  types.isInt16Array,
  types.isUint16Array,
  types.isUint32Array,
] as const;

/** Whether a value is a typed array of numbers, of this realm or another. */
export function isNumericTypedArray(value: unknown): value is NumericTypedArray {
  return NUMERIC_KINDS.some((isKind) => isKind(value));
}

/**
 * Reads an array as numbers.
 *
 * @param where class or function, for the message
 * @param what the argument, for the message
 * @returns float32 data; the caller's own array where it is a Float32Array already
 * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` for ragged rows; DataError `ERR_DATA` where it is empty or detached
 */
export function toValues(where: string, what: string, input: unknown): ShapedArray<Float32Array> {
  const { data, shape } = readTyped(where, what, input) ?? { data: undefined, shape: undefined };
  if (data === undefined) return flattenNested(where, what, input, 'values', checkUsable);
  return { data: types.isFloat32Array(data) ? data : allocate(where, () => new Float32Array(data)), shape };
}

/**
 * Reads an array as token ids. Whether they lie within the vocabulary is for {@link checkVocabulary} to say.
 *
 * @returns int32 data; the caller's own array where it is an Int32Array already
 * @throws as {@link toValues}, and DataError `ERR_DATA` or `ERR_RANGE` naming the first element that is no 32-bit integer
 */
export function toTokens(where: string, what: string, input: unknown): ShapedArray<Int32Array> {
  const { data, shape } = readTyped(where, what, input) ?? { data: undefined, shape: undefined };
  if (data === undefined) return flattenNested(where, what, input, 'tokens', checkUsable);
  if (types.isInt32Array(data)) return { data, shape };
  const tokens = allocate(where, () => new Int32Array(data));
  // Only these three hold numbers that an int32 cannot.
  if (types.isFloat32Array(data) || types.isFloat64Array(data) || types.isUint32Array(data)) {
    const index = data.findIndex((value: number, i: number) => value !== tokens[i]);
    if (index >= 0) throw tokenRefusal(where, what, data[index]!, positionText(index, shape));
  }
  return { data: tokens, shape };
}

/**
 * Reads an array that is kept as it is: typed arrays of any type of numbers and any shape, scalars and empty ones too.
 *
 * @returns the caller's own array where it is typed; nested arrays become float32
 * @throws as {@link toValues}
 */
export function toStored(where: string, what: string, input: unknown): ShapedArray<NumericTypedArray> {
  return readTyped(where, what, input, true) ?? flattenNested(where, what, input, 'values', checkUsable);
}

/**
 * Refuses ids outside the vocabulary, naming the first. The engine has found the extremes already, so that ids in
 * range cost nothing here.
 *
 * @throws DataError `ERR_RANGE`
 */
export function checkVocabulary(
  where: string,
  what: string,
  tokens: ShapedArray<Int32Array>,
  [minToken, maxToken]: readonly [number, number],
  vocabularySize: number,
): void {
  if (minToken >= 0 && maxToken < vocabularySize) return;
  const index = tokens.data.findIndex((id) => id < 0 || id >= vocabularySize);
  const id = index < 0 ? (minToken < 0 ? minToken : maxToken) : tokens.data[index]!;
  throw refusal(
    'ERR_RANGE',
    where,
    `token ids in ${what} from 0 to ${vocabularySize - 1}`,
    `${id}${index < 0 ? '' : ` at ${positionText(index, tokens.shape)}`}`,
    id < 0 ? '' : `Load the data with numWords of at most ${vocabularySize}, or give Embedding a larger inputDim.`,
  );
}

/** A typed array alone (one axis) or with its shape; undefined where `input` is a plain array. */
function readTyped(
  where: string,
  what: string,
  input: unknown,
  isOfAnySize = false,
): ShapedArray<NumericTypedArray> | undefined {
  if (Array.isArray(input)) return undefined;
  if (isNumericTypedArray(input)) {
    checkUsable(where, what, input);
    if (input.length === 0 && !isOfAnySize) throw emptyRefusal(where, what);
    return { data: input, shape: [input.length] };
  }
  const expected = `${what} to be an NdArray, { data, shape }, a typed array of numbers, or nested arrays`;
  if (typeof input !== 'object' || input === null || !('data' in input) || !('shape' in input))
    throw refusal('ERR_TYPE', where, expected, describe(input), namesHint(input));
  const { data, shape } = input;
  if (!isNumericTypedArray(data))
    throw refusal('ERR_TYPE', where, `${what}.data to be a typed array of numbers`, describe(data));
  checkUsable(where, `${what}.data`, data);
  return { data, shape: checkShape(where, what, shape, data.length, isOfAnySize) };
}

/** Keras takes several inputs as arrays by name. */
function namesHint(input: unknown): string {
  const isPlain = typeof input === 'object' && input !== null && !types.isProxy(input) && !ArrayBuffer.isView(input);
  const values: unknown[] = isPlain ? Object.values(input) : [];
  const hasArrays = values.some((value) => Array.isArray(value) || isNumericTypedArray(value) || isShaped(value));
  return hasArrays ? 'One array is taken here, not arrays by name.' : '';
}

function checkShape(
  where: string,
  what: string,
  shape: unknown,
  length: number,
  isOfAnySize: boolean,
): readonly number[] {
  if (!Array.isArray(shape) || (shape.length === 0 && !isOfAnySize))
    throw refusal('ERR_SHAPE', where, `${what}.shape to be an array of at least one size`, describe(shape));
  const sizes: number[] = [];
  let product = 1;
  for (const size of shape as unknown[]) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw refusal('ERR_SHAPE', where, `${what}.shape to hold sizes of at least 0`, describe(size));
    sizes.push(size);
    product *= size;
  }
  if (product !== length)
    throw refusal('ERR_SHAPE', where, `${product} elements in ${what} for shape [${sizes.join(', ')}]`, `${length}`);
  if (product === 0 && !isOfAnySize) throw emptyRefusal(where, what);
  return sizes;
}

/** Refuses memory that is gone, or that others may change or shrink while it is read. */
function checkUsable(where: string, what: string, array: NumericTypedArray): void {
  const buffer = array.buffer as ArrayBuffer & { readonly resizable?: boolean };
  const refuse = (received: string, hint: string) =>
    refusal('ERR_DATA', where, `${what} over a plain ArrayBuffer`, received, hint);
  if (types.isSharedArrayBuffer(buffer))
    throw refuse('one over a SharedArrayBuffer', 'Copy it first: new Float32Array(array).');
  if (buffer.resizable === true) throw refuse('one over a resizable ArrayBuffer', 'Copy it first: array.slice().');
  if (array.length === 0 && isDetached(buffer))
    throw refuse('a detached one', 'Its buffer was transferred elsewhere, by postMessage for instance.');
}

/** `ArrayBuffer.prototype.detached` came with Node 21; a view over a detached buffer throws in every version. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function emptyRefusal(where: string, what: string): Error {
  return refusal('ERR_DATA', where, `${what} to hold at least one element`, 'an empty array');
}
