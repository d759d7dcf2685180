// SPDX-License-Identifier: MIT
// The IMDB reviews with Keras' exact semantics: the same file, the same order, the same word ids.
// Source: keras/src/datasets/imdb.py.
import { checkInteger, checkOptions, checkString, describe, refusal } from '../util/validate';
import { Mt19937 } from '../util/mt19937';
import { IMDB_FILE, readPublishedFile, WORD_INDEX_FILE, type ProgressCallback } from './dataset_file';
import { Npz } from './npz/npz';
import type { IntLists } from './npz/pickle';
import { reviews, reviewSplit, type Reviews, type ReviewSplit } from './reviews';

/** Options of {@link loadData}. `null` where Keras takes None. */
export interface ImdbOptions {
  /** The .npz file to read. Default: `OSTINATO_IMDB`, then Keras' cache, then a download into that cache. */
  path?: string;
  /** Words with an id from here on become `oovChar`. Default null: the largest id that occurs. */
  numWords?: number | null;
  /** Words with an id below this become `oovChar`. Default 0. */
  skipTop?: number;
  /** Reviews of this many words or more (start mark included) are dropped. Default null: none. */
  maxlen?: number | null;
  /** Seed of the shuffle. Default 113. */
  seed?: number;
  /** Id put before each review; null for none. Default 1. */
  startChar?: number | null;
  /** Id in place of words left out; null removes them. Default 2. */
  oovChar?: number | null;
  /** Added to the id of every word. Default 3. */
  indexFrom?: number;
  /** Called while a download proceeds. */
  onProgress?: ProgressCallback;
}

type Resolved = Required<Pick<ImdbOptions, 'numWords' | 'skipTop' | 'maxlen' | 'startChar' | 'oovChar' | 'indexFrom'>>;

const DEFAULTS = Object.freeze({
  numWords: null,
  skipTop: 0,
  maxlen: null,
  seed: 113,
  startChar: 1,
  oovChar: 2,
  indexFrom: 3,
});

/**
 * Loads the 25,000 training and 25,000 test reviews, as `keras.datasets.imdb.load_data` does.
 *
 * The rows of a split are views of one array and may be written to. Reading and decoding the file takes well under a second,
 * and blocks the event loop for that time.
 *
 * Differs from Keras: `path` is a path, not a name in the cache; `OSTINATO_IMDB` names a copy; the hash is asked of downloads
 * only; without a writable cache folder there is no fall-back to /tmp.
 *
 * @param options see {@link ImdbOptions}
 * @returns `{ train: { x, y }, test: { x, y }, source }`, also to be read as `[[xTrain, yTrain], [xTest, yTest]]`:
 *   x has N rows of word ids, y [N] labels
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; DataError `ERR_NOT_FOUND` where the file cannot be
 *   had, `ERR_DATA` where it is malformed or no review is shorter than `maxlen`
 *
 * @example
 * const { train, test, source } = await imdb.loadData({ numWords: 10000 });
 * console.log(source, train.x.length, test.y[0]);
 */
export async function loadData(options?: ImdbOptions): Promise<Reviews> {
  const where = 'imdb.loadData';
  const given = checkOptions(where, options, [...Object.keys(DEFAULTS), 'path', 'onProgress']);
  const seed = checkInteger(where, 'seed', given.seed ?? DEFAULTS.seed, 0, 4294967295);
  const resolved = resolve(where, given);
  const { bytes, path, source } = await readPublishedFile(where, IMDB_FILE, checkRetrieval(where, given));

  const npz = new Npz(`${where}: ${path}`, bytes);
  const lead = resolved.startChar === null ? 0 : 1;
  const random = new Mt19937(seed);
  const train = readSplit(where, npz, 'train', lead, random);
  const test = readSplit(where, npz, 'test', lead, random);
  for (const split of [train, test]) shiftWords(where, split, resolved);
  if (resolved.maxlen !== null) {
    for (const split of [train, test]) dropLong(where, split, lead, resolved.maxlen);
  }
  const numWords = resolved.numWords ?? Math.max(largest(train, lead), largest(test, lead));
  return reviews(finish(train, resolved, numWords), finish(test, resolved, numWords), source);
}

/**
 * Reads the list of words, as `keras.datasets.imdb.get_word_index` does.
 *
 * Differs from Keras: returns a Map, so that a word such as "constructor" is a word like any other.
 *
 * @param path the .json file to read. Default: `OSTINATO_IMDB_WORD_INDEX`, then Keras' cache, then a download
 * @returns word to rank, 1 for the most frequent; add `indexFrom` (3) to decode reviews
 * @throws ConfigError `ERR_TYPE`; DataError `ERR_NOT_FOUND` where the file cannot be had, `ERR_DATA` where it is malformed
 *
 * @example
 * const ranks = await imdb.getWordIndex();
 * const words = new Map([...ranks].map(([word, rank]) => [rank + 3, word]));
 * console.log(train.x[0]!.subarray(1).reduce((text, id) => `${text} ${words.get(id) ?? '?'}`, ''));
 */
export async function getWordIndex(path?: string): Promise<Map<string, number>> {
  const where = 'imdb.getWordIndex';
  const found = await readPublishedFile(
    where,
    WORD_INDEX_FILE,
    checkRetrieval(where, path === undefined ? {} : { path }),
  );
  const place = `${where}: ${found.path}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(found.bytes.toString('utf8'));
  } catch (error) {
    throw refusal('ERR_DATA', place, 'a JSON file', error instanceof Error ? error.message : String(error));
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw refusal('ERR_DATA', place, 'a JSON object of words and ranks', describe(parsed));
  const ranks = new Map<string, number>();
  for (const [word, rank] of Object.entries(parsed) as [string, unknown][]) {
    if (typeof rank !== 'number' || !Number.isSafeInteger(rank) || rank < 0)
      throw refusal('ERR_DATA', place, `a rank for ${describe(word)}`, describe(rank));
    ranks.set(word, rank);
  }
  return ranks;
}

function checkRetrieval(where: string, { path, onProgress }: ImdbOptions) {
  if (path !== undefined) {
    checkString(where, 'path', path);
    if (path === '' || path.includes('\0')) throw refusal('ERR_CONFIG', where, 'path to name a file', describe(path));
  }
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw refusal('ERR_TYPE', where, 'onProgress to be a function', describe(onProgress));
  return { path, onProgress };
}

function resolve(where: string, given: ImdbOptions): Resolved {
  const id = (name: 'startChar' | 'oovChar' | 'numWords' | 'maxlen', min: number): number | null => {
    const value = given[name] === undefined ? DEFAULTS[name] : given[name];
    return value === null ? null : checkInteger(where, name, value, min);
  };
  return {
    numWords: id('numWords', 1),
    maxlen: id('maxlen', 1),
    startChar: id('startChar', 0),
    oovChar: id('oovChar', 0),
    skipTop: checkInteger(where, 'skipTop', given.skipTop ?? DEFAULTS.skipTop, 0),
    indexFrom: checkInteger(where, 'indexFrom', given.indexFrom ?? DEFAULTS.indexFrom, 0),
  };
}

interface RawSplit {
  readonly name: string;
  readonly lists: IntLists;
  readonly labels: Int32Array;
  /** Rows of `lists` in the order of the result. */
  order: Int32Array;
}

/** One split in its shuffled order; the inflated member is garbage once this returns. */
function readSplit(where: string, npz: Npz, name: string, lead: number, random: Mt19937): RawSplit {
  const lists = npz.lists(`x_${name}`, lead);
  const labels = Int32Array.from(npz.numbers(`y_${name}`));
  if (labels.length !== lists.ends.length)
    throw refusal('ERR_DATA', where, `${lists.ends.length} labels in y_${name}`, `${labels.length}`);
  const order = Int32Array.from({ length: labels.length }, (_, row) => row);
  random.shuffle(order);
  return { name, lists, labels, order };
}

/** Adds `indexFrom` to every word and writes the start mark into the place left free for it. */
function shiftWords(where: string, { lists, name }: RawSplit, { startChar, indexFrom }: Resolved): void {
  const { data, begins, ends } = lists;
  const highest = 2147483647 - indexFrom;
  for (let row = 0; row < begins.length; row++) {
    const begin = begins[row]!;
    if (startChar !== null) data[begin - 1] = startChar;
    for (let i = begin, end = ends[row]!; i < end; i++) {
      const word = data[i]!;
      if (word > highest)
        throw refusal('ERR_DATA', where, `words of at most ${highest} in x_${name}`, `${word} in review ${row}`);
      data[i] = word + indexFrom;
    }
  }
}

function dropLong(where: string, split: RawSplit, lead: number, maxlen: number): void {
  const { begins, ends } = split.lists;
  split.order = split.order.filter((row) => ends[row]! - begins[row]! + lead < maxlen);
  if (split.order.length === 0)
    throw refusal(
      'ERR_DATA',
      where,
      `reviews shorter than maxlen=${maxlen} in x_${split.name}`,
      'none',
      'Raise maxlen.',
    );
}

/** The largest id of the reviews that are kept. */
function largest({ lists, order }: RawSplit, lead: number): number {
  let most = 0;
  for (const row of order) {
    for (let i = lists.begins[row]! - lead; i < lists.ends[row]!; i++) if (lists.data[i]! > most) most = lists.data[i]!;
  }
  return most;
}

/** Replaces or removes, in place, the words (start mark included) outside `skipTop` to `numWords`; puts the rows in order. */
function finish({ lists, labels, order }: RawSplit, options: Resolved, numWords: number): ReviewSplit {
  const { data, begins, ends } = lists;
  const { skipTop, oovChar } = options;
  const lead = options.startChar === null ? 0 : 1;
  const rows = Array.from(order, (row) => {
    const begin = begins[row]! - lead;
    let kept = begin;
    for (let i = begin, end = ends[row]!; i < end; i++) {
      const word = data[i]!;
      if (word >= skipTop && word < numWords) data[kept++] = word;
      else if (oovChar !== null) data[kept++] = oovChar;
    }
    return data.subarray(begin, kept);
  });
  return reviewSplit(
    rows,
    order.map((row) => labels[row]!),
  );
}
