// SPDX-License-Identifier: MIT
// A light n-dimensional array: flat data, a shape, views of rows, and the few reductions that programs make of results.
// It is no arithmetic library. Garbage collection frees it.
import { types } from 'node:util';
import { refuseMore } from './util/arguments';
import { describe, refusal } from './util/validate';
import type { NestedArray, NumericTypedArray } from './types';

/** What sums and means are kept in: float32 for float32, else double. */
export type SumArray<A> = A extends Float32Array ? Float32Array : Float64Array;

/**
 * Row-major n-dimensional array over one typed array.
 *
 * @example
 * const a = new NdArray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
 * a.row(1).toArray(); // [4, 5, 6]
 * a.get(0, 2); // 3
 * a.argmax(-1).toArray(); // [2, 2]
 */
export class NdArray<A extends NumericTypedArray = Float32Array> {
  /** Sizes of the axes, outermost first. */
  readonly shape: readonly number[];

  /**
   * @param data elements in row-major order; kept, not copied
   * @param shape sizes of the axes; their product equals `data.length`
   * @throws ConfigError `ERR_TYPE` where `data` is no numeric typed array; ShapeError `ERR_SHAPE` where the sizes disagree
   */
  constructor(
    readonly data: A,
    shape: readonly number[],
    ...rest: []
  ) {
    refuseMore('NdArray', rest);
    if (!isOfNumbers(data)) throw refusal('ERR_TYPE', 'NdArray', 'data to be a typed array of numbers', describe(data));
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw refusal('ERR_SHAPE', 'NdArray', 'shape to be an array of sizes', describe(shape));
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length)
      throw refusal('ERR_SHAPE', 'NdArray', `${size} elements for shape [${shape.join(', ')}]`, `${data.length}`);
    this.shape = Object.freeze([...shape]);
  }

  /** The class name, for messages. */
  get className(): string {
    return 'NdArray';
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Size of the first axis; 1 for a scalar. */
  get length(): number {
    return this.shape[0] ?? 1;
  }

  /** The element at one index per axis. */
  get(...indices: number[]): number {
    if (indices.length !== this.rank)
      throw refusal('ERR_SHAPE', 'NdArray.get', `${this.rank} indices`, `${indices.length}`);
    let offset = 0;
    indices.forEach((index, axis) => {
      const size = this.shape[axis]!;
      if (!Number.isInteger(index) || index < 0 || index >= size)
        throw refusal('ERR_RANGE', 'NdArray.get', `index ${axis} of ${size} positions`, describe(index));
      offset = offset * size + index;
    });
    return this.data[offset]!;
  }

  /** A view of row `index` of the first axis: it shares memory with this array. */
  row(index: number): NdArray<A> {
    if (this.rank === 0) throw refusal('ERR_SHAPE', 'NdArray.row', 'at least one axis', 'a scalar');
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw refusal('ERR_RANGE', 'NdArray.row', `an index of ${this.length} rows`, describe(index));
    return this.slice(index, index + 1).reshape(this.shape.slice(1));
  }

  /**
   * A view of rows `begin` (included) to `end` (left out) of the first axis: it shares memory with this array.
   *
   * @throws DataError `ERR_RANGE` where they are no rows, or `end` comes before `begin`; ShapeError `ERR_SHAPE` for a scalar
   * @example
   * predictions.slice(0, 2); // the first two rows
   */
  slice(begin: number, end: number = this.length): NdArray<A> {
    if (this.rank === 0) throw refusal('ERR_SHAPE', 'NdArray.slice', 'at least one axis', 'a scalar');
    if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || end < begin || end > this.length)
      throw refusal(
        'ERR_RANGE',
        'NdArray.slice',
        `0 <= begin <= end <= ${this.length}`,
        `${describe(begin)}, ${describe(end)}`,
      );
    const width = this.#rowSize();
    return new NdArray(this.data.subarray(begin * width, end * width) as A, [end - begin, ...this.shape.slice(1)]);
  }

  /**
   * A copy of some rows of the first axis, in the order of their indices, each as often as it is named.
   *
   * @param indices from 0
   * @throws DataError `ERR_RANGE`; ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE` for a scalar
   * @example
   * const best = scores.argmax(0); // the best row for each column
   * rows.take(best.data);
   */
  take(indices: ArrayLike<number>): NdArray<A> {
    const where = 'NdArray.take';
    if (this.rank === 0) throw refusal('ERR_SHAPE', where, 'at least one axis', 'a scalar');
    if (!Array.isArray(indices) && !isOfNumbers(indices))
      throw refusal('ERR_TYPE', where, 'an array of indices', describe(indices));
    const width = this.#rowSize();
    const taken = like(this.data, indices.length * width);
    for (let i = 0; i < indices.length; i++) {
      const index: unknown = indices[i];
      if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= this.length)
        throw refusal('ERR_RANGE', where, `indices from 0 to ${this.length - 1}`, `${describe(index)} at [${i}]`);
      taken.set(this.data.subarray(index * width, (index + 1) * width), i * width);
    }
    return new NdArray(taken, [indices.length, ...this.shape.slice(1)]);
  }

  /**
   * The same elements under another shape of the same size; shares memory.
   *
   * @param shape sizes of the axes; one of them may be -1: what the others leave
   * @throws ShapeError `ERR_SHAPE`
   * @example
   * sequences.reshape([-1, features]);
   */
  reshape(shape: readonly number[]): NdArray<A> {
    const open = Array.isArray(shape) ? shape.indexOf(-1) : -1;
    if (open < 0) return new NdArray(this.data, shape);
    const others = shape.reduce((product, size, axis) => (axis === open ? product : product * size), 1);
    const size = this.data.length / others;
    if (!Number.isSafeInteger(size))
      throw refusal('ERR_SHAPE', 'NdArray.reshape', `sizes that divide ${this.data.length}`, describe(others));
    return new NdArray(this.data, shape.with(open, size));
  }

  /**
   * The index of the largest of all elements, in row-major order. NaN is larger than any number. The first of equal elements
   * counts, as in numpy.
   *
   * @throws DataError `ERR_DATA` where there is no element
   */
  argmax(): number;
  /**
   * The indices of the largest elements along an axis.
   *
   * @param axis from 0, or from the end if negative
   * @returns int32 indices in the shape without that axis
   * @throws DataError `ERR_RANGE` for an axis that there is not, `ERR_DATA` where there is no element
   * @example
   * (await model.predict(x)).argmax(-1); // the class of each row
   */
  argmax(axis: number): NdArray<Int32Array>;
  argmax(axis?: number): number | NdArray<Int32Array> {
    return this.#reduce('NdArray.argmax', axis, (size) => new Int32Array(size), largest);
  }

  /** The largest element of all, or along an axis; NaN where one is NaN. As {@link argmax}. */
  max(): number;
  max(axis: number): NdArray<A>;
  max(axis?: number): number | NdArray<A> {
    const at = (read: Read, count: number): number => read(largest(read, count));
    return this.#reduce('NdArray.max', axis, (size) => like(this.data, size), at);
  }

  /** The sum of all elements, or along an axis, added up in double. As {@link argmax}; nothing adds up to 0. */
  sum(): number;
  sum(axis: number): NdArray<SumArray<A>>;
  sum(axis?: number): number | NdArray<SumArray<A>> {
    return this.#reduce('NdArray.sum', axis, (size) => this.#sums(size), total, true);
  }

  /** The mean of all elements, or along an axis, in double. As {@link argmax}. */
  mean(): number;
  mean(axis: number): NdArray<SumArray<A>>;
  mean(axis?: number): number | NdArray<SumArray<A>> {
    const mean = (read: Read, count: number): number => total(read, count) / count;
    return this.#reduce('NdArray.mean', axis, (size) => this.#sums(size), mean);
  }

  #rowSize(): number {
    return this.shape.slice(1).reduce((product, n) => product * n, 1);
  }

  #sums(size: number): SumArray<A> {
    const isFloat = types.isFloat32Array(this.data);
    return (isFloat ? new Float32Array(size) : new Float64Array(size)) as SumArray<A>;
  }

  #reduce<R extends NumericTypedArray>(
    where: string,
    axis: number | undefined,
    room: (size: number) => R,
    reduction: (read: Read, count: number) => number,
    isOfNothing = false,
  ): number | NdArray<R> {
    const { data, shape } = this;
    if (axis === undefined) {
      if (data.length === 0 && !isOfNothing) throw refusal('ERR_DATA', where, 'at least one element', 'none');
      return reduction((i) => data[i]!, data.length);
    }
    if (!Number.isInteger(axis) || axis < -shape.length || axis >= shape.length)
      throw refusal('ERR_RANGE', where, `an axis of ${shape.length}`, describe(axis));
    const at = axis < 0 ? axis + shape.length : axis;
    const count = shape[at]!;
    if (count === 0 && !isOfNothing) throw refusal('ERR_DATA', where, 'at least one element', `none on axis ${axis}`);
    const inner = shape.slice(at + 1).reduce((product, n) => product * n, 1);
    const sizes = shape.toSpliced(at, 1);
    const out = room(sizes.reduce((product, n) => product * n, 1));
    for (let i = 0; i < out.length; i++) {
      const begin = Math.floor(i / inner) * count * inner + (i % inner);
      out[i] = reduction((k) => data[begin + k * inner]!, count);
    }
    return new NdArray(out, sizes);
  }

  /** A copy as nested plain arrays (a number for a scalar). */
  toArray(): NestedArray {
    if (this.rank === 0) return this.data[0]!;
    if (this.rank === 1) return Array.from(this.data);
    return Array.from(this, (row) => row.toArray());
  }

  /** Iterates over the rows of the first axis, as views; over nothing for a scalar. */
  *[Symbol.iterator](): IterableIterator<NdArray<A>> {
    for (let index = 0; this.rank > 0 && index < this.length; index++) yield this.row(index);
  }

  /** Plain object for JSON: `{ shape, data }` with `data` flat. */
  toJSON(): { shape: readonly number[]; data: number[] } {
    return { shape: this.shape, data: Array.from(this.data) };
  }
}

function isOfNumbers(value: unknown): value is NumericTypedArray {
  return types.isTypedArray(value) && !types.isBigInt64Array(value) && !types.isBigUint64Array(value);
}

/** Element `i` of those that are reduced to one. */
type Read = (i: number) => number;

/** The first of the largest; NaN is larger than any number. */
function largest(read: Read, count: number): number {
  let best = 0;
  for (let i = 1; i < count && !Number.isNaN(read(best)); i++) {
    const value = read(i);
    if (value > read(best) || Number.isNaN(value)) best = i;
  }
  return best;
}

function total(read: Read, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += read(i);
  return sum;
}

const KINDS: Readonly<Record<string, new (size: number) => NumericTypedArray>> = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
};

/** A new array of the same kind, by its tag: a Buffer counts as bytes, and arrays may come from another realm. */
function like<A extends NumericTypedArray>(array: A, size: number): A {
  const Kind = KINDS[Object.prototype.toString.call(array).slice(8, -1)]!;
  return new Kind(size) as A;
}
