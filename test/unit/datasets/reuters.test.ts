// SPDX-License-Identifier: MIT
// reuters.loadData: misuse, then Keras' own results on an archive that numpy wrote (goldens by tools/golden/datasets.py).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelledSequences } from '../../../lib/datasets/labelled_sequences';
import * as reuters from '../../../lib/datasets/reuters';
import { readGolden } from '../../support/dataset_goldens';
import { imdbArchive } from '../../support/npz_writer';

const golden = readGolden('reuters');
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  path = join(folder, 'reuters.npz');
  writeFileSync(path, Buffer.from(golden.npz, 'base64'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const plain = ({ x, y }: LabelledSequences['train']) => [x.map((row) => [...row]), [...y]];

describe('reuters.loadData: misuse', () => {
  const hostile: [options: object, code: string][] = [
    [{ test_split: 0.5 }, 'ERR_UNKNOWN_OPTION'],
    [{ testSplit: '0.2' }, 'ERR_TYPE'],
    [{ testSplit: -0.1 }, 'ERR_CONFIG'],
    [{ testSplit: 1.1 }, 'ERR_CONFIG'],
    [{ testSplit: NaN }, 'ERR_CONFIG'],
    [{ numWords: 0 }, 'ERR_CONFIG'],
    [{ maxlen: 1 }, 'ERR_DATA'],
    [{ path: 5 }, 'ERR_TYPE'],
    [{ path: '/nowhere/reuters.npz' }, 'ERR_NOT_FOUND'],
  ];
  test.each(hostile)('%j rejects with %s', async (options, code) => {
    await expect(reuters.loadData({ path, ...options })).rejects.toMatchObject({ code });
  });

  test("IMDB's archive is refused by the member that it lacks", async () => {
    const other = join(folder, 'other.npz');
    writeFileSync(other, imdbArchive([[1]], [1], [[1]], [1]));
    await expect(reuters.loadData({ path: other })).rejects.toMatchObject({
      code: 'ERR_DATA',
      message: expect.stringMatching(/a member "x\.npy"/) as unknown,
    });
  });
});

describe('reuters.loadData: values', () => {
  test.each(golden.cases)('equals Keras with options $options', async ({ options, train, test }) => {
    const loaded = await reuters.loadData({ path, ...options });
    expect([plain(loaded.train), plain(loaded.test)]).toEqual([train, test]);
  });

  test('OSTINATO_REUTERS names the file, and the result may be read as tuples', async () => {
    process.env['OSTINATO_REUTERS'] = path;
    try {
      const loaded = await reuters.loadData();
      const [[x, y], [, labels]] = loaded;
      expect([x, y, labels]).toEqual([loaded.train.x, loaded.train.y, loaded.test.y]);
      expect(loaded.source).toBe(`OSTINATO_REUTERS: ${path}`);
    } finally {
      delete process.env['OSTINATO_REUTERS'];
    }
  });

  test("names the topics in Keras' order", () => {
    expect(reuters.getLabelNames()).toEqual(golden.labels);
    expect(reuters.getLabelNames()).toHaveLength(46);
  });

  test('reads a list of words from its own file', async () => {
    const file = join(folder, 'words.json');
    writeFileSync(file, '{"the": 1, "of": 2}');
    expect([...(await reuters.getWordIndex(file))]).toEqual([
      ['the', 1],
      ['of', 2],
    ]);
    await expect(reuters.getWordIndex(join(folder, 'none'))).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      message: expect.stringMatching(/reuters\.getWordIndex/) as unknown,
    });
  });
});
