// SPDX-License-Identifier: MIT
// Checks at the door. Each function returns the checked value or throws a typed error of the house form
// "where: expected X, received Y. Hint."; `where` names the class or function, and `what` the argument.
import { types } from 'node:util';
import { makeError, type ErrorCode } from '../errors';
import { nearest } from './did_you_mean';

/** A short, safe description of any value for an error message. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean' || typeof value === 'undefined') return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (types.isProxy(value)) return 'a Proxy';
  if (ArrayBuffer.isView(value)) return `${Object.prototype.toString.call(value).slice(8, -1)}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return describeObject(value as object);
}

/** Classes of the language by their tag, ours by the name that they declare: names of functions do not outlive a bundler. */
function describeObject(value: object): string {
  try {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== 'Object') return `an instance of ${tag}`;
    const { className } = value as { readonly className?: unknown };
    const isPlain = [null, Object.prototype].includes(Object.getPrototypeOf(value) as object | null);
    return typeof className === 'string' && !isPlain ? `an instance of ${className}` : 'an object';
  } catch {
    return 'an object'; // a getter of the caller's throws
  }
}

/** Makes an error of the house form. */
export function refusal(code: ErrorCode, where: string, expected: string, received: string, hint = ''): Error {
  return makeError(code, `${where}: expected ${expected}, received ${received}.${hint ? ` ${hint}` : ''}`);
}

interface NumberRange {
  min?: number;
  max?: number;
  /** The minimum itself is refused. */
  aboveMin?: boolean;
  /** The maximum itself is refused. */
  belowMax?: boolean;
}

/** A finite number within a range. */
export function checkNumber(where: string, what: string, value: unknown, range: NumberRange = {}): number {
  const { min = -Infinity, max = Infinity, aboveMin = false, belowMax = false } = range;
  const expected = `${what} to be a finite number${rangeText(range)}`;
  if (typeof value !== 'number') throw refusal('ERR_TYPE', where, expected, describe(value));
  const inRange =
    Number.isFinite(value) && (aboveMin ? value > min : value >= min) && (belowMax ? value < max : value <= max);
  if (!inRange) throw refusal('ERR_CONFIG', where, expected, describe(value));
  return value;
}

/** An integer of at least `min` and at most `max` (default: the largest 32-bit integer). */
export function checkInteger(where: string, what: string, value: unknown, min = 1, max = 2147483647): number {
  const isBounded = max !== 2147483647 || (typeof value === 'number' && value > max);
  const expected = `${what} to be an integer from ${min}${isBounded ? ` to ${max}` : ''}`;
  if (typeof value !== 'number') throw refusal('ERR_TYPE', where, expected, describe(value));
  if (!Number.isSafeInteger(value) || value < min || value > max || Object.is(value, -0))
    throw refusal('ERR_CONFIG', where, expected, describe(value));
  return value;
}

export function checkBoolean(where: string, what: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw refusal('ERR_TYPE', where, `${what} to be true or false`, describe(value));
  return value;
}

export function checkString(where: string, what: string, value: unknown): string {
  if (typeof value !== 'string') throw refusal('ERR_TYPE', where, `${what} to be a string`, describe(value));
  return value;
}

/** One of a closed list of strings. */
export function checkOneOf<T extends string>(where: string, what: string, value: unknown, allowed: readonly T[]): T {
  if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T;
  const hint = typeof value === 'string' ? nearest(value, allowed) : undefined;
  throw refusal(
    'ERR_CONFIG',
    where,
    `${what} to be one of ${allowed.map((name) => `'${name}'`).join(', ')}`,
    describe(value),
    hint && `Did you mean '${hint}'?`,
  );
}

/** A plain options object whose keys are all known; an unknown key is refused with the nearest valid name. */
export function checkOptions<T extends object>(where: string, options: T | undefined, known: readonly string[]): T {
  if (options === undefined) return {} as T;
  if (typeof options !== 'object' || options === null || Array.isArray(options) || ArrayBuffer.isView(options))
    throw refusal('ERR_TYPE', where, 'an options object', describe(options));
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const hint = nearest(key, known);
    throw refusal(
      'ERR_UNKNOWN_OPTION',
      where,
      `options among ${known.join(', ')}`,
      `'${key}'`,
      hint && `Did you mean '${hint}'?`,
    );
  }
  return options;
}

function rangeText({ min, max, aboveMin, belowMax }: NumberRange): string {
  const low = min === undefined ? '' : ` ${aboveMin ? 'above' : 'of at least'} ${min}`;
  const high = max === undefined ? '' : ` ${belowMax ? 'below' : 'of at most'} ${max}`;
  return low && high ? `${low} and${high}` : low + high;
}
