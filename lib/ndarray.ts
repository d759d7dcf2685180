// SPDX-License-Identifier: MIT
// A light n-dimensional array: flat data, a shape, views of rows. No arithmetic lives here; garbage collection frees it.
import { types } from 'node:util';
import { refuseMore } from './util/arguments';
import { describe, refusal } from './util/validate';
import type { NestedArray, NumericTypedArray } from './types';

/**
 * Row-major n-dimensional array over one typed array.
 *
 * @example
 * const a = new NdArray(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
 * a.row(1).toArray(); // [4, 5, 6]
 * a.get(0, 2); // 3
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
    if (!types.isTypedArray(data) || types.isBigInt64Array(data) || types.isBigUint64Array(data))
      throw refusal('ERR_TYPE', 'NdArray', 'data to be a typed array of numbers', describe(data));
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw refusal('ERR_SHAPE', 'NdArray', 'shape to be an array of sizes', describe(shape));
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== data.length)
      throw refusal('ERR_SHAPE', 'NdArray', `${size} elements for shape [${shape.join(', ')}]`, `${data.length}`);
    this.shape = Object.freeze([...shape]);
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
        throw refusal('ERR_RANGE', 'NdArray.get', `index ${axis} from 0 to ${size - 1}`, describe(index));
      offset = offset * size + index;
    });
    return this.data[offset]!;
  }

  /** A view of row `index` of the first axis: it shares memory with this array. */
  row(index: number): NdArray<A> {
    if (this.rank === 0) throw refusal('ERR_SHAPE', 'NdArray.row', 'at least one axis', 'a scalar');
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw refusal('ERR_RANGE', 'NdArray.row', `an index from 0 to ${this.length - 1}`, describe(index));
    return this.slice(index, index + 1).reshape(this.shape.slice(1));
  }

  /** A view of rows `begin` (included) to `end` (left out) of the first axis. */
  slice(begin: number, end: number = this.length): NdArray<A> {
    if (this.rank === 0) throw refusal('ERR_SHAPE', 'NdArray.slice', 'at least one axis', 'a scalar');
    if (!Number.isInteger(begin) || !Number.isInteger(end) || begin < 0 || end < begin || end > this.length)
      throw refusal(
        'ERR_RANGE',
        'NdArray.slice',
        `0 <= begin <= end <= ${this.length}`,
        `${describe(begin)}, ${describe(end)}`,
      );
    const width = this.shape.slice(1).reduce((product, n) => product * n, 1);
    return new NdArray(this.data.subarray(begin * width, end * width) as A, [end - begin, ...this.shape.slice(1)]);
  }

  /** The same elements under another shape of the same size; shares memory. */
  reshape(shape: readonly number[]): NdArray<A> {
    return new NdArray(this.data, shape);
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
