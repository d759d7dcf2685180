// SPDX-License-Identifier: MIT
// Text as Unicode code points, where JavaScript counts UTF-16 units: an order, and a check that a text is whole.
import { describe, refusal } from './validate';

/** Orders texts by code point, which is the order of their UTF-8 bytes and Python's; `<` orders by UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Code points beyond U+FFFF are written with surrogates, which must come after U+E000 to U+FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * A string without half a character in it.
 *
 * @throws ConfigError `ERR_TYPE` where `value` is no string; DataError `ERR_DATA` where it holds a lone surrogate
 */
export function checkText(where: string, what: string, value: unknown): string {
  if (typeof value !== 'string') throw refusal('ERR_TYPE', where, `${what} to be a string`, describe(value));
  const at = value.search(/\p{Surrogate}/u);
  if (at >= 0)
    throw refusal(
      'ERR_DATA',
      where,
      `${what} to be well-formed Unicode`,
      `half a character (0x${value.charCodeAt(at).toString(16)}) at ${at}`,
      'Mend it first: text.toWellFormed().',
    );
  return value;
}
