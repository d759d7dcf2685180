// SPDX-License-Identifier: MIT
// Sequences of different lengths made into one array, with Keras' exact semantics.
// Source: keras/src/utils/sequence_utils.py.
import { types } from 'node:util';
import { NdArray } from '../ndarray';
import type { NestedInput, NumericTypedArray } from '../types';
import { refuseMore } from '../util/arguments';
import { checkInteger, checkOneOf, checkOptions, describe, refusal } from '../util/validate';

const ARRAYS = Object.freeze({
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
});

/** Names of the element types that {@link padSequences} can make, and their arrays. */
export interface PaddedArrays {
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
}

/** Options of {@link padSequences}. */
export interface PadSequencesOptions<D extends keyof PaddedArrays = 'int32'> {
  /** Length T of every row of the result. Default: that of the longest sequence. */
  maxlen?: number | null;
  /** Element type of the result. Default 'int32'. */
  dtype?: D;
  /** Where short sequences are filled up: before or after their elements. Default 'pre'. */
  padding?: 'pre' | 'post';
  /** Where long sequences lose elements: at their beginning or their end. Default 'pre'. */
  truncating?: 'pre' | 'post';
  /** What short sequences are filled up with. Default 0. */
  value?: number;
}

const DEFAULTS = Object.freeze({ maxlen: null, dtype: 'int32', padding: 'pre', truncating: 'pre', value: 0 });
const SIDES = ['pre', 'post'] as const;
const WHERE = 'padSequences';

/** Elements that one call may ask for: the longest typed array of Node.js. */
const MOST_ELEMENTS = 2 ** 33;

/** A sequence: numbers or booleans, feature vectors nested to any depth, a typed array or an NdArray. */
export type Sequence = NumericTypedArray | readonly NestedInput[] | NdArray<NumericTypedArray>;

/**
 * Pads and truncates sequences to one length.
 *
 * Integer types take the integer part of a fraction, as numpy's cast does.
 *
 * Differs from Keras: NaN, infinities and numbers beyond an integer type are refused, where numpy wraps or leaves them
 * undefined; `maxlen` must be at least 1; no strings.
 *
 * @param sequences N sequences, each of its own length, of numbers or of samples of one shape (`[length, ...sample]`)
 * @param options see {@link PadSequencesOptions}
 * @returns NdArray [N, T], or [N, T, ...sample]
 * @throws ConfigError `ERR_TYPE` where something is no sequence or number, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`;
 *   ShapeError `ERR_SHAPE` where samples differ in shape; DataError `ERR_RANGE` where a number does not fit `dtype`;
 *   InternalError `ERR_OUT_OF_MEMORY`
 *
 * @example
 * padSequences([[1], [2, 3], [4, 5, 6]], { maxlen: 2 }).toArray(); // [[0, 1], [2, 3], [5, 6]]
 */
export function padSequences<D extends keyof PaddedArrays = 'int32'>(
  sequences: readonly Sequence[] | NdArray<NumericTypedArray>,
  options?: PadSequencesOptions<D>,
  ...rest: []
): NdArray<PaddedArrays[D]> {
  refuseMore('padSequences', rest);
  const given = checkOptions(WHERE, options, Object.keys(DEFAULTS));
  const dtype = checkOneOf(WHERE, 'dtype', given.dtype ?? DEFAULTS.dtype, Object.keys(ARRAYS) as D[]);
  const padding = checkOneOf(WHERE, 'padding', given.padding ?? DEFAULTS.padding, SIDES);
  const truncating = checkOneOf(WHERE, 'truncating', given.truncating ?? DEFAULTS.truncating, SIDES);
  const value = given.value ?? DEFAULTS.value;
  if (typeof value !== 'number') throw refusal('ERR_TYPE', WHERE, 'value to be a number', describe(value));
  const fits = numberCheck(dtype);
  if (!fits(value)) throw refusal('ERR_CONFIG', WHERE, `value to be a number of dtype ${dtype}`, describe(value));

  const rows = readRows(sequences);
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const maxlen =
    given.maxlen === undefined || given.maxlen === null ? longest : checkInteger(WHERE, 'maxlen', given.maxlen);
  const sample = sampleShape(rows.find((row) => row.length > 0));
  const width = sample.reduce((product, n) => product * n, 1);
  const size = rows.length * maxlen * width;
  if (size > MOST_ELEMENTS)
    throw refusal('ERR_CONFIG', WHERE, `at most ${MOST_ELEMENTS} elements in all`, `${size}`, 'Lower maxlen.');

  const data = allocate(dtype, size);
  if (value !== 0) data.fill(value);
  rows.forEach((row, index) => {
    const count = Math.min(row.length, maxlen);
    const from = truncating === 'pre' ? row.length - count : 0;
    const to = (index * maxlen + (padding === 'pre' ? maxlen - count : 0)) * width;
    copyRow(row, from, count, sample, data, to, fits, `sequence ${index}`, dtype);
  });
  return new NdArray(data as PaddedArrays[D], [rows.length, maxlen, ...sample]);
}

function allocate(dtype: keyof PaddedArrays, size: number): PaddedArrays[keyof PaddedArrays] {
  try {
    return new ARRAYS[dtype](size);
  } catch {
    throw refusal('ERR_OUT_OF_MEMORY', WHERE, `memory for ${size} elements of ${dtype}`, 'none', 'Lower maxlen.');
  }
}

type Row = NumericTypedArray | readonly unknown[] | NdArray<NumericTypedArray>;

function readRows(sequences: unknown): Row[] {
  const isArray = Array.isArray(sequences);
  if (!isArray && !isNdArray(sequences)) throw refusal('ERR_TYPE', WHERE, 'an array of sequences', describe(sequences));
  if (!isArray && (sequences as NdArray).rank < 2)
    throw refusal('ERR_SHAPE', WHERE, 'sequences with at least two axes', `rank ${(sequences as NdArray).rank}`);
  return Array.from(sequences as Iterable<unknown>, (row, index) => {
    if (Array.isArray(row) || isNumberArray(row) || (isNdArray(row) && row.rank > 0)) return row;
    throw refusal('ERR_TYPE', WHERE, `sequence ${index} to be an array or typed array of numbers`, describe(row));
  });
}

/** Sizes of the axes after time, from the first element of a sequence. */
function sampleShape(row: Row | undefined): number[] {
  if (row === undefined || isNumberArray(row)) return [];
  if (isNdArray(row)) return [...row.shape.slice(1)];
  const shape: number[] = [];
  let at: unknown = row[0];
  while (typeof at !== 'number' && shape.length < 8) {
    if (isNdArray(at)) return [...shape, ...at.shape];
    if (!Array.isArray(at) && !isNumberArray(at)) break;
    shape.push(at.length);
    at = at[0];
  }
  return shape;
}

/** Copies `count` elements of a sequence, from element `from`, to `data` at `to`. */
function copyRow(
  row: Row,
  from: number,
  count: number,
  sample: readonly number[],
  data: NumericTypedArray,
  to: number,
  fits: (value: number) => boolean,
  place: string,
  dtype: string,
): void {
  const misfit = (value: unknown) =>
    typeof value === 'number'
      ? refusal('ERR_RANGE', WHERE, `numbers of dtype ${dtype} in ${place}`, describe(value))
      : refusal('ERR_TYPE', WHERE, `only numbers in ${place}`, describe(value));
  const copyFlat = (values: ArrayLike<unknown>, begin: number, end: number): void => {
    for (let i = begin; i < end; i++) {
      const value = typeof values[i] === 'boolean' ? Number(values[i]) : values[i];
      if (typeof value !== 'number' || !fits(value)) throw misfit(value);
      data[to++] = value;
    }
  };
  const wrongShape = (received: string) =>
    refusal('ERR_SHAPE', WHERE, `samples of shape [${sample.join(', ')}] in ${place}`, received);
  const copySample = (value: unknown, axis: number): void => {
    if (axis === sample.length) {
      if (typeof value === 'object' && value !== null) throw wrongShape(describe(value));
      return copyFlat([value], 0, 1);
    }
    if (isNdArray(value)) {
      if (value.shape.join() !== sample.slice(axis).join()) throw wrongShape(`shape [${value.shape.join(', ')}]`);
      return copyFlat(value.data, 0, value.data.length);
    }
    if (typeof value === 'number') throw wrongShape(describe(value));
    if (!Array.isArray(value) && !isNumberArray(value)) throw misfit(value);
    if (value.length !== sample[axis]) throw wrongShape(describe(value));
    for (let i = 0; i < value.length; i++) copySample(value[i], axis + 1);
  };

  if (isNdArray(row)) {
    if (row.shape.slice(1).join() !== sample.join() && row.length > 0)
      throw wrongShape(`shape [${row.shape.slice(1).join(', ')}]`);
    const width = row.data.length / Math.max(1, row.length);
    copyFlat(row.data, from * width, (from + count) * width);
  } else if (sample.length === 0 && isNumberArray(row)) {
    copyFlat(row, from, from + count);
  } else {
    for (let i = from; i < from + count; i++) copySample(row[i], 0);
  }
}

function numberCheck(dtype: keyof PaddedArrays): (value: number) => boolean {
  if (dtype === 'float32' || dtype === 'float64') return () => true;
  const bits = 8 * ARRAYS[dtype].BYTES_PER_ELEMENT;
  const min = dtype.startsWith('u') ? 0 : -(2 ** (bits - 1));
  const max = min + 2 ** bits - 1;
  // The cast takes the integer part: 127.9 fits into int8; NaN fits nowhere.
  return (value) => value > min - 1 && value < max + 1;
}

function isNumberArray(value: unknown): value is NumericTypedArray {
  return types.isTypedArray(value) && !types.isBigInt64Array(value) && !types.isBigUint64Array(value);
}

function isNdArray(value: unknown): value is NdArray<NumericTypedArray> {
  return value instanceof NdArray;
}
