// SPDX-License-Identifier: MIT
// imdb.loadData and getWordIndex: misuse, then Keras' own results on a small archive (goldens by tools/golden/datasets.py),
// then the true file where OSTINATO_IMDB names it.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as imdb from '../../../lib/datasets/imdb';
import type { LabelledSequences } from '../../../lib/datasets/labelled_sequences';
import { Mt19937 } from '../../../lib/util/mt19937';
import { readGolden } from '../../support/dataset_goldens';
import { imdbArchive } from '../../support/npz_writer';

const golden = readGolden('imdb');
const { xTrain, yTrain, xTest, yTest } = golden.imdb.input;
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  path = join(folder, 'imdb.npz');
  writeFileSync(path, imdbArchive(xTrain, yTrain, xTest, yTest));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plain = ({ x, y }: LabelledSequences['train']) => [x.map((row) => [...row]), [...y]];

describe('imdb.loadData: misuse', () => {
  const hostile: [options: object, code: string][] = [
    [{ numWord: 10 }, 'ERR_UNKNOWN_OPTION'],
    [{ num_words: 10 }, 'ERR_UNKNOWN_OPTION'],
    [{ numWords: 0 }, 'ERR_CONFIG'],
    [{ numWords: '10000' }, 'ERR_TYPE'],
    [{ skipTop: -1 }, 'ERR_CONFIG'],
    [{ maxlen: 2.5 }, 'ERR_CONFIG'],
    [{ seed: -1 }, 'ERR_CONFIG'],
    [{ seed: 4294967296 }, 'ERR_CONFIG'],
    [{ startChar: NaN }, 'ERR_CONFIG'],
    [{ oovChar: {} }, 'ERR_TYPE'],
    [{ indexFrom: -3 }, 'ERR_CONFIG'],
    [{ indexFrom: 2147483647 }, 'ERR_DATA'],
    [{ onProgress: 5 }, 'ERR_TYPE'],
    [{ path: 5 }, 'ERR_TYPE'],
    [{ path: '' }, 'ERR_CONFIG'],
    [{ path: 'a\0b' }, 'ERR_CONFIG'],
    [{ path: '/nowhere/imdb.npz' }, 'ERR_NOT_FOUND'],
    [{ maxlen: 1 }, 'ERR_DATA'],
  ];
  test.each(hostile)('%j rejects with %s', async (options, code) => {
    await expect(imdb.loadData({ path, ...options })).rejects.toMatchObject({ code });
  });

  test('an archive with too few labels, and a file of something else, reject with ERR_DATA', async () => {
    const other = join(folder, 'other.npz');
    for (const bytes of [imdbArchive(xTrain, [1], xTest, yTest), Buffer.from('not a zip')]) {
      writeFileSync(other, bytes);
      await expect(imdb.loadData({ path: other })).rejects.toMatchObject({ code: 'ERR_DATA' });
    }
  });
});

describe('imdb.loadData: values', () => {
  test.each(golden.imdb.cases)('equals Keras with options $options', async ({ options, train, test }) => {
    const loaded = await imdb.loadData({ path, ...options });
    expect([plain(loaded.train), plain(loaded.test)]).toEqual([train, test]);
  });

  test('reads by name and as the tuples of Keras, and names its source', async () => {
    const loaded = await imdb.loadData({ path });
    const [[x, y], [, labels]] = loaded;
    expect(x).toBe(loaded.train.x);
    expect(y).toBe(loaded.train.y);
    expect(labels).toBe(loaded.test.y);
    expect(loaded.source).toBe(`path: ${path}`);
    expect(new Set(x.map((row) => row.buffer)).size).toBe(1);
  });
});

describe('Mt19937', () => {
  test.each(golden.shuffles)("shuffles as numpy's RandomState($seed)", ({ seed, ten, last }) => {
    const random = new Mt19937(seed);
    const few = Int32Array.from({ length: 10 }, (_, i) => i);
    const many = Int32Array.from({ length: 700 }, (_, i) => i);
    random.shuffle(few);
    random.shuffle(many);
    expect([[...few], [...many.slice(-8)]]).toEqual([ten, last]);
  });
});

describe('imdb.getWordIndex', () => {
  test.each(['[]', 'null', '5', '{"a": "b"}', '{"a": 1.5}', '{"a": -1}', '{"a": 1', ''])(
    'refuses the file %j',
    async (text) => {
      const file = join(folder, 'index.json');
      writeFileSync(file, text);
      await expect(imdb.getWordIndex(file)).rejects.toMatchObject({ code: 'ERR_DATA' });
    },
  );

  test('rejects a path that is no string or names no file', async () => {
    await expect(imdb.getWordIndex(5 as unknown as string)).rejects.toMatchObject({ code: 'ERR_TYPE' });
    await expect(imdb.getWordIndex(join(folder, 'none'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  test('keeps words that JavaScript objects have a meaning for', async () => {
    const file = join(folder, 'words.json');
    writeFileSync(file, '{"the": 1, "constructor": 2, "__proto__": 3}');
    expect([...(await imdb.getWordIndex(file))]).toEqual([
      ['the', 1],
      ['constructor', 2],
      ['__proto__', 3],
    ]);
  });
});

const withFile = process.env['OSTINATO_IMDB'] ? describe : describe.skip;
withFile('imdb.loadData: the true file', () => {
  // SHA-256 over labels, then length and words of each row, of both splits: from Keras 3.15 with the same options.
  const hashes: [options: imdb.ImdbOptions, hash: string][] = [
    [{}, 'd74123c3dc489c25'],
    [{ numWords: 10000 }, 'bc38b9be4eb70394'],
    [{ numWords: 5000, skipTop: 20, maxlen: 200 }, '2b25971504d457ba'],
    [{ numWords: 3000, oovChar: null, seed: 7 }, '903bc524dac51a6a'],
    [{ startChar: null, numWords: 1000 }, '64a8efab7ab0df57'],
    [{ startChar: null, indexFrom: 0, maxlen: 100, oovChar: null, skipTop: 5 }, '4ec6bc8eaac9f9bc'],
    [{ seed: 4294967295, startChar: 9, oovChar: 0, indexFrom: 10, numWords: 20000 }, 'cdf291f59983b9cf'],
  ];
  test.each(hashes)('equals Keras, word for word, with %j', async (options, expected) => {
    const hash = createHash('sha256');
    for (const { x, y } of await imdb.loadData(options)) {
      hash.update(y);
      for (const row of x) hash.update(new Int32Array([row.length])).update(row);
    }
    expect(hash.digest('hex').slice(0, 16)).toBe(expected);
  });

  test('begins as everybody knows it', async () => {
    const { train, source } = await imdb.loadData({ numWords: 10000 });
    expect([...train.y.subarray(0, 10)]).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 1, 0]);
    expect([...train.x[0]!.subarray(0, 6)]).toEqual([1, 14, 22, 16, 43, 530]);
    expect(source).toMatch(/^OSTINATO_IMDB: /);
  });
});
