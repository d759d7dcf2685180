// SPDX-License-Identifier: MIT
// The IMDB reviews with Keras' exact semantics: the same file, the same order, the same word ids.
// Source: keras/src/datasets/imdb.py.
import { refuseMore } from '../util/arguments';
import { Mt19937 } from '../util/mt19937';
import { IMDB_FILE, IMDB_WORD_INDEX_FILE, readPublishedFile } from './dataset_file';
import { labelledSequences, type LabelledSequences } from './labelled_sequences';
import { Npz } from './npz/npz';
import { checkWordIdOptions, dropLong, finish, largestId, readSplit, shiftWords, type WordIdOptions } from './word_ids';
import { readWordIndex } from './word_index';

export { decodeReview, wordDecoder, type DecodeOptions } from './word_index';

/** Options of {@link loadData}; the variable that names a file is `OSTINATO_IMDB`. */
export type ImdbOptions = WordIdOptions;

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
export async function loadData(options?: ImdbOptions, ...rest: []): Promise<LabelledSequences> {
  refuseMore('imdb.loadData', rest);
  const where = 'imdb.loadData';
  const { seed, rules, retrieval } = checkWordIdOptions(where, options);
  const { bytes, path, source } = await readPublishedFile(where, IMDB_FILE, retrieval);

  const npz = await Npz.of(`${where}: ${path}`, bytes);
  const random = new Mt19937(seed);
  const train = await readSplit(where, npz, ['x_train', 'y_train'], rules, random);
  const test = await readSplit(where, npz, ['x_test', 'y_test'], rules, random);
  for (const split of [train, test]) shiftWords(where, split, rules);
  for (const split of [train, test]) dropLong(where, split, rules);
  const numWords = rules.numWords ?? Math.max(largestId(train, rules), largestId(test, rules));
  return labelledSequences(finish(train, rules, numWords), finish(test, rules, numWords), source);
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
 * console.log(imdb.decodeReview(train.x[0], ranks)); // [START] this film was just brilliant casting ...
 */
export async function getWordIndex(path?: string, ...rest: []): Promise<Map<string, number>> {
  refuseMore('imdb.getWordIndex', rest);
  return readWordIndex('imdb.getWordIndex', IMDB_WORD_INDEX_FILE, path);
}
