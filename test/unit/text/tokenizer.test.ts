// SPDX-License-Identifier: MIT
// Tokenizer and the plain functions beside it: misuse, then what Keras' legacy code gives (goldens by tools/golden/text.py).
import {
  hashingTrick,
  oneHot,
  textToWordSequence,
  Tokenizer,
  tokenizerFromJson,
  type HashingOptions,
  type MatrixMode,
  type TokenizerOptions,
  type TokenizerText,
} from '../../../lib/text';
import type { NdArray } from '../../../lib/ndarray';
import { readGolden, type Packed } from '../../reference/golden';

interface Case {
  options: TokenizerOptions;
  texts: TokenizerText[];
  more: TokenizerText[];
  inputs: TokenizerText[];
  sequences: number[][];
  back: string[];
  matrices: Record<MatrixMode, Packed>;
  json: string;
  wordIndex: [string, number][];
}
const golden = readGolden<{
  cases: Case[];
  functions: { text: string; words: string[]; hashes: number[] }[];
  sequences: { rows: number[][]; json: { config: { index_docs: string; document_count: number } }; tfidf: Packed };
}>('tokenizer');

function expectMatrix({ shape, data }: NdArray, expected: Packed): void {
  expect(shape).toEqual(expected.shape);
  data.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 6));
}

describe('Tokenizer: misuse', () => {
  const options: [options: unknown, code: string][] = [
    [{ num_words: 5 }, 'ERR_UNKNOWN_OPTION'],
    [{ numWords: 0 }, 'ERR_CONFIG'],
    [{ filters: 5 }, 'ERR_TYPE'],
    [{ lower: 'yes' }, 'ERR_TYPE'],
    [{ split: '' }, 'ERR_CONFIG'],
    [{ charLevel: 1 }, 'ERR_TYPE'],
    [{ oovToken: 1 }, 'ERR_TYPE'],
    [{ analyzer: 'words' }, 'ERR_TYPE'],
  ];
  test.each(options)('new Tokenizer(%j): %s', (given, code) => {
    expect(() => new Tokenizer(given as TokenizerOptions)).toThrow(expect.objectContaining({ code }));
  });

  const fitted = new Tokenizer();
  fitted.fitOnTexts(['a b']);
  const calls: [title: string, call: () => unknown, code: string][] = [
    ['a text in place of an array', () => fitted.fitOnTexts('a b'), 'ERR_TYPE'],
    ['no texts', () => fitted.fitOnTexts(undefined as never), 'ERR_TYPE'],
    ['a number among texts', () => fitted.textsToSequences([5] as never), 'ERR_TYPE'],
    ['a number among words', () => fitted.textsToSequences([['a', 5]] as never), 'ERR_TYPE'],
    ['half a character', () => fitted.fitOnTexts(['\ud800']), 'ERR_DATA'],
    ['sequences that are none', () => fitted.sequencesToTexts(5 as never), 'ERR_TYPE'],
    ['a sequence of strings', () => fitted.sequencesToTexts([['1']] as never), 'ERR_TYPE'],
    ['a negative id', () => fitted.sequencesToMatrix([Int32Array.of(-1)]), 'ERR_CONFIG'],
    ['an unknown mode', () => fitted.sequencesToMatrix([[1]], 'tf' as never), 'ERR_UNKNOWN_NAME'],
    ['a matrix before fitting', () => new Tokenizer().sequencesToMatrix([[1]]), 'ERR_STATE'],
    ['weights before fitting', () => new Tokenizer({ numWords: 5 }).textsToMatrix(['a'], 'tfidf'), 'ERR_STATE'],
    [
      'an analyzer that gives no words',
      () => new Tokenizer({ analyzer: () => 5 as never }).fitOnTexts(['a']),
      'ERR_TYPE',
    ],
    ['JSON of something else', () => Tokenizer.fromJson('[]'), 'ERR_DATA'],
    ['text that is no JSON', () => Tokenizer.fromJson('{'), 'ERR_DATA'],
    ['no JSON', () => Tokenizer.fromJson(5 as never), 'ERR_TYPE'],
    ['a config without counts', () => Tokenizer.fromJson('{"config": {}}'), 'ERR_TYPE'],
    [
      'counts that are words',
      () => Tokenizer.fromJson(fitted.toJson().replace('a\\": 1', 'a\\": \\"b\\"')),
      'ERR_TYPE',
    ],
    [
      'counts that are objects',
      () => Tokenizer.fromJson(fitted.toJson().replace('a\\": 1', 'a\\": {\\"b\\": 1}')),
      'ERR_DATA',
    ],
  ];
  test.each(calls)('refuses %s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
  test('and is as before then', () => {
    expect([...fitted.wordIndex]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(fitted.documentCount).toBe(1);
  });
});

describe('Tokenizer: Keras', () => {
  test.each(golden.cases)('equals Keras with $options', (example) => {
    const tokenizer = new Tokenizer(example.options);
    tokenizer.fitOnTexts(example.texts);
    tokenizer.fitOnTexts(example.more);
    expect([...tokenizer.wordIndex]).toEqual(example.wordIndex);
    const sequences = tokenizer.textsToSequences(example.inputs);
    expect(sequences).toEqual(example.sequences);
    expect(tokenizer.sequencesToTexts([...sequences, [0, 1, 2, 3, 99]])).toEqual(example.back);
    for (const mode of ['binary', 'count', 'freq', 'tfidf'] as const)
      expectMatrix(tokenizer.textsToMatrix(example.inputs, mode), example.matrices[mode]);
  });

  /** JSON in JSON, read; the order of words that Python takes from a set is no one's to repeat. */
  const read = (json: string) => {
    const { class_name, config } = JSON.parse(json) as { class_name: string; config: Record<string, unknown> };
    const maps = Object.entries(config).map(([key, value]) =>
      /^(word|index)_/.test(key) ? [key, JSON.parse(value as string) as unknown] : [key, value],
    );
    return { class_name, config: Object.fromEntries(maps) as unknown };
  };

  test.each(golden.cases)("writes Keras' JSON and reads it, with $options", (example) => {
    const tokenizer = new Tokenizer(example.options);
    tokenizer.fitOnTexts(example.texts);
    tokenizer.fitOnTexts(example.more);
    expect(read(tokenizer.toJson())).toEqual(read(example.json));
    const restored = tokenizerFromJson(example.json);
    expect([...restored.wordIndex]).toEqual(example.wordIndex);
    expect([...restored.wordCounts]).toEqual([...tokenizer.wordCounts]);
    expect(restored.textsToSequences(example.inputs)).toEqual(example.sequences);
    expectMatrix(restored.textsToMatrix(example.inputs, 'tfidf'), example.matrices.tfidf);
    restored.fitOnTexts(['one more']);
    tokenizer.fitOnTexts(['one more']);
    expect(read(restored.toJson())).toEqual(read(tokenizer.toJson()));
  });

  test('counts sequences as Keras does', () => {
    const { rows, json, tfidf } = golden.sequences;
    const tokenizer = new Tokenizer({ numWords: 6 });
    tokenizer.fitOnSequences(rows);
    expect(tokenizer.documentCount).toBe(json.config.document_count);
    expect(Object.fromEntries(tokenizer.indexDocs)).toEqual(JSON.parse(json.config.index_docs));
    expectMatrix(tokenizer.sequencesToMatrix(rows, 'tfidf'), tfidf);
    expectMatrix(
      tokenizer.sequencesToMatrix(
        rows.map((row) => Int32Array.from(row)),
        'tfidf',
      ),
      tfidf,
    );
  });

  test('an analyzer takes the place of the filters', () => {
    const analyzer = (text: string) => text.split('-');
    const tokenizer = new Tokenizer({ analyzer });
    tokenizer.fitOnTexts(['A-b', 'b-C d']);
    expect([...tokenizer.wordIndex.keys()]).toEqual(['b', 'A', 'C d']);
    expect(Tokenizer.fromJson(tokenizer.toJson(), { analyzer }).textsToSequences(['C d-b'])).toEqual([[3, 1]]);
  });
});

describe('textToWordSequence, hashingTrick, oneHot', () => {
  test.each(golden.functions)('equal Keras on $text', ({ text, words, hashes }) => {
    expect(textToWordSequence(text)).toEqual(words);
    expect(hashingTrick(text, 1000)).toEqual(hashes);
    expect(oneHot(text, 1000, { hashFunction: 'md5' })).toEqual(hashes);
  });

  test('take functions in place of splitting and hashing', () => {
    const options: HashingOptions = { analyzer: (text) => text.split('+'), hashFunction: (word) => -word.length };
    // As Python's remainder: -1 % 4 is 3.
    expect(hashingTrick('a+bb', 5, options)).toEqual([4, 3]);
    expect(hashingTrick('a+bb', 5, { ...options, hashFunction: (word) => BigInt(word.length) })).toEqual([2, 3]);
  });

  const hostile: [call: () => unknown, code: string][] = [
    [() => textToWordSequence(5 as never), 'ERR_TYPE'],
    [() => textToWordSequence('a', { filter: '' } as never), 'ERR_UNKNOWN_OPTION'],
    [() => hashingTrick('a', 1), 'ERR_CONFIG'],
    [() => hashingTrick('a', 5, { hashFunction: 'sha1' as never }), 'ERR_CONFIG'],
    [() => hashingTrick('a', 5, { hashFunction: () => 0.5 }), 'ERR_TYPE'],
    [() => oneHot('a', 5, { analyzer: 5 as never }), 'ERR_TYPE'],
  ];
  test.each(hostile)('%s is refused with %s', (call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });
});
