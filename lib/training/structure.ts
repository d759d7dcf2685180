// SPDX-License-Identifier: MIT
// What a call is given for several inputs or outputs: a list in their order, or an object by name. One stands alone.
import { types } from 'node:util';
import { isNumericTypedArray } from '../arrays/arrays';
import { nearest } from '../util/did_you_mean';
import { describe, refusal } from '../util/validate';

/** What was given for one of them, and how messages call it. */
export interface Given {
  readonly what: string;
  /** undefined where nothing was given. */
  readonly value: unknown;
}

/** One array for all, a list with one for each, or an object by name. */
export type Structure<T> = T | readonly (T | null)[] | Readonly<Record<string, T | null>>;

/**
 * What was given for each of `names`, in their order.
 *
 * @param what the argument, for messages: `x`, whose parts are `x.words` and `x.meta`
 * @param isNeeded whether something must be given for the name of this index. Default: always
 * @throws ConfigError `ERR_TYPE` where it is neither a list nor an object; `ERR_UNKNOWN_NAME` for a name that is none,
 *   `ERR_CONFIG` where one is missing or a list has another length
 */
export function inOrder(
  where: string,
  what: string,
  given: unknown,
  names: readonly string[],
  isNeeded: (index: number) => boolean = () => true,
): readonly Given[] {
  if (names.length === 1 && !isPlain(given)) return [{ what, value: given }];
  const list =
    names.length > 1 && Array.isArray(given)
      ? listed(where, what, given, names, isNeeded)
      : isPlain(given)
        ? named(where, what, given, names)
        : undefined;
  if (list === undefined)
    throw refusal(
      'ERR_TYPE',
      where,
      `${what} to be a list with one for each of ${names.join(', ')}, or an object by name`,
      describe(given),
    );
  const missing = names.findIndex((_, index) => isNeeded(index) && !isGiven(list[index]));
  if (missing >= 0)
    throw refusal('ERR_CONFIG', where, `${what} for each of ${names.join(', ')}`, `none for "${names[missing]}"`);
  return names.map((name, index) => ({ what: `${what}.${name}`, value: list[index] }));
}

function listed(
  where: string,
  what: string,
  given: readonly unknown[],
  names: readonly string[],
  isNeeded: (index: number) => boolean,
): readonly unknown[] {
  if (given.length === names.length) return given;
  // As Keras allows: a list for those alone that need one.
  const needed = names.flatMap((_, index) => (isNeeded(index) ? [index] : []));
  if (given.length === needed.length) {
    const list = new Array<unknown>(names.length).fill(undefined);
    needed.forEach((index, place) => (list[index] = given[place]));
    return list;
  }
  const expected = `a list of ${names.length} for ${what} (${names.join(', ')}), or an object by name`;
  throw refusal('ERR_CONFIG', where, expected, `a list of ${given.length}`);
}

function named(
  where: string,
  what: string,
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly unknown[] {
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const near = nearest(unknown, names);
    const expected = `${what} by name: ${names.join(', ')}`;
    throw refusal('ERR_UNKNOWN_NAME', where, expected, describe(unknown), near && `Did you mean "${near}"?`);
  }
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
}

/** Whether something was given. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether a value is an object by name rather than an array of any kind, or an object of a class. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || types.isProxy(value)) return false;
  if (isNumericTypedArray(value) || ArrayBuffer.isView(value) || ('data' in value && 'shape' in value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of other realms have another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
