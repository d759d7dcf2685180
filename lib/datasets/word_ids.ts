// SPDX-License-Identifier: MIT
// Keras' data sets of word ids: rows of ids in a pickle, shuffled, shifted, cut to a vocabulary. IMDB and Reuters share it.
// Source: keras/src/datasets/{imdb,reuters}.py.
import { checkInteger, checkOptions, checkString, describe, refusal } from '../util/validate';
import type { Mt19937 } from '../util/mt19937';
import type { ProgressCallback } from './dataset_file';
import type { Npz } from './npz/npz';
import type { IntLists } from './npz/pickle';
import { sequenceSplit, type SequenceSplit } from './labelled_sequences';

/** Options of `imdb.loadData` and `reuters.loadData`. `null` where Keras takes None. */
export interface WordIdOptions {
  /** The .npz file to read. Default: the file that the data set's variable names, then Keras' cache, then a download into it. */
  path?: string;
  /** Words with an id from here on become `oovChar`. Default null: the largest id that occurs. */
  numWords?: number | null;
  /** Words with an id below this become `oovChar`. Default 0. */
  skipTop?: number;
  /** Rows of this many words or more (start mark included) are dropped. Default null: none. */
  maxlen?: number | null;
  /** Seed of the shuffle. Default 113. */
  seed?: number;
  /** Id put before each row; null for none. Default 1. */
  startChar?: number | null;
  /** Id in place of words left out; null removes them. Default 2. */
  oovChar?: number | null;
  /** Added to the id of every word. Default 3. */
  indexFrom?: number;
  /** Called while a download proceeds. */
  onProgress?: ProgressCallback;
}

/** {@link WordIdOptions} that say what becomes of words, checked. */
export type WordRules = Required<
  Pick<WordIdOptions, 'numWords' | 'skipTop' | 'maxlen' | 'startChar' | 'oovChar' | 'indexFrom'>
>;

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
 * Checks the options of a loader.
 *
 * @param others options that the loader checks itself
 */
export function checkWordIdOptions<O extends WordIdOptions>(
  where: string,
  options: O | undefined,
  others: string[] = [],
) {
  const given = checkOptions(where, options, [...Object.keys(DEFAULTS), 'path', 'onProgress', ...others]);
  const seed = checkInteger(where, 'seed', given.seed ?? DEFAULTS.seed, 0, 4294967295);
  return { given, seed, rules: checkRules(where, given), retrieval: checkRetrieval(where, given) };
}

/** Checks where a file is said to be. */
export function checkRetrieval(where: string, { path, onProgress }: Pick<WordIdOptions, 'path' | 'onProgress'>) {
  if (path !== undefined) {
    checkString(where, 'path', path);
    if (path === '' || path.includes('\0')) throw refusal('ERR_CONFIG', where, 'path to name a file', describe(path));
  }
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw refusal('ERR_TYPE', where, 'onProgress to be a function', describe(onProgress));
  return { path, onProgress };
}

function checkRules(where: string, given: WordIdOptions): WordRules {
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

/** Rows of a file and the order in which they are given out. */
export interface RawSplit {
  /** The member of the archive. */
  readonly name: string;
  readonly lists: IntLists;
  readonly labels: Int32Array;
  /** Rows of `lists` in the order of the result. */
  order: Int32Array;
}

/** One split in its shuffled order; the inflated member is garbage once this returns. */
export async function readSplit(
  where: string,
  npz: Npz,
  [name, labelName]: readonly [x: string, y: string],
  { startChar }: WordRules,
  random: Mt19937,
): Promise<RawSplit> {
  const lists = await npz.lists(name, leadOf(startChar));
  const labels = await npz.integers(labelName);
  if (labels.length !== lists.ends.length)
    throw refusal('ERR_DATA', where, `${lists.ends.length} labels in ${labelName}`, `${labels.length}`);
  const order = Int32Array.from({ length: labels.length }, (_, row) => row);
  random.shuffle(order);
  return { name, lists, labels, order };
}

/** Adds `indexFrom` to every word and writes the start mark into the place left free for it. */
export function shiftWords(where: string, { lists, name }: RawSplit, { startChar, indexFrom }: WordRules): void {
  const { data, begins, ends } = lists;
  const highest = 2147483647 - indexFrom;
  for (let row = 0; row < begins.length; row++) {
    const begin = begins[row]!;
    if (startChar !== null) data[begin - 1] = startChar;
    for (let i = begin, end = ends[row]!; i < end; i++) {
      const word = data[i]!;
      if (word > highest)
        throw refusal('ERR_DATA', where, `words of at most ${highest} in ${name}`, `${word} in row ${row}`);
      data[i] = word + indexFrom;
    }
  }
}

/** Drops the rows that are too long, if any are. */
export function dropLong(where: string, split: RawSplit, { maxlen, startChar }: WordRules): void {
  if (maxlen === null) return;
  const lead = leadOf(startChar);
  const { begins, ends } = split.lists;
  split.order = split.order.filter((row) => ends[row]! - begins[row]! + lead < maxlen);
  if (split.order.length === 0)
    throw refusal('ERR_DATA', where, `rows shorter than maxlen=${maxlen} in ${split.name}`, 'none', 'Raise maxlen.');
}

/** The largest id of the rows that are kept. */
export function largestId({ lists, order }: RawSplit, { startChar }: WordRules): number {
  const lead = leadOf(startChar);
  let most = 0;
  for (const row of order) {
    for (let i = lists.begins[row]! - lead; i < lists.ends[row]!; i++) if (lists.data[i]! > most) most = lists.data[i]!;
  }
  return most;
}

/** Replaces or removes, in place, the words (start mark included) outside `skipTop` to `numWords`; puts the rows in order. */
export function finish({ lists, labels, order }: RawSplit, rules: WordRules, numWords: number): SequenceSplit {
  const { data, begins, ends } = lists;
  const { skipTop, oovChar, startChar } = rules;
  const lead = leadOf(startChar);
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
  return sequenceSplit(
    rows,
    order.map((row) => labels[row]!),
  );
}

/** Places before a row for the start mark. */
function leadOf(startChar: number | null): 0 | 1 {
  return startChar === null ? 0 : 1;
}
