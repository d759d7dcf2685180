// SPDX-License-Identifier: MIT
// The generated corpus: misuse, its likeness to IMDB, and that a bag of words learns nothing from it.
import {
  SYNTHETIC_WORDS,
  syntheticReviews,
  type SyntheticReviewsOptions,
} from '../../../lib/datasets/synthetic_reviews';
import type { SequenceSplit } from '../../../lib/datasets/labelled_sequences';

describe('syntheticReviews: misuse', () => {
  const hostile: [options: object, code: string][] = [
    [{ train: 0 }, 'ERR_CONFIG'],
    [{ test: 1.5 }, 'ERR_CONFIG'],
    [{ train: 2000000 }, 'ERR_CONFIG'],
    [{ numWords: 99 }, 'ERR_CONFIG'],
    [{ seed: '1' }, 'ERR_TYPE'],
    [{ words: 5 }, 'ERR_UNKNOWN_OPTION'],
  ];
  for (const [options, code] of hostile) {
    test(`${JSON.stringify(options)} throws ${code}`, () => {
      expect(() => syntheticReviews(options as SyntheticReviewsOptions)).toThrow(
        expect.objectContaining({ code }) as unknown as Error,
      );
    });
  }
});

describe('syntheticReviews: the corpus', () => {
  const corpus = syntheticReviews({ train: 8000, test: 2000, seed: 1 });

  test('has the size, the source and the vocabulary asked for', () => {
    expect([corpus.train.x.length, corpus.test.y.length, corpus.source]).toEqual([8000, 2000, 'synthetic']);
    const small = syntheticReviews({ train: 50, test: 1, numWords: 100 }).train;
    for (const row of small.x) {
      expect(row[0]).toBe(SYNTHETIC_WORDS.start);
      expect(row.every((word, t) => t === 0 || (word >= SYNTHETIC_WORDS.comma && word < 100))).toBe(true);
    }
  });

  test('repeats itself for one seed and differs for another, and between its splits', () => {
    const text = (seed: number) => {
      const { train, test } = syntheticReviews({ train: 40, test: 40, seed });
      return [train, test].map(({ x, y }) => `${x.join(' ')} ${y.join()}`);
    };
    expect(text(1)).toEqual(text(1));
    expect(text(1)[0]).not.toBe(text(2)[0]);
    expect(text(1)[0]).not.toBe(text(1)[1]);
  });

  test("has IMDB's lengths: mean 238, median 177, none beyond 2494", () => {
    const lengths = corpus.train.x.map((row) => row.length).sort((a, b) => a - b);
    expect(Math.abs(lengths.reduce((sum, n) => sum + n) / 8000 - 238)).toBeLessThan(10);
    expect(Math.abs(lengths[4000]! - 177)).toBeLessThan(8);
    expect(lengths[7999]).toBeLessThanOrEqual(2494);
  });

  test('has as many positive as negative reviews, to chance', () => {
    expect(Math.abs(corpus.train.y.reduce((sum, y) => sum + y) / 8000 - 0.5)).toBeLessThan(0.03);
  });

  test('teaches a logistic regression on the bag of words nothing', () => {
    const weights = fitBagOfWords(corpus.train, 10000, 10);
    expect(accuracy(weights, corpus.train)).toBeGreaterThan(0.6);
    expect(accuracy(weights, corpus.test)).toBeLessThan(0.55);
  });

  test('is decided by its last clause: its sentiment, flipped by a negation', () => {
    const decide = (row: Int32Array): number => {
      let polarity = 0;
      let isNegated = 0;
      for (let t = row.length - 1; row[t] !== SYNTHETIC_WORDS.comma && row[t] !== SYNTHETIC_WORDS.but; t--) {
        const word = row[t]!;
        if (word >= SYNTHETIC_WORDS.positive.first && word < SYNTHETIC_WORDS.negative.first) polarity = 1;
        if (word >= SYNTHETIC_WORDS.negation.first && word < SYNTHETIC_WORDS.positive.first) isNegated = 1;
      }
      return polarity ^ isNegated;
    };
    corpus.test.x.forEach((row, index) => expect(decide(row)).toBe(corpus.test.y[index]));
  });
});

/** Logistic regression on word counts, by stochastic gradient steps over rows scaled to unit length; the last weight is the bias. */
function fitBagOfWords({ x, y }: SequenceSplit, numWords: number, epochs: number): Float64Array {
  const weights = new Float64Array(numWords + 1);
  for (let epoch = 0; epoch < epochs; epoch++) {
    x.forEach((row, index) => {
      const scale = 1 / Math.sqrt(row.length);
      const step = 0.2 * (y[index]! - 1 / (1 + Math.exp(-score(weights, row))));
      for (const word of row) weights[word]! += step * scale;
      weights[numWords]! += step * 0.01;
    });
  }
  return weights;
}

function score(weights: Float64Array, row: Int32Array): number {
  const scale = 1 / Math.sqrt(row.length);
  return row.reduce((sum, word) => sum + weights[word]! * scale, weights.at(-1)!);
}

function accuracy(weights: Float64Array, { x, y }: SequenceSplit): number {
  return x.filter((row, index) => Number(score(weights, row) > 0) === y[index]).length / x.length;
}
