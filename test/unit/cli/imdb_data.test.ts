// SPDX-License-Identifier: MIT
import { loadImdb, type Sources } from '../../../lib/cli/imdb_data';
import { labelledSequences, sequenceSplit } from '../../../lib/datasets/labelled_sequences';
import { makeError } from '../../../lib/errors';
import { captured } from '../../support/captured';

const sample = (source: string) => {
  const split = sequenceSplit([Int32Array.of(1, 7), Int32Array.of(1, 8, 9, 10)], Int32Array.of(1, 0));
  return labelledSequences(split, split, source);
};

const sources = (imdb: Sources['imdb']): Sources => ({ imdb, synthetic: () => sample('synthetic') });
const absent = sources(() =>
  Promise.reject(makeError('ERR_NOT_FOUND', 'imdb.loadData: expected it, received nothing.')),
);

describe('data of ostinato imdb: misuse', () => {
  test('a file named by --data that is not there is an error, no fall-through', async () => {
    const surroundings = captured();
    await expect(loadImdb('/nowhere.npz', 3, surroundings, absent)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(surroundings.out()).toBe('');
  });

  test('a file named by OSTINATO_IMDB that is not there is an error, no fall-through', async () => {
    const surroundings = captured({ OSTINATO_IMDB: '/nowhere.npz' });
    await expect(loadImdb(undefined, 3, surroundings, absent)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  test('a file that is malformed is an error, no fall-through', async () => {
    const malformed = sources(() => Promise.reject(makeError('ERR_DATA', 'not a zip')));
    await expect(loadImdb(undefined, 3, captured(), malformed)).rejects.toMatchObject({ code: 'ERR_DATA' });
  });

  test('a bug in a loader is not taken for missing data', async () => {
    const broken = sources(() => Promise.reject(new TypeError('x is undefined')));
    await expect(loadImdb(undefined, 3, captured(), broken)).rejects.toThrow(TypeError);
  });

  test('through the real loader, a path that does not exist is refused by name', async () => {
    await expect(loadImdb('/no/such/imdb.npz', 3, captured())).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
      message: expect.stringContaining('/no/such/imdb.npz'),
    });
  });
});

describe('data of ostinato imdb: behaviour', () => {
  test('reviews are padded in front, cut at the front, and their source is named', async () => {
    const asked: (string | undefined)[] = [];
    const found = sources((path) => {
      asked.push(path);
      return Promise.resolve(sample('cache: /c/imdb.npz'));
    });
    const surroundings = captured();
    const data = await loadImdb('a.npz', 3, surroundings, found);
    expect(asked).toEqual(['a.npz']);
    expect(data.xTrain.toArray()).toEqual([
      [0, 1, 7],
      [8, 9, 10],
    ]);
    expect([...data.yTest]).toEqual([1, 0]);
    expect([data.kind, data.source]).toEqual(['imdb', 'cache: /c/imdb.npz']);
    expect(surroundings.out()).toBe('Data: cache: /c/imdb.npz\n');
  });

  test('where none can be had, it says so and takes the generated corpus, labelled synthetic', async () => {
    const surroundings = captured();
    const data = await loadImdb(undefined, 3, surroundings, absent);
    expect(data.kind).toBe('synthetic');
    expect(surroundings.err()).toMatch(/could not be had: imdb\.loadData: expected it/);
    expect(surroundings.err()).toMatch(/synthetic/);
    expect(surroundings.out()).toMatch(/^Data: .*\(synthetic\)\n$/);
  });

  test('a download shows its progress once where nobody watches a terminal', async () => {
    const surroundings = captured();
    const downloading = sources((_path, onProgress) => {
      for (const received of [0, 4e6, 8e6]) onProgress(received, 17464830);
      return Promise.resolve(sample('download'));
    });
    await loadImdb(undefined, 3, surroundings, downloading);
    expect(surroundings.out()).toBe('Downloading the IMDB reviews: 0.0 of 17.5 MB\nData: download\n');
  });
});
