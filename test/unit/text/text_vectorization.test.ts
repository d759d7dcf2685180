// SPDX-License-Identifier: MIT
// TextVectorization: misuse, then Keras' own vocabularies and outputs (goldens by tools/golden/text.py), then what a plain
// count of words says, and what Keras does not have: streams of texts, functions of one text, configs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NdArray } from '../../../lib/ndarray';
import {
  TextVectorization,
  type TextInput,
  type TextSource,
  type TextVectorizationConfig,
  type TextVectorizationOptions,
} from '../../../lib/text';
import { readGolden, type Packed } from '../../reference/golden';

interface Given {
  options: TextVectorizationOptions;
  vocabulary: string[];
  inputs: TextInput;
  outputs: Packed;
}
interface Learnt extends Given {
  texts: string[];
  one: Packed;
  idfWeights?: number[];
}
interface Documents {
  split: 'whitespace' | null;
  batches: TextInput[];
  vocabulary: string[];
  idfWeights: number[];
}
const golden = readGolden<{ learnt: Learnt[]; given: Given[]; documents: Documents[] }>('text_vectorization');

/** Single precision against nine digits: a logarithm, a mean and a product. */
const TOLERANCE = 3e-7;

function expectArray(
  actual: Pick<NdArray<Int32Array | Float32Array>, 'data' | 'shape'>,
  { shape, data }: Packed,
): void {
  expect(actual.shape).toEqual(shape);
  expect(Object.prototype.toString.call(actual.data)).toMatch(/Int32|Float32/);
  const expected: number[] = data;
  expected.forEach((value, i) => {
    if (Number.isInteger(value)) expect(actual.data[i]).toBe(value);
    else expect(Math.abs(actual.data[i]! - value)).toBeLessThanOrEqual(TOLERANCE * Math.abs(value));
  });
}

const words = ['earth', 'wind', 'and', 'fire'];
const refused = (code: string, message = /TextVectorization.*: expected/) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown as Error;

describe('TextVectorization: options that are refused', () => {
  const hostile: [options: unknown, code: string, message?: RegExp][] = [
    [5, 'ERR_TYPE'],
    [{ max_tokens: 5 }, 'ERR_UNKNOWN_OPTION', /'maxTokens'/],
    [{ maxTokens: 2 }, 'ERR_CONFIG'],
    [{ maxTokens: 1, outputMode: 'count' }, 'ERR_CONFIG'],
    [{ maxTokens: '9' }, 'ERR_TYPE'],
    [{ standardize: 'lowr' }, 'ERR_UNKNOWN_NAME', /'lower'/],
    [{ standardize: true }, 'ERR_TYPE'],
    [{ split: 'whitespaces' }, 'ERR_UNKNOWN_NAME', /'whitespace'/],
    [{ split: [] }, 'ERR_TYPE'],
    [{ ngrams: 0 }, 'ERR_CONFIG'],
    [{ ngrams: [] }, 'ERR_CONFIG'],
    [{ ngrams: [1, 2.5] }, 'ERR_CONFIG'],
    [{ ngrams: '2' }, 'ERR_TYPE'],
    [{ outputMode: 'multihots' }, 'ERR_UNKNOWN_NAME', /'multi_hot'/],
    [{ outputMode: 'one_hot' }, 'ERR_UNKNOWN_NAME'],
    [{ outputSequenceLength: 0 }, 'ERR_CONFIG'],
    [{ outputSequenceLength: 5, outputMode: 'count' }, 'ERR_CONFIG', /only with outputMode 'int'/],
    [{ padToMaxTokens: true, outputMode: 'count' }, 'ERR_CONFIG', /maxTokens/],
    [{ padToMaxTokens: 1 }, 'ERR_TYPE'],
    [{ ragged: true }, 'ERR_CONFIG', /not supported yet/],
    [{ sparse: true }, 'ERR_CONFIG', /not supported yet/],
    [{ encoding: 'latin1' }, 'ERR_CONFIG', /not supported yet/],
    [{ vocabulary: [] }, 'ERR_DATA'],
    [{ vocabulary: ['', '[UNK]'] }, 'ERR_DATA'],
    [{ vocabulary: ['a', 'a'] }, 'ERR_CONFIG', /"a" twice/],
    [{ vocabulary: ['a', ''] }, 'ERR_CONFIG', /no ""/],
    [{ vocabulary: ['', '[UNK]', 'a'], outputMode: 'count' }, 'ERR_CONFIG', /no ""/],
    [{ vocabulary: ['a', 5] }, 'ERR_TYPE', /word 1/],
    [{ vocabulary: new Set(['a']) }, 'ERR_TYPE'],
    [{ vocabulary: words, maxTokens: 5 }, 'ERR_CONFIG', /at most maxTokens = 5/],
    [{ vocabulary: '/nowhere/words.txt' }, 'ERR_NOT_FOUND'],
    [{ vocabulary: ['a\ud800'] }, 'ERR_DATA', /half a character/],
    [{ vocabulary: words, outputMode: 'tf_idf' }, 'ERR_CONFIG', /idfWeights together/],
    [{ vocabulary: words, idfWeights: [1, 2, 3, 4] }, 'ERR_CONFIG', /only with outputMode 'tf_idf'/],
    [{ idfWeights: [1] }, 'ERR_CONFIG', /together with vocabulary/],
    [{ vocabulary: words, outputMode: 'tf_idf', idfWeights: [1, 2] }, 'ERR_SHAPE', /\[4\]/],
    [{ vocabulary: words, outputMode: 'tf_idf', idfWeights: [1, 2, NaN, 3] }, 'ERR_DATA'],
  ];
  for (const [options, code, message] of hostile)
    test(`${JSON.stringify(options)}: ${code}`, () => {
      expect(() => new TextVectorization(options as TextVectorizationOptions)).toThrow(refused(code, message));
    });
});

describe('TextVectorization: texts that are refused', () => {
  const layer = new TextVectorization({ vocabulary: words });
  const hostile: [texts: unknown, code: string, message?: RegExp][] = [
    [undefined, 'ERR_TYPE'],
    [5, 'ERR_TYPE'],
    [[], 'ERR_DATA'],
    [[5], 'ERR_TYPE', /text 0/],
    [['a', null], 'ERR_TYPE', /text 1/],
    [[['a'], 'b'], 'ERR_TYPE', /row 1/],
    [[['a', 'b']], 'ERR_SHAPE', /split: null/],
    [['fine', 'x\udc00y'], 'ERR_DATA', /0xdc00\) at 1.*toWellFormed/],
  ];
  for (const [texts, code, message] of hostile)
    test(`call(${JSON.stringify(texts)}): ${code}`, () => {
      expect(() => layer.call(texts as string[])).toThrow(refused(code, message));
    });

  test('call needs a vocabulary', () => {
    expect(() => new TextVectorization().call(['a'])).toThrow(refused('ERR_STATE', /adapt/));
  });

  const sources: [data: unknown, options: unknown, code: string][] = [
    ['a text', undefined, 'ERR_TYPE'],
    [5, undefined, 'ERR_TYPE'],
    [null, undefined, 'ERR_TYPE'],
    [[], undefined, 'ERR_DATA'],
    [['', '  ', '...'], undefined, 'ERR_DATA'],
    [['a', 5], undefined, 'ERR_TYPE'],
    [[['a', 'b'], [['c', 'd']]], undefined, 'ERR_SHAPE'],
    [['a'], { steps: 1 }, 'ERR_CONFIG'],
    [new Set(['a']), { steps: 0 }, 'ERR_CONFIG'],
    [['a'], { step: 1 }, 'ERR_UNKNOWN_OPTION'],
  ];
  test.each(sources)('adapt(%j, %j): %s', async (data, options, code) => {
    await expect(
      new TextVectorization().adapt(data as TextSource, options as { steps?: number }),
    ).rejects.toMatchObject({ code });
  });

  test('adapt is refused where the constructor was given a vocabulary, and a failed one keeps what was learnt', async () => {
    await expect(layer.adapt(['a'])).rejects.toMatchObject({ code: 'ERR_STATE' });
    const other = new TextVectorization();
    await other.adapt(['a b']);
    await expect(other.adapt(['...'])).rejects.toMatchObject({ code: 'ERR_DATA' });
    expect(other.getVocabulary()).toEqual(['', '[UNK]', 'b', 'a']);
  });

  test('functions must give what they are asked for, and what they throw is passed on', () => {
    const call = (options: object) => () => new TextVectorization({ vocabulary: words, ...options }).call(['a b']);
    expect(call({ standardize: () => 5 })).toThrow(refused('ERR_TYPE', /result of standardize/));
    expect(call({ split: () => 'a' })).toThrow(refused('ERR_TYPE', /split to return an array/));
    expect(call({ split: () => [5] })).toThrow(refused('ERR_TYPE', /token 0/));
    const failure = new Error('mine');
    expect(
      call({
        standardize: () => {
          throw failure;
        },
      }),
    ).toThrow(failure);
  });
});

describe('TextVectorization: Keras', () => {
  test.each(golden.learnt)('learns and gives the same with $options', async (example) => {
    const { options, texts, vocabulary, inputs, outputs, one, idfWeights } = example;
    const layer = new TextVectorization(options);
    await layer.adapt(texts);
    expect(layer.getVocabulary()).toEqual(vocabulary);
    expect(layer.vocabularySize()).toBe(vocabulary.length);
    expectArray(layer.call(inputs), outputs);
    expectArray(layer.call(inputs.at(-1) as string), one);
    if (idfWeights) {
      const shape = [idfWeights.length];
      expectArray({ data: layer.idfWeights!, shape }, { data: idfWeights, shape });
    } else expect(layer.idfWeights).toBeNull();
  });

  test.each(golden.given)('gives the same with $options of $inputs', ({ options, inputs, vocabulary, outputs }) => {
    const layer = new TextVectorization(options);
    expect(layer.getVocabulary()).toEqual(vocabulary);
    expectArray(layer.call(inputs), outputs);
  });

  test.each(golden.documents)('sees the same documents in $batches with split $split', async (example) => {
    const layer = new TextVectorization({ split: example.split, outputMode: 'tfIdf' });
    await layer.adapt(
      (function* () {
        yield* example.batches;
      })(),
    );
    expect(layer.getVocabulary()).toEqual(example.vocabulary);
    const shape = [example.idfWeights.length];
    expectArray({ data: layer.idfWeights!, shape }, { data: example.idfWeights, shape });
  });
});

describe('TextVectorization: a plain count of words', () => {
  const texts = Array.from({ length: 700 }, (_, i) => `w${i % 7} w${i % 3} W${i % 11}! x`);
  const tokens = texts.map((text) => text.toLowerCase().replace('!', '').split(' '));
  const count = (word: string) => tokens.flat().filter((token) => token === word).length;

  test('orders, counts and weighs the same', async () => {
    const layer = new TextVectorization({ outputMode: 'tf_idf' });
    await layer.adapt(texts);
    const [unknown, ...vocabulary] = layer.getVocabulary();
    expect(unknown).toBe('[UNK]');
    expect(new Set(vocabulary)).toEqual(new Set(tokens.flat()));
    vocabulary.slice(1).forEach((word, i) => {
      const before = vocabulary[i]!;
      expect(count(before) > count(word) || (count(before) === count(word) && before > word)).toBe(true);
    });
    const [row] = layer.call([texts[5]!]);
    vocabulary.forEach((word, i) => {
      const documents = tokens.filter((list) => list.includes(word)).length;
      const here = tokens[5]!.filter((token) => token === word).length;
      expect(row!.data[i + 1]).toBeCloseTo(here * Math.log(1 + texts.length / (1 + documents)), 5);
    });
  });

  test('from an array, a generator, and a stream of batches it learns the same', async () => {
    const learnt = async (source: TextSource, options?: { steps?: number }) => {
      const layer = new TextVectorization();
      await layer.adapt(source, options);
      return layer.getVocabulary();
    };
    const expected = await learnt(texts);
    expect(await learnt(new Set(texts.map((text, i) => `${text}${' '.repeat(i)}`)))).toEqual(expected);
    async function* stream() {
      for (let i = 0; i < texts.length; i += 64) yield texts.slice(i, i + 64);
    }
    expect(await learnt(stream())).toEqual(expected);
    expect(await learnt(stream(), { steps: 1 })).toEqual(await learnt(texts.slice(0, 64)));
  });

  test('the event loop turns while it learns', async () => {
    let turns = 0;
    const tick = setInterval(() => turns++, 0);
    await new TextVectorization().adapt(texts.flatMap((text) => Array.from({ length: 20 }, () => text)));
    clearInterval(tick);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('TextVectorization: beyond Keras', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('functions see one text each, so that other scripts can be made uniform', async () => {
    const layer = new TextVectorization({
      standardize: (text) => text.normalize('NFC').toLowerCase(),
      split: (text) => text.split('·'),
    });
    await layer.adapt(['É·e\u0301', 'Σ·Ж']);
    expect(layer.getVocabulary(false)).toEqual(['é', 'ж', 'σ']);
    expect(layer.call('É·x').toArray()).toEqual([2, 1]);
  });

  test('a file of words may begin with the special tokens', () => {
    const file = join(folder, 'words.txt');
    for (const text of ['earth\nwind\n', '\n[UNK]\nearth\r\nwind']) {
      writeFileSync(file, text);
      expect(new TextVectorization({ vocabulary: file }).getVocabulary()).toEqual(['', '[UNK]', 'earth', 'wind']);
    }
  });

  test.each(['int', 'multi_hot', 'count', 'tf_idf'])('with %s a config in JSON gives the layer again', async (mode) => {
    const layer = new TextVectorization({ outputMode: mode, ngrams: [1, 2], maxTokens: 30, split: 'character' });
    await layer.adapt(['abc', 'bcd \ud83d\ude00']);
    const restored = TextVectorization.fromConfig(
      JSON.parse(JSON.stringify(layer)) as { className: string; config: TextVectorizationConfig },
    );
    expect(restored.getConfig()).toEqual(layer.getConfig());
    expect(restored.call(['ab', 'zz'])).toEqual(layer.call(['ab', 'zz']));
    await expect(restored.adapt(['a'])).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  test('a config without a vocabulary gives a layer that can learn one; functions are asked for again', async () => {
    const config = new TextVectorization({ standardize: (text) => text.toUpperCase() }).getConfig();
    expect(config).toMatchObject({ standardize: 'function', vocabulary: null });
    expect(() => TextVectorization.fromConfig(config)).toThrow(refused('ERR_CONFIG', /the function standardize/));
    expect(() => TextVectorization.fromConfig(null as never)).toThrow(refused('ERR_TYPE'));
    const restored = TextVectorization.fromConfig(config, { standardize: (text) => text.toUpperCase() });
    await restored.adapt(['a']);
    expect(restored.getVocabulary(false)).toEqual(['A']);
  });

  test('a vocabulary may be replaced, and one that is refused changes nothing', () => {
    const layer = new TextVectorization();
    layer.setVocabulary(['a']);
    layer.setVocabulary(words);
    expect(() => layer.setVocabulary(['b', 'b'])).toThrow(refused('ERR_CONFIG'));
    expect(layer.getVocabulary(false)).toEqual(words);
  });
});
