// SPDX-License-Identifier: MIT
// JSON of files that are not trusted: its depth is bounded before it is parsed, keys `__proto__` are refused.
// Numbers that JSON lacks (NaN, the infinities, -0) are written as { "$number": "NaN" }. An NdArray is { shape, data }.
import { NdArray } from '../ndarray';
import { describe, refusal } from '../util/validate';

/** Plain data as JSON holds it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const MAX_DEPTH = 64;
/** Keys with a meaning of their own: the first to JavaScript, the others to files. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', '$number', '$tensor']);
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/**
 * Text of plain data; `undefined` among the values of an object is left out. Objects that describe themselves as
 * `{ className, config }` are written so.
 *
 * @throws ConfigError `ERR_TYPE` where a value is no plain data, a key is reserved, or data is nested too deep
 */
export function writeJson(where: string, value: unknown, lift: Lift = () => undefined): string {
  return JSON.stringify(toPlain(where, value, lift, []));
}

/** Takes a value out of the data and gives the name that stands for it; undefined where it stays. */
export type Lift = (value: unknown, path: readonly string[]) => string | undefined;

function toPlain(where: string, value: unknown, lift: Lift, path: readonly string[]): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : `${value}` };
  if (value instanceof NdArray) return toPlain(where, { shape: value.shape, data: value.data }, lift, path);
  const lifted = lift(value, path);
  if (lifted !== undefined) return { $tensor: lifted };
  if (value instanceof Float32Array) return toPlain(where, Array.from(value), lift, path);
  if (path.length >= MAX_DEPTH)
    throw refusal('ERR_TYPE', where, `data of at most ${MAX_DEPTH} levels`, 'data that is nested deeper');
  if (Array.isArray(value))
    return Array.from(value, (item: unknown, i) => toPlain(where, item, lift, [...path, String(i)]));
  if (isDescribed(value)) return toPlain(where, { className: value.className, config: value.getConfig() }, lift, path);
  if (!isPlainObject(value)) throw refusal('ERR_TYPE', where, 'plain data', describe(value));
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  for (const [key] of entries)
    if (RESERVED.has(key)) throw refusal('ERR_TYPE', where, 'keys without a meaning of their own', describe(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(where, item, lift, [...path, key])]));
}

/**
 * Plain data from text that may be hostile.
 *
 * @throws DataError `ERR_DATA` where it is malformed, nested too deep, or has a key `__proto__`
 */
export function readJson(where: string, text: string): Json {
  checkDepth(where, text);
  try {
    return JSON.parse(text, (key, value: Json) => {
      if (key === '__proto__') throw refusal('ERR_DATA', where, 'keys other than __proto__', 'one');
      return fromPlain(where, value);
    }) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refusal('ERR_DATA', where, 'JSON', describe(text));
  }
}

/** Depth is counted in the text, for the parser's own recursion has no bound that we could set. */
function checkDepth(where: string, text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === 0x5c) i++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x5b || character === 0x7b) {
      if (++depth > MAX_DEPTH)
        throw refusal('ERR_DATA', where, `JSON of at most ${MAX_DEPTH} levels`, 'one that is nested deeper');
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
}

function fromPlain(where: string, value: Json): Json {
  if (!isPlainObject(value) || !Object.hasOwn(value, '$number')) return value;
  const number = SPECIAL.get(String(value['$number']));
  if (number === undefined) throw refusal('ERR_DATA', where, 'a number', describe(value['$number']));
  return number;
}

/** An object of a class that says what it is: a lookup, a TextVectorization. */
interface Described {
  readonly className: string;
  getConfig(): unknown;
}

function isDescribed(value: unknown): value is Described {
  if (typeof value !== 'object' || value === null || isPlainObject(value)) return false;
  const { className, getConfig } = value as Partial<Described>;
  return typeof className === 'string' && typeof getConfig === 'function';
}

/** Whether a value is an object of no class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of other realms are plain too.
  return prototype === null || Object.getPrototypeOf(prototype as object) === null;
}
