// SPDX-License-Identifier: MIT
// Lists of words with their ranks, as Keras publishes them beside its data sets, and ids back to words.
import { types } from 'node:util';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { withDefaults } from '../util/options';
import { checkInteger, checkString, describe, refusal } from '../util/validate';
import { readPublishedFile, type PublishedFile } from './dataset_file';
import { checkRetrieval } from './word_ids';

/** Reads a list of words: a JSON object of words and ranks. */
export async function readWordIndex(
  where: string,
  file: PublishedFile,
  path: string | undefined,
): Promise<Map<string, number>> {
  const found = await readPublishedFile(where, file, checkRetrieval(where, path === undefined ? {} : { path }));
  const place = `${where}: ${found.path}`;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(found.bytes).toString('utf8'));
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

/** Options of {@link decodeReview}; ids as `loadData` was told to make them. */
export interface DecodeOptions {
  /** What was added to the rank of every word. Default 3. */
  indexFrom?: number;
  /** The id of padding, which is left out; null for none. Default 0. */
  padChar?: number | null;
  /** The id of the start mark; null for none. Default 1. */
  startChar?: number | null;
  /** What stands for the start mark; '' leaves it out. Default '[START]'. */
  startToken?: string;
  /** What stands for words that were left out, and for ids of no word; '' leaves them out. Default '[OOV]'. */
  oovToken?: string;
}

const DECODE_DEFAULTS = Object.freeze({
  indexFrom: 3,
  padChar: 0,
  startChar: 1,
  startToken: '[START]',
  oovToken: '[OOV]',
});

/** Ids of one row: those of `loadData`, a row of padded ids, or plain numbers. */
export type WordIds = Int32Array | readonly number[] | NdArray<Int32Array>;

/**
 * A row of word ids back as words.
 *
 * Makes the list of words anew in each call: for many rows take {@link wordDecoder}.
 *
 * @param ids [T] as `loadData` and `padSequences` give them
 * @param wordIndex word to rank, as `getWordIndex` gives it
 * @param options see {@link DecodeOptions}
 * @returns the words, joined by spaces
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` for more than one row
 *
 * @example
 * const ranks = new Map([['the', 1], ['film', 2]]);
 * decodeReview([0, 0, 1, 4, 5, 2], ranks); // '[START] the film [OOV]'
 */
export function decodeReview(
  ids: WordIds,
  wordIndex: ReadonlyMap<string, number>,
  options?: DecodeOptions,
  ...rest: []
): string {
  refuseMore('decodeReview', rest);
  return makeDecoder('decodeReview', wordIndex, options)(ids);
}

/**
 * What decodes many rows: {@link decodeReview} with the list of words made once.
 *
 * @example
 * const decode = imdb.wordDecoder(await imdb.getWordIndex());
 * console.log(train.x.slice(0, 10).map(decode).join('\n'));
 */
export function wordDecoder(
  wordIndex: ReadonlyMap<string, number>,
  options?: DecodeOptions,
  ...rest: []
): (ids: WordIds) => string {
  refuseMore('wordDecoder', rest);
  return makeDecoder('wordDecoder', wordIndex, options);
}

function makeDecoder(where: string, wordIndex: unknown, options: DecodeOptions | undefined) {
  const given = withDefaults(where, options, DECODE_DEFAULTS);
  const indexFrom = checkInteger(where, 'indexFrom', given.indexFrom, 0);
  const [padChar, startChar] = (['padChar', 'startChar'] as const).map((name) =>
    given[name] === null ? null : checkInteger(where, name, given[name], 0),
  );
  const oovToken = checkString(where, 'oovToken', given.oovToken);
  const startToken = checkString(where, 'startToken', given.startToken);
  if (!types.isMap(wordIndex))
    throw refusal('ERR_TYPE', where, 'wordIndex to be a Map of words and ranks', describe(wordIndex));
  const words = new Map<number, string>();
  for (const [word, rank] of wordIndex)
    words.set(checkInteger(where, 'ranks', rank, 0) + indexFrom, checkString(where, 'words', word));
  if (typeof padChar === 'number') words.set(padChar, '');
  if (typeof startChar === 'number') words.set(startChar, startToken);
  return (ids: WordIds): string =>
    checkIds(where, ids)
      .map((id) => words.get(id) ?? oovToken)
      .filter((word) => word !== '')
      .join(' ');
}

function checkIds(where: string, ids: unknown): number[] {
  if (ids instanceof NdArray && ids.rank !== 1)
    throw refusal('ERR_SHAPE', where, 'one row of ids', `shape [${ids.shape.join(', ')}]`, 'Take ids.row(i).');
  const row: unknown = ids instanceof NdArray ? ids.data : ids;
  if (!Array.isArray(row) && !types.isInt32Array(row))
    throw refusal('ERR_TYPE', where, 'ids to be an Int32Array, an array or an NdArray', describe(ids));
  return Array.from(row, (id: unknown, place) => checkInteger(where, `id ${place}`, id, 0));
}
