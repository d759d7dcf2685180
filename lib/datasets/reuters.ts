// SPDX-License-Identifier: MIT
// The Reuters newswires in 46 topics, with Keras' exact semantics: the same file, the same order, the same word ids.
// Source: keras/src/datasets/reuters.py.
import { refuseMore } from '../util/arguments';
import { Mt19937 } from '../util/mt19937';
import { checkNumber } from '../util/validate';
import { readPublishedFile, REUTERS_FILE, REUTERS_WORD_INDEX_FILE } from './dataset_file';
import { labelledSequences, type LabelledSequences } from './labelled_sequences';
import { Npz } from './npz/npz';
import { checkWordIdOptions, dropLong, finish, largestId, readSplit, shiftWords, type WordIdOptions } from './word_ids';
import { readWordIndex } from './word_index';

export { decodeReview, wordDecoder, type DecodeOptions } from './word_index';

/** Options of {@link loadData}; the variable that names a file is `OSTINATO_REUTERS`. */
export interface ReutersOptions extends WordIdOptions {
  /** Share of the newswires that are for testing: the last of the shuffled ones; from 0 to 1. Default 0.2. */
  testSplit?: number;
}

// In the order of the labels.
const LABEL_NAMES = Object.freeze(
  (
    'cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude ' +
    'nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel ' +
    'rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead'
  ).split(' '),
);

/**
 * Loads the 11,228 newswires, as `keras.datasets.reuters.load_data` does.
 *
 * The rows are views of one array and may be written to. Differs from Keras as `imdb.loadData` does: `path` is a path,
 * `OSTINATO_REUTERS` names a copy, the hash is asked of downloads only.
 *
 * @param options see {@link ReutersOptions}
 * @returns `{ train: { x, y }, test: { x, y }, source }`, also to be read as `[[xTrain, yTrain], [xTest, yTest]]`:
 *   x has N rows of word ids, y [N] topics from 0 to 45
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; DataError `ERR_NOT_FOUND` where the file cannot be
 *   had, `ERR_DATA` where it is malformed or no newswire is shorter than `maxlen`
 *
 * @example
 * const { train, test } = await reuters.loadData({ numWords: 10000 });
 * console.log(train.x.length, reuters.getLabelNames()[train.y[0]]);
 */
export async function loadData(options?: ReutersOptions, ...rest: []): Promise<LabelledSequences> {
  refuseMore('reuters.loadData', rest);
  const where = 'reuters.loadData';
  const { given, seed, rules, retrieval } = checkWordIdOptions(where, options, ['testSplit']);
  const testSplit = checkNumber(where, 'testSplit', given.testSplit ?? 0.2, { min: 0, max: 1 });
  const { bytes, path, source } = await readPublishedFile(where, REUTERS_FILE, retrieval);

  const npz = await Npz.of(`${where}: ${path}`, bytes);
  const all = await readSplit(where, npz, ['x', 'y'], rules, new Mt19937(seed));
  shiftWords(where, all, rules);
  dropLong(where, all, rules);
  const numWords = rules.numWords ?? largestId(all, rules);
  const split = Math.trunc(all.order.length * (1 - testSplit));
  const part = (begin: number, end?: number) =>
    finish({ ...all, order: all.order.subarray(begin, end) }, rules, numWords);
  return labelledSequences(part(0, split), part(split), source);
}

/**
 * Reads the list of words, as `keras.datasets.reuters.get_word_index` does.
 *
 * @param path the .json file to read. Default: `OSTINATO_REUTERS_WORD_INDEX`, then Keras' cache, then a download
 * @returns word to rank, 1 for the most frequent; {@link decodeReview} takes it
 * @throws ConfigError `ERR_TYPE`; DataError `ERR_NOT_FOUND` where the file cannot be had, `ERR_DATA` where it is malformed
 *
 * @example
 * console.log(reuters.decodeReview(train.x[0], await reuters.getWordIndex()));
 */
export async function getWordIndex(path?: string, ...rest: []): Promise<Map<string, number>> {
  refuseMore('reuters.getWordIndex', rest);
  return readWordIndex('reuters.getWordIndex', REUTERS_WORD_INDEX_FILE, path);
}

/** Names of the 46 topics in the order of their labels, as `keras.datasets.reuters.get_label_names` gives them. */
export function getLabelNames(...rest: []): readonly string[] {
  refuseMore('reuters.getLabelNames', rest);
  return LABEL_NAMES;
}
