// SPDX-License-Identifier: MIT
// Arrays at the door: what is refused and why, what passes without a copy.
import vm from 'node:vm';
import { NdArray } from '../../../lib/ndarray';
import { checkVocabulary, toTokens, toValues } from '../../../lib/arrays/arrays';
import { padSequences } from '../../../lib/preprocessing/sequence';

const code = (code: string) => expect.objectContaining({ code });

function detached(): Float32Array {
  const array = new Float32Array(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}
const resizable = () =>
  new Float32Array(new (ArrayBuffer as never as new (n: number, o: object) => ArrayBuffer)(8, { maxByteLength: 16 }));
const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe('refuses, as values and as tokens,', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'ERR_TYPE'],
    ['null', null, 'ERR_TYPE'],
    ['a number', 3, 'ERR_TYPE'],
    ['a string', '1,2', 'ERR_TYPE'],
    ['a plain object', {}, 'ERR_TYPE'],
    ['an ArrayBuffer', new ArrayBuffer(8), 'ERR_TYPE'],
    ['a DataView', new DataView(new ArrayBuffer(8)), 'ERR_TYPE'],
    ['big integers', new BigInt64Array(2), 'ERR_TYPE'],
    ['plain data with a shape', { data: [1, 2], shape: [2] }, 'ERR_TYPE'],
    ['a string among numbers', [[1, '2']], 'ERR_TYPE'],
    ['a bigint among numbers', [[1, 2n]], 'ERR_TYPE'],
    ['null among numbers', [[1, null]], 'ERR_TYPE'],
    ['null among rows', [[1], null], 'ERR_TYPE'],
    ['a text among numbers', [['1']], 'ERR_TYPE'],
    // eslint-disable-next-line no-sparse-arrays -- the point of the test
    ['a hole', [[1, , 3]], 'ERR_TYPE'],
    ['ragged rows', [[1, 2], [1]], 'ERR_SHAPE'],
    ['ragged typed rows', [new Int32Array(2), new Int32Array(3)], 'ERR_SHAPE'],
    [
      'rows of two depths',
      [
        [1, 2],
        [1, [2]],
      ],
      'ERR_SHAPE',
    ],
    ['a typed row where rows are nested', [[[1], [2]], new Int32Array(2)], 'ERR_SHAPE'],
    ['an array that contains itself', cyclic, 'ERR_SHAPE'],
    ['a shape of another size', { data: new Float32Array(5), shape: [2, 3] }, 'ERR_SHAPE'],
    ['a negative size', { data: new Float32Array(6), shape: [-2, -3] }, 'ERR_SHAPE'],
    ['a size of 1.5', { data: new Float32Array(3), shape: [2, 1.5] }, 'ERR_SHAPE'],
    ['an empty shape', { data: new Float32Array(1), shape: [] }, 'ERR_SHAPE'],
    ['an empty array', [], 'ERR_DATA'],
    ['empty rows', [[], []], 'ERR_DATA'],
    ['an empty typed array', new Float32Array(0), 'ERR_DATA'],
    ['no rows', { data: new Float32Array(0), shape: [0, 5] }, 'ERR_DATA'],
    ['a detached array', detached(), 'ERR_DATA'],
    ['a detached array with its shape', { data: detached(), shape: [2, 2] }, 'ERR_DATA'],
    ['a detached row', [detached()], 'ERR_DATA'],
    ['shared memory', new Float32Array(new SharedArrayBuffer(8)), 'ERR_DATA'],
    ['a row in shared memory', [new Int32Array(new SharedArrayBuffer(8))], 'ERR_DATA'],
    ['memory that may shrink', resizable(), 'ERR_DATA'],
  ])('%s', (_title, input, expected) => {
    expect(() => toValues('fit', 'x', input)).toThrow(code(expected));
    expect(() => toTokens('fit', 'x', input)).toThrow(code(expected));
  });
});

describe('refuses as tokens', () => {
  test.each<[string, unknown, string, string]>([
    [
      'NaN',
      [
        [1, 2],
        [3, NaN],
      ],
      'ERR_DATA',
      '[1, 1]',
    ],
    ['fractions', [[1.5]], 'ERR_DATA', '[0, 0]'],
    ['numbers beyond 32 bits', [[2 ** 31]], 'ERR_RANGE', '[0, 0]'],
    ['NaN in a typed array', new NdArray(new Float32Array([1, 2, 3, NaN]), [2, 2]), 'ERR_DATA', '[1, 1]'],
    ['fractions in a typed row', [new Float64Array([1, 0.5])], 'ERR_DATA', '[0, 1]'],
    ['unsigned numbers beyond 32 bits', { data: new Uint32Array([2 ** 31]), shape: [1, 1] }, 'ERR_RANGE', '[0, 0]'],
    ['infinity', [[Infinity]], 'ERR_DATA', '[0, 0]'],
  ])('%s, naming the position', (_title, input, expected, position) => {
    const read = () => toTokens('fit', 'x', input);
    expect(read).toThrow(code(expected));
    expect(read).toThrow(position);
  });

  test('ids outside the vocabulary, naming the position and what to do', () => {
    const tokens = toTokens('fit', 'x', [
      [1, 2],
      [3, 10],
    ]);
    const check = () => checkVocabulary('fit', 'x', tokens, [1, 10], 10);
    expect(check).toThrow(code('ERR_RANGE'));
    expect(check).toThrow(/10 at \[1, 1\].*numWords.*inputDim/);
    const negative = toTokens('fit', 'x', [[-1]]);
    expect(() => checkVocabulary('fit', 'x', negative, [-1, -1], 10)).toThrow('-1 at [0, 0]');
    expect(() => checkVocabulary('fit', 'x', tokens, [1, 10], 11)).not.toThrow();
  });
});

describe('takes', () => {
  test('float32 values and int32 tokens as they are', () => {
    const values = new Float32Array(6);
    expect(toValues('fit', 'x', { data: values, shape: [2, 3] }).data).toBe(values);
    const tokens = new Int32Array(6);
    expect(toTokens('fit', 'x', new NdArray(tokens, [2, 3])).data).toBe(tokens);
  });

  test('typed arrays of other kinds, converted', () => {
    expect(toTokens('fit', 'x', { data: new Uint16Array([1, 65535]), shape: [1, 2] })).toEqual({
      data: new Int32Array([1, 65535]),
      shape: [1, 2],
    });
    expect(toTokens('fit', 'x', new Float64Array([4, 2])).data).toEqual(new Int32Array([4, 2]));
    expect(toValues('fit', 'x', new Float64Array([0.5])).data).toEqual(new Float32Array([0.5]));
  });

  test('nested arrays to any depth', () => {
    expect(
      toValues('fit', 'x', [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [5, 6],
          [7, 8],
        ],
      ]),
    ).toEqual({
      data: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]),
      shape: [2, 2, 2],
    });
  });

  test('booleans as 1 and 0, among numbers too', () => {
    const mixed = [
      [true, 3],
      [false, 0],
    ];
    expect(toValues('fit', 'x', mixed)).toEqual({ data: Float32Array.of(1, 3, 0, 0), shape: [2, 2] });
    expect(toTokens('fit', 'x', mixed)).toEqual({ data: Int32Array.of(1, 3, 0, 0), shape: [2, 2] });
    expect(toValues('fit', 'y', [false, true]).data).toEqual(Float32Array.of(0, 1));
    expect(padSequences([[true], [false, 2]]).toArray()).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  test('rows that are typed arrays, also of two kinds', () => {
    expect(toTokens('fit', 'x', [new Int32Array([1, 2]), new Uint8Array([3, 4]), [5, 6]])).toEqual({
      data: new Int32Array([1, 2, 3, 4, 5, 6]),
      shape: [3, 2],
    });
  });

  test('arrays of another realm', () => {
    const foreign: unknown = vm.runInNewContext('({ data: new Float32Array([1, 2]), shape: [1, 2] })');
    expect(Array.from(toValues('fit', 'x', foreign).data)).toEqual([1, 2]);
    expect(Array.from(toTokens('fit', 'x', vm.runInNewContext('[[1, 2], [3, 4]]')).data)).toEqual([1, 2, 3, 4]);
  });
});
