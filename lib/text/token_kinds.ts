// SPDX-License-Identifier: MIT
// The two kinds of tokens: strings and integers.
import { checkText, compareCodePoints } from '../util/code_points';
import { describe, refusal } from '../util/validate';
import type { Reader, TokenKind } from './vocabulary';

export const STRINGS: TokenKind<string> = {
  noun: 'word',
  of: (value) => (typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined),
  read: checkText,
  parse: (_where, line) => line,
  compare: compareCodePoints,
};

/** Integers of up to 53 bits, beyond which a number of JavaScript is not exact; -0 is 0. */
const SAFE_INTEGERS: Reader<number> = {
  of: (value) => (Number.isSafeInteger(value) ? (value as number) + 0 : undefined),
  read: (where, what, value) => {
    const integer = SAFE_INTEGERS.of(value);
    if (integer !== undefined) return integer;
    const code = typeof value === 'number' ? 'ERR_DATA' : 'ERR_TYPE';
    throw refusal(code, where, `${what} to be an integer of up to 53 bits`, describe(value));
  },
};

export const INTEGERS: TokenKind<number> = {
  ...SAFE_INTEGERS,
  noun: 'integer',
  parse: (where, line, index) => {
    const value = /^\s*[+-]?\d+\s*$/.test(line) ? Number(line) : undefined;
    if (value === undefined)
      throw refusal('ERR_DATA', where, `line ${index + 1} of the vocabulary to be an integer`, describe(line));
    return SAFE_INTEGERS.read(where, `line ${index + 1} of the vocabulary`, value);
  },
  compare: (a, b) => a - b,
};
