// SPDX-License-Identifier: MIT
// padSequences: refuses what it cannot pad, and pads as Keras does (goldens by tools/golden/datasets.py).
import { NdArray } from '../../../lib/ndarray';
import { padSequences, type PadSequencesOptions } from '../../../lib/preprocessing/sequence';
import { readGolden } from '../../support/dataset_goldens';

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown as Error;

describe('padSequences: misuse', () => {
  const hostile: [title: string, sequences: unknown, options: unknown, code: string, message?: RegExp][] = [
    ['no array at all', 5, {}, 'ERR_TYPE'],
    ['null', null, {}, 'ERR_TYPE'],
    ['a string', 'abc', {}, 'ERR_TYPE'],
    ['a row that is a number', [[1], 2], {}, 'ERR_TYPE', /sequence 1/],
    ['a row that is a string', ['ab'], {}, 'ERR_TYPE', /sequence 0/],
    ['a row of big integers', [new BigInt64Array(2)], {}, 'ERR_TYPE', /sequence 0/],
    ['a hole among the rows', new Array(2), {}, 'ERR_TYPE', /sequence 0/],
    ['a string among the numbers', [[1], [2, '3']], {}, 'ERR_TYPE', /sequence 1/],
    ['a hole among the numbers', [new Array(2)], {}, 'ERR_TYPE'],
    ['NaN for an integer type', [[1, NaN]], {}, 'ERR_RANGE', /NaN/],
    ['a number beyond the type', [[300]], { dtype: 'int8' }, 'ERR_RANGE', /300/],
    ['a negative number for an unsigned type', [[-1]], { dtype: 'uint8' }, 'ERR_RANGE'],
    ['samples of different length', [[[1, 2]], [[1, 2, 3]]], {}, 'ERR_SHAPE', /sequence 1/],
    ['a vector among numbers', [[1, [2]]], {}, 'ERR_SHAPE'],
    ['a number among vectors', [[[1], 2]], {}, 'ERR_SHAPE'],
    ['padding value NaN for integers', [[1]], { value: NaN }, 'ERR_CONFIG'],
    ['a string as padding value', [[1]], { value: '0' }, 'ERR_TYPE'],
    ['maxlen 0', [[1]], { maxlen: 0 }, 'ERR_CONFIG'],
    ['maxlen 1.5', [[1]], { maxlen: 1.5 }, 'ERR_CONFIG'],
    ['maxlen beyond memory', [[1], [1], [1], [1], [1]], { maxlen: 2147483647 }, 'ERR_CONFIG'],
    ['an unknown side', [[1]], { padding: 'pots' }, 'ERR_CONFIG', /'post'/],
    ['an unknown type', [[1]], { dtype: 'int23' }, 'ERR_CONFIG', /'int32'/],
    ['an inherited name as a type', [[1]], { dtype: 'constructor' }, 'ERR_CONFIG'],
    ['a misspelt option', [[1]], { maxLength: 3 }, 'ERR_UNKNOWN_OPTION'],
    ['a misspelt option close to a true one', [[1]], { truncatin: 'pre' }, 'ERR_UNKNOWN_OPTION', /'truncating'/],
  ];
  for (const [title, sequences, options, code, message = /padSequences: expected/] of hostile) {
    test(`refuses ${title}`, () => {
      expect(() => padSequences(sequences as number[][], options as PadSequencesOptions)).toThrow(
        refused(code, message),
      );
    });
  }
});

describe('padSequences: values', () => {
  test('equals Keras on random sequences, options and element types', () => {
    for (const { sequences, options, shape, data } of readGolden('pad_sequences').cases) {
      const padded = padSequences(sequences, options);
      expect([padded.shape, Array.from(padded.data)]).toEqual([shape, data]);
    }
  });

  test('makes 32-bit integers of the longest length by default', () => {
    const padded = padSequences([[1], [2, 3], []]);
    expect(Object.prototype.toString.call(padded.data)).toBe('[object Int32Array]');
    expect(padded.toArray()).toEqual([
      [0, 1],
      [2, 3],
      [0, 0],
    ]);
  });

  test('takes typed rows, rows of vectors, NdArray rows and one NdArray', () => {
    expect(padSequences([new Uint8Array([1]), new Float64Array([2.9, -2.9])]).toArray()).toEqual([
      [0, 1],
      [2, -2],
    ]);
    const matrix = new NdArray(new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2]);
    const options = { maxlen: 2, dtype: 'float32' } as const;
    expect(padSequences([matrix], options).toArray()).toEqual([
      [
        [3, 4],
        [5, 6],
      ],
    ]);
    expect(padSequences([[new Float32Array([3, 4])], matrix], options).shape).toEqual([2, 2, 2]);
    expect(padSequences(matrix, { maxlen: 3 }).toArray()).toEqual([
      [0, 1, 2],
      [0, 3, 4],
      [0, 5, 6],
    ]);
  });

  test('leaves NaN and infinities alone in floating-point types', () => {
    expect(padSequences([[NaN], [1, Infinity]], { dtype: 'float64' }).toArray()).toEqual([
      [0, NaN],
      [1, Infinity],
    ]);
  });

  test('pads no sequences to no rows', () => {
    expect(padSequences([]).shape).toEqual([0, 0]);
    expect(padSequences([], { maxlen: 4 }).shape).toEqual([0, 4]);
  });
});
