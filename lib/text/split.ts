// SPDX-License-Identifier: MIT
// How a text becomes tokens, and tokens become n-grams, as in Keras' TextVectorization.
import { resolveName } from '../util/identifiers';
import { checkText } from '../util/code_points';
import { checkInteger, describe, refusal } from '../util/validate';

/** Names of the ways to split a text. */
export type SplitName = 'whitespace' | 'character';

/** Splits one text into tokens. */
export type Splitter = (text: string) => readonly string[];

const SPLITTERS: ReadonlyMap<SplitName, Splitter> = new Map([
  // ASCII's six, as in Keras: a no-break space is part of a word.
  ['whitespace', (text: string) => text.match(/[^\t-\r ]+/g) ?? []],
  ['character', (text: string) => Array.from(text)],
]);

/** The way of that name, spelt as Keras does; null and functions pass through. */
export function splitOption(where: string, value: unknown): SplitName | Splitter | null {
  if (value === null || typeof value === 'function') return value as Splitter | null;
  if (typeof value !== 'string')
    throw refusal('ERR_TYPE', where, 'split to be a name, a function or null', describe(value));
  return resolveName(where, 'split', value, new Map([...SPLITTERS.keys()].map((name) => [name, name])));
}

/** The function behind an option that {@link splitOption} has read; without one, a text is one token. */
export function splitter(where: string, option: SplitName | Splitter | null): Splitter {
  if (option === null) return (text) => [text];
  if (typeof option !== 'function') return SPLITTERS.get(option)!;
  return (text) => {
    const tokens: unknown = option(text);
    if (!Array.isArray(tokens)) throw refusal('ERR_TYPE', where, 'split to return an array', describe(tokens));
    return Array.from(tokens, (token, index) => checkText(where, `token ${index} of what split returns`, token));
  };
}

/** The lengths of n-grams that an option asks for: up to a number, or exactly those of a list. */
export function ngramOption(where: string, value: unknown): number | readonly number[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) return checkInteger(where, 'ngrams', value);
  if (value.length === 0) throw refusal('ERR_CONFIG', where, 'ngrams to hold at least one length', 'an empty array');
  return Object.freeze(Array.from(value, (length, index) => checkInteger(where, `ngrams[${index}]`, length)));
}

/** The n-grams of tokens, of each length in turn, joined by spaces; the tokens themselves where no option asks for them. */
export function joinNgrams(tokens: readonly string[], option: number | readonly number[] | null): readonly string[] {
  if (option === null) return tokens;
  const lengths = typeof option === 'number' ? Array.from({ length: option }, (_, i) => i + 1) : option;
  return lengths.flatMap((length) => {
    const count = Math.max(0, tokens.length - length + 1);
    return Array.from({ length: count }, (_, begin) => tokens.slice(begin, begin + length).join(' '));
  });
}
