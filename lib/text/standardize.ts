// SPDX-License-Identifier: MIT
// How a text is made uniform before it is split, as Keras' TextVectorization does it.
import { resolveName } from '../util/identifiers';
import { checkText } from '../util/code_points';
import { describe, refusal } from '../util/validate';

/** Names of the ways to standardize a text. */
export type StandardizeName = 'lower_and_strip_punctuation' | 'lower' | 'strip_punctuation';

/** Makes one text uniform. */
export type Standardizer = (text: string) => string;

const lower: Standardizer = (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
// The 32 marks of ASCII; all others stay, as in Keras.
const stripPunctuation: Standardizer = (text) => text.replace(/[!-/:-@[-`{-~]+/g, '');

const STANDARDIZERS: ReadonlyMap<StandardizeName, Standardizer> = new Map([
  ['lower_and_strip_punctuation', (text: string) => stripPunctuation(lower(text))],
  ['lower', lower],
  ['strip_punctuation', stripPunctuation],
]);

/** The way of that name, spelt as Keras does; null and functions pass through. */
export function standardizeOption(where: string, value: unknown): StandardizeName | Standardizer | null {
  if (value === null || typeof value === 'function') return value as Standardizer | null;
  if (typeof value !== 'string')
    throw refusal('ERR_TYPE', where, 'standardize to be a name, a function or null', describe(value));
  return resolveName(where, 'standardize', value, new Map([...STANDARDIZERS.keys()].map((name) => [name, name])));
}

/** The function behind an option that {@link standardizeOption} has read. */
export function standardizer(where: string, option: StandardizeName | Standardizer | null): Standardizer {
  if (option === null) return (text) => text;
  if (typeof option === 'function') return (text) => checkText(where, 'the result of standardize', option(text));
  return STANDARDIZERS.get(option)!;
}
