// SPDX-License-Identifier: MIT
// textDatasetFromDirectory: misuse and bad files, then Keras' own order, labels and splits (goldens by
// tools/golden/preprocessing.py), then what Keras does not have.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NdArray } from '../../../lib/ndarray';
import {
  textDatasetFromDirectory,
  type TextDataset,
  type TextDatasetOptions,
} from '../../../lib/preprocessing/text_dataset';
import { TextVectorization } from '../../../lib/text';
import { readGolden, type Packed } from '../../reference/golden';
import { testOfLinks } from '../../support/links';

interface Part {
  batches: { texts: string[]; labels: Packed | null }[];
  classNames: string[] | null;
}
const golden = readGolden<{ files: Record<string, string>; cases: { options: TextDatasetOptions; parts: Part[] }[] }>(
  'text_directory',
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  write('golden', golden.files);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes files below a folder of the test's, and returns its path. */
function write(name: string, files: Record<string, string | Buffer>): string {
  const root = join(folder, name);
  mkdirSync(root, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return root;
}

async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const batches: T[] = [];
  for await (const batch of source) batches.push(batch);
  return batches;
}

describe('textDatasetFromDirectory: misuse', () => {
  const hostile: [options: unknown, code: string][] = [
    [{ label_mode: 'int' }, 'ERR_UNKNOWN_OPTION'],
    [{ labels: 'infer' }, 'ERR_TYPE'],
    [{ labels: [0, 1] }, 'ERR_SHAPE'],
    [{ labels: new Array(15).fill(0.5) }, 'ERR_CONFIG'],
    [{ labels: new Array(15).fill('a') }, 'ERR_TYPE'],
    [{ labels: new Array(15).fill(5), labelMode: 'categorical' }, 'ERR_RANGE'],
    [{ labels: null, classNames: ['pos'] }, 'ERR_CONFIG'],
    [{ labelMode: null, classNames: ['pos'] }, 'ERR_CONFIG'],
    [{ labelMode: 'one_hot' }, 'ERR_CONFIG'],
    [{ labelMode: 'binary' }, 'ERR_CONFIG'],
    [{ classNames: [] }, 'ERR_TYPE'],
    [{ classNames: ['pos', 5] }, 'ERR_TYPE'],
    [{ classNames: ['pos', 'pos'] }, 'ERR_CONFIG'],
    [{ classNames: ['positive'] }, 'ERR_CONFIG'],
    [{ classNames: ['.hidden'] }, 'ERR_CONFIG'],
    [{ batchSize: 0 }, 'ERR_CONFIG'],
    [{ maxLength: 0 }, 'ERR_CONFIG'],
    [{ shuffle: null }, 'ERR_TYPE'],
    [{ shuffle: false, seed: -1 }, 'ERR_CONFIG'],
    [{ validationSplit: 1, subset: 'both', seed: 1 }, 'ERR_CONFIG'],
    [{ validationSplit: '0.2', subset: 'both', seed: 1 }, 'ERR_TYPE'],
    [{ validationSplit: 0.2, seed: 1 }, 'ERR_CONFIG'],
    [{ subset: 'training' }, 'ERR_CONFIG'],
    [{ validationSplit: 0.2, subset: 'train', seed: 1 }, 'ERR_CONFIG'],
    [{ validationSplit: 0.2, subset: 'training' }, 'ERR_CONFIG'],
    [{ validationSplit: 0.01, subset: 'validation', seed: 1 }, 'ERR_DATA'],
    [{ followLinks: 'yes' }, 'ERR_TYPE'],
    [{ verbose: 2 }, 'ERR_TYPE'],
  ];
  test.each(hostile)('%j rejects with %s', async (options, code) => {
    const made = textDatasetFromDirectory(join(folder, 'golden'), options as TextDatasetOptions);
    await expect(made).rejects.toMatchObject({ code });
  });

  test.each([
    [5, 'ERR_TYPE'],
    ['', 'ERR_CONFIG'],
    ['a\0b', 'ERR_CONFIG'],
    ['/nowhere/texts', 'ERR_NOT_FOUND'],
    [__filename, 'ERR_NOT_FOUND'],
  ])('the folder %j rejects with %s', async (directory, code) => {
    for (const options of [{}, { labels: null }, { labels: null, followLinks: true }])
      await expect(textDatasetFromDirectory(directory as string, options)).rejects.toMatchObject({ code });
  });

  test('a folder without texts is refused', async () => {
    const root = write('empty', { 'a/notes.md': 'none' });
    await expect(textDatasetFromDirectory(root)).rejects.toMatchObject({ code: 'ERR_DATA' });
  });

  testOfLinks('folders that lead back into themselves are refused only where links are followed', async () => {
    const root = write('circle', { 'a/1.txt': 'one' });
    symlinkSync(root, join(root, 'a', 'back'));
    await expect(textDatasetFromDirectory(root, { followLinks: true })).rejects.toMatchObject({ code: 'ERR_DATA' });
    expect((await textDatasetFromDirectory(root)).filePaths).toEqual([join(root, 'a', '1.txt')]);
  });

  test('files that are no UTF-8, or gone when they are read, are named', async () => {
    const root = write('bad', { 'a/1.txt': 'one', 'a/2.txt': Buffer.from([0x61, 0xc3]), 'a/3.txt': 'three' });
    const dataset = await textDatasetFromDirectory(root, { shuffle: false, batchSize: 1 });
    const seen: string[] = [];
    const read = async () => {
      for await (const [[text]] of dataset) seen.push(text!);
    };
    const refused = (code: string, file: string) => ({ code, message: expect.stringContaining(file) as unknown });
    await expect(read()).rejects.toMatchObject(refused('ERR_DATA', '2.txt'));
    expect(seen).toEqual(['one']);
    unlinkSync(join(root, 'a/1.txt'));
    await expect(read()).rejects.toMatchObject(refused('ERR_NOT_FOUND', '1.txt'));
  });

  test('map takes a function', async () => {
    const dataset = await textDatasetFromDirectory(join(folder, 'golden'));
    expect(() => dataset.map(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_TYPE' }));
  });
});

describe('textDatasetFromDirectory: Keras', () => {
  test.each(golden.cases)('gives the same batches with $options', async ({ options, parts }) => {
    const made: unknown = await textDatasetFromDirectory(join(folder, 'golden'), options);
    const datasets = (Array.isArray(made) ? made : [made]) as TextDataset<unknown>[];
    expect(datasets).toHaveLength(parts.length);
    for (const [i, dataset] of datasets.entries()) {
      const batches = (await gather(dataset)).map((batch) => {
        const isLabelled = parts[i]!.batches[0]!.labels !== null;
        const [texts, labels] = isLabelled ? (batch as [string | string[], NdArray]) : [batch as string | string[]];
        return {
          texts: typeof texts === 'string' ? [texts] : texts,
          labels: labels ? { shape: [...labels.shape], data: Array.from(labels.data) } : null,
        };
      });
      expect(batches).toEqual(parts[i]!.batches);
      expect(dataset.length).toBe(batches.length);
      expect(dataset.classNames).toEqual(parts[i]!.classNames);
    }
  });
});

describe('textDatasetFromDirectory', () => {
  test('maxLength counts characters, whole ones, whatever their bytes', async () => {
    const text = '\u{1f600}\u{1f601}e\u0301\u00e9'.repeat(50);
    const root = write('long', { 'a/1.txt': text });
    for (const maxLength of [1, 2, 3, 4, 7, 199, 200, 201, 5000]) {
      const [batch] = await gather(await textDatasetFromDirectory(root, { maxLength, labels: null }));
      expect(batch).toEqual([Array.from(text).slice(0, maxLength).join('')]);
    }
  });

  test('more files than may be open at a time come in their order', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `a/${String(i).padStart(3, '0')}.txt`);
    const root = write('many', Object.fromEntries(names.map((name) => [name, name])));
    const batches = await gather(
      await textDatasetFromDirectory(root, { labels: null, shuffle: false, batchSize: 200 }),
    );
    expect(batches.flat()).toEqual(names);
  });

  test('every pass has all texts with their labels, in an order that the seed and the pass decide', async () => {
    const open = () => textDatasetFromDirectory(join(folder, 'golden'), { seed: 3, batchSize: null });
    const read = async (dataset: Awaited<ReturnType<typeof open>>) =>
      (await gather(dataset)).map(([text, label]) => `${label.data[0]} ${text}`);
    const dataset = await open();
    const passes = [await read(dataset), await read(dataset)];
    expect(passes[1]).not.toEqual(passes[0]);
    expect(passes[1]!.toSorted()).toEqual(passes[0]!.toSorted());
    const again = await open();
    again.epoch = 1;
    expect(await read(again)).toEqual(passes[1]);
  });

  testOfLinks('links to folders are followed where that is asked for', async () => {
    const root = write('links', { 'a/1.txt': 'one' });
    symlinkSync(write('elsewhere', { '2.txt': 'two' }), join(root, 'a', 'more'));
    const texts = async (followLinks: boolean) =>
      (await gather(await textDatasetFromDirectory(root, { followLinks, labels: null, shuffle: false }))).flat();
    expect(await texts(false)).toEqual(['one']);
    expect(await texts(true)).toEqual(['one', 'two']);
  });

  test('prints what it finds only where that is asked for', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      const root = join(folder, 'golden');
      await textDatasetFromDirectory(root);
      expect(log).not.toHaveBeenCalled();
      await textDatasetFromDirectory(root, { verbose: true, seed: 1, validationSplit: 0.25, subset: 'both' });
      expect(log.mock.calls.flat()).toEqual([
        'Found 13 files belonging to 3 classes.',
        'Using 10 files for training.',
        'Using 3 files for validation.',
      ]);
    } finally {
      log.mockRestore();
    }
  });

  test('map makes batches for a model, again in every pass', async () => {
    const files = await textDatasetFromDirectory(join(folder, 'golden'), { labelMode: 'categorical', batchSize: 4 });
    const vectorize = new TextVectorization({ outputSequenceLength: 3 });
    await vectorize.adapt(files.map(([texts]) => texts));
    const batches = files.map(([texts, labels]) => [vectorize.call(texts), labels] as const);
    expect(batches.length).toBe(4);
    for (let pass = 0; pass < 2; pass++) {
      const shapes = (await gather(batches)).map(([x, y]) => [x.shape, y.shape]);
      expect(shapes).toEqual([4, 4, 4, 1].map((n) => [[n, 3], [n, 3]])); // prettier-ignore
    }
    const counts = batches.map(async ([x]) => Promise.resolve(x.length)).map((n) => n * 2);
    expect(await gather(counts)).toEqual([8, 8, 8, 2]);
  });
});
