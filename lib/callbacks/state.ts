// SPDX-License-Identifier: MIT
// What a callback had learnt, as a file gives it back: each field is checked before any is used.
import { describe, refusal } from '../util/validate';

type Check<T> = (value: unknown) => value is T;

/**
 * The fields of a state.
 *
 * @throws DataError `ERR_DATA` where one is missing or of another kind
 */
export function readState<T extends object>(
  where: string,
  state: unknown,
  checks: { readonly [K in keyof T]: Check<T[K]> },
): T {
  if (typeof state !== 'object' || state === null) throw refusal('ERR_DATA', where, 'its state', describe(state));
  const entries = Object.entries<Check<unknown>>(checks).map(([key, check]) => {
    const value = Object.hasOwn(state, key) ? (state as Record<string, unknown>)[key] : undefined;
    if (!check(value)) throw refusal('ERR_DATA', where, `${key} in its state`, describe(value));
    return [key, value];
  });
  return Object.fromEntries(entries) as T;
}

export const isNumber: Check<number> = (value): value is number => typeof value === 'number';

/** An integer from 0. */
export const isCount: Check<number> = (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isFloatsList: Check<Float32Array[]> = (value): value is Float32Array[] =>
  Array.isArray(value) && value.every((item) => item instanceof Float32Array);

export const isNumbers: Check<number[]> = (value): value is number[] => Array.isArray(value) && value.every(isNumber);

export const isDoubles: Check<Float64Array> = (value): value is Float64Array => value instanceof Float64Array;

export const isStrings: Check<string[]> = (value): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** One of a kind, or none. */
export function isOptional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}
