// SPDX-License-Identifier: MIT
// NdArray: what is refused, views and copies, reductions. Numbers against numpy are in golden/arrays.test.ts.
import { NdArray } from '../../../lib';
import { codeOf, messageOf } from '../../support/error_code';

const matrix = (): NdArray => new NdArray(Float32Array.of(1, 5, 2, 7, 0, 7), [2, 3]);
const scalar = new NdArray(Float32Array.of(3), []);
const empty = new NdArray(new Float32Array(0), [0, 3]);

describe('misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['argmax along an axis that there is not', () => matrix().argmax(2), 'ERR_RANGE'],
    ['max along an axis before the first', () => matrix().max(-3), 'ERR_RANGE'],
    ['sum along half an axis', () => matrix().sum(0.5), 'ERR_RANGE'],
    ['mean along a named axis', () => matrix().mean('rows' as never), 'ERR_RANGE'],
    ['argmax along null', () => matrix().argmax(null as never), 'ERR_RANGE'],
    ['an axis of a scalar', () => scalar.max(0), 'ERR_RANGE'],
    ['the largest of nothing', () => empty.max(), 'ERR_DATA'],
    ['the index of the largest of nothing', () => empty.argmax(0), 'ERR_DATA'],
    ['the mean of nothing', () => empty.mean(0), 'ERR_DATA'],
    ['a row that there is not', () => matrix().take([0, 2]), 'ERR_RANGE'],
    ['a row before the first', () => matrix().take([-1]), 'ERR_RANGE'],
    ['half a row', () => matrix().take([0.5]), 'ERR_RANGE'],
    ['a hole among the indices', () => matrix().take([0, , 1] as never), 'ERR_RANGE'], // eslint-disable-line no-sparse-arrays
    ['one index without an array', () => matrix().take(1 as never), 'ERR_TYPE'],
    ['rows of a scalar', () => scalar.take([0]), 'ERR_SHAPE'],
    ['slice before the first row', () => matrix().slice(-1), 'ERR_RANGE'],
    ['slice that ends before it begins', () => matrix().slice(1, 0), 'ERR_RANGE'],
    ['slice beyond the last row', () => matrix().slice(0, 3), 'ERR_RANGE'],
    ['reshape with two open axes', () => matrix().reshape([-1, -1]), 'ERR_SHAPE'],
    ['reshape to sizes that do not divide', () => matrix().reshape([-1, 4]), 'ERR_SHAPE'],
    ['reshape to sizes of another product', () => matrix().reshape([2, 4]), 'ERR_SHAPE'],
    ['an open axis beside one of 0', () => matrix().reshape([-1, 0]), 'ERR_SHAPE'],
    ['reshape to no array', () => matrix().reshape(6 as never), 'ERR_SHAPE'],
  ])('%s: refused', (_title, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('messages say where and how many', () => {
    expect(messageOf(() => matrix().take([1, 5]))).toBe(
      'NdArray.take: expected indices from 0 to 1, received 5 at [1].',
    );
    expect(messageOf(() => matrix().argmax(2))).toBe('NdArray.argmax: expected an axis of 2, received 2.');
  });
});

describe('reductions', () => {
  test('of all elements are numbers, along an axis arrays without it', () => {
    expect([matrix().argmax(), matrix().max(), matrix().sum(), matrix().mean()]).toEqual([3, 7, 22, 22 / 6]);
    expect(matrix().argmax(0).toArray()).toEqual([1, 0, 1]);
    expect(matrix().argmax(-1).toArray()).toEqual([1, 0]);
    expect(matrix().max(0).toArray()).toEqual([7, 5, 7]);
    expect(matrix().sum(1).toArray()).toEqual([8, 14]);
    expect(matrix().mean(0).toArray()).toEqual([4, 2.5, 4.5]);
    expect(scalar.sum()).toBe(3);
    expect(scalar.argmax()).toBe(0);
  });

  test('are kept in kinds that hold them', () => {
    const ints = new NdArray(Int32Array.of(2147483647, 2147483647), [1, 2]);
    expect(ints.sum(1).data).toEqual(Float64Array.of(4294967294));
    expect(ints.max(1).data).toBeInstanceOf(Int32Array);
    expect(matrix().sum(0).data).toBeInstanceOf(Float32Array);
    expect(matrix().argmax(0).data).toBeInstanceOf(Int32Array);
    expect(new NdArray(Buffer.from([3, 9, 4]), [1, 3]).max(1).data).toEqual(Uint8Array.of(9));
  });

  test('of nothing: only a sum', () => {
    expect(empty.sum()).toBe(0);
    expect(empty.sum(0).toArray()).toEqual([0, 0, 0]);
    expect(empty.max(1).shape).toEqual([0]);
  });
});

describe('views and copies', () => {
  test('take copies rows, each as often as it is named', () => {
    const taken = matrix().take([1, 1, 0]);
    expect(taken.toArray()).toEqual([
      [7, 0, 7],
      [7, 0, 7],
      [1, 5, 2],
    ]);
    const source = matrix();
    source.take([0]).data[0] = 99;
    expect(source.get(0, 0)).toBe(1);
    expect(matrix().take(Int32Array.of()).shape).toEqual([0, 3]);
    expect(matrix().take(matrix().argmax(0).data).shape).toEqual([3, 3]);
  });

  test('slice shares memory', () => {
    const source = matrix();
    expect(source.slice(1).toArray()).toEqual([[7, 0, 7]]);
    source.slice(1).data[0] = 8;
    expect(source.get(1, 0)).toBe(8);
  });

  test('reshape finds one size itself, and shares memory', () => {
    const source = matrix();
    expect(source.reshape([-1]).shape).toEqual([6]);
    expect(source.reshape([3, -1]).shape).toEqual([3, 2]);
    source.reshape([-1, 1]).data[5] = 4;
    expect(source.get(1, 2)).toBe(4);
  });
});
