// SPDX-License-Identifier: MIT
// Texts to words, and words to numbers by a hash: the plain functions of Keras' legacy text preprocessing.
// Source: keras/src/legacy/preprocessing/text.py.
import { refuseMore } from '../util/arguments';
import { checkText } from '../util/code_points';
import { crypto } from '../util/crypto';
import { withDefaults } from '../util/options';
import { checkBoolean, checkInteger, checkString, describe, refusal } from '../util/validate';

/** Options of {@link textToWordSequence}. */
export interface WordOptions {
  /** Characters that separate words. Default: the punctuation of ASCII but the apostrophe, tab and newline. */
  filters?: string;
  /** Whether letters are made small. Default true. */
  lower?: boolean;
  /** What else separates words. Default a space. */
  split?: string;
}

/** Options of {@link hashingTrick}. */
export interface HashingOptions extends WordOptions {
  /** Gives a word its number: `'md5'`, or a function to whole numbers. Default 'md5'. */
  hashFunction?: 'md5' | ((word: string) => number | bigint);
  /** Splits a text in place of {@link textToWordSequence}. Default null. */
  analyzer?: ((text: string) => readonly string[]) | null;
}

export const WORD_DEFAULTS = Object.freeze({
  filters: '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n',
  lower: true,
  split: ' ',
});

/** Checks {@link WordOptions} that are complete, and returns what splits a text into words. */
export function wordSplitter(where: string, options: Required<WordOptions>): (text: string) => string[] {
  const filters = new Set(checkString(where, 'filters', options.filters));
  const lower = checkBoolean(where, 'lower', options.lower);
  const split = checkString(where, 'split', options.split);
  if (split === '') throw refusal('ERR_CONFIG', where, 'split to hold at least one character', '""');
  return (text) => {
    const cased = lower ? text.toLowerCase() : text;
    const spaced = Array.from(cased, (character) => (filters.has(character) ? split : character)).join('');
    return spaced.split(split).filter((word) => word !== '');
  };
}

/**
 * Splits a text into words.
 *
 * @returns words in their order
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; DataError `ERR_DATA` where the text holds half a character
 *
 * @example
 * textToWordSequence('The cat, and the DOG.'); // ['the', 'cat', 'and', 'the', 'dog']
 */
export function textToWordSequence(text: string, options?: WordOptions, ...rest: []): string[] {
  refuseMore('textToWordSequence', rest);
  const where = 'textToWordSequence';
  return wordSplitter(where, withDefaults(where, options, WORD_DEFAULTS))(checkText(where, 'text', text));
}

/**
 * Gives each word of a text a number from 1 to n - 1 by its hash; different words may share one.
 *
 * Differs from Keras: the hash is 'md5' by default, where Python's own is another in each process.
 *
 * @param n numbers to choose from, 0 included, which no word has; at least 2
 * @returns one number per word
 * @throws as {@link textToWordSequence}; ConfigError `ERR_TYPE` where a function returns no whole number
 *
 * @example
 * hashingTrick('the cat and the dog', 1000); // the same number twice for "the"
 */
export function hashingTrick(text: string, n: number, options?: HashingOptions, ...rest: []): number[] {
  refuseMore('hashingTrick', rest);
  return hashWords('hashingTrick', text, n, options);
}

/** {@link hashingTrick} under Keras' other name for it; no vectors of 0 and 1. */
export function oneHot(text: string, n: number, options?: HashingOptions, ...rest: []): number[] {
  refuseMore('oneHot', rest);
  return hashWords('oneHot', text, n, options);
}

function hashWords(where: string, text: string, n: number, options: HashingOptions | undefined): number[] {
  const { hashFunction, analyzer, ...words } = withDefaults(where, options, {
    ...WORD_DEFAULTS,
    hashFunction: 'md5' as const,
    analyzer: null,
  });
  const most = BigInt(checkInteger(where, 'n', n, 2) - 1);
  const hash = hashFunction === 'md5' ? md5 : hashFunction;
  if (typeof hash !== 'function')
    throw refusal('ERR_CONFIG', where, "hashFunction to be 'md5' or a function", describe(hash));
  return wordsOf(where, checkText(where, 'text', text), wordSplitter(where, words), analyzer).map((word) => {
    const value = hash(word);
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value))
      throw refusal('ERR_TYPE', where, 'hashFunction to return a whole number', describe(value));
    // The remainder as Python has it: never negative.
    return Number(((BigInt(value) % most) + most) % most) + 1;
  });
}

/** Words of a text by an analyzer of the user's, or where there is none by `split`. */
export function wordsOf(
  where: string,
  text: string,
  split: (text: string) => string[],
  analyzer: ((text: string) => readonly string[]) | null,
): readonly string[] {
  if (analyzer === null) return split(text);
  if (typeof analyzer !== 'function')
    throw refusal('ERR_TYPE', where, 'analyzer to be a function or null', describe(analyzer));
  const words: unknown = analyzer(text);
  if (!Array.isArray(words)) throw refusal('ERR_TYPE', where, 'analyzer to return an array', describe(words));
  return Array.from(words, (word, index) => checkString(where, `word ${index} of what analyzer returns`, word));
}

function md5(word: string): bigint {
  return BigInt(`0x${crypto().createHash('md5').update(word).digest('hex')}`);
}
