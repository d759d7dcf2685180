// SPDX-License-Identifier: MIT
// Word ids back to words: what decodeReview refuses, and that it undoes what loadData does.
import { NdArray } from '../../../lib/ndarray';
import { decodeReview, wordDecoder, type DecodeOptions } from '../../../lib/datasets/word_index';
import { padSequences } from '../../../lib/preprocessing/sequence';

const ranks = new Map([
  ['the', 1],
  ['film', 2],
  ['constructor', 3],
]);

describe('decodeReview: misuse', () => {
  const hostile: [ids: unknown, wordIndex: unknown, options: unknown, code: string][] = [
    [5, ranks, {}, 'ERR_TYPE'],
    ['the', ranks, {}, 'ERR_TYPE'],
    [[1.5], ranks, {}, 'ERR_CONFIG'],
    [[-1], ranks, {}, 'ERR_CONFIG'],
    [['1'], ranks, {}, 'ERR_TYPE'],
    [new NdArray(new Int32Array(4), [2, 2]), ranks, {}, 'ERR_SHAPE'],
    [[1], { the: 1 }, {}, 'ERR_TYPE'],
    [[1], new Map([['the', 1.5]]), {}, 'ERR_CONFIG'],
    [[1], new Map([[1, 1]]), {}, 'ERR_TYPE'],
    [[1], ranks, { index_from: 3 }, 'ERR_UNKNOWN_OPTION'],
    [[1], ranks, { indexFrom: -1 }, 'ERR_CONFIG'],
    [[1], ranks, { oovToken: 5 }, 'ERR_TYPE'],
    [[1], ranks, { startChar: '1' }, 'ERR_TYPE'],
  ];
  test.each(hostile)('%p with %p and %j: %s', (ids, wordIndex, options, code) => {
    expect(() => decodeReview(ids as number[], wordIndex as typeof ranks, options as DecodeOptions)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('decodeReview', () => {
  test('gives words, marks the start and unknown words, and leaves padding out', () => {
    expect(decodeReview([0, 0, 1, 4, 5, 2, 6, 99], ranks)).toBe('[START] the film [OOV] constructor [OOV]');
  });

  test('takes rows of every kind', () => {
    const padded = padSequences([[1, 4, 5]], { maxlen: 6 });
    for (const ids of [Int32Array.of(1, 4, 5), [1, 4, 5], padded.row(0)])
      expect(decodeReview(ids, ranks)).toBe('[START] the film');
  });

  test('follows the ids that loadData was told to use', () => {
    const options = { indexFrom: 10, startChar: null, padChar: 7, startToken: '', oovToken: '?' };
    expect(decodeReview([7, 1, 11, 12, 0], ranks, options)).toBe('? the film ?');
    expect(decodeReview([1, 11], ranks, { indexFrom: 10, startToken: '' })).toBe('the');
    expect(decodeReview([0, 1, 2], ranks, { indexFrom: 0, padChar: null, startChar: null })).toBe('[OOV] the film');
  });

  test('wordDecoder reads the list of words once', () => {
    const decode = wordDecoder(ranks);
    expect([[4], [5], []].map(decode)).toEqual(['the', 'film', '']);
  });
});
