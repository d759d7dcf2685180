// SPDX-License-Identifier: MIT
// Ranges of an axis, with the meaning of numpy's slices.
import { checkInteger, describe, refusal } from '../../util/validate';

/** Part of an axis: from `begin` to below `end` in steps of `stride` (default 1). Negative counts from the end; null: all. */
export type SliceRange = readonly [begin: number | null, end?: number | null, stride?: number];

/** A range whose parts are all there. */
export interface ResolvedRange {
  readonly begin: number | null;
  readonly end: number | null;
  readonly stride: number;
}

/** An integer of either sign. */
export function checkIndex(where: string, what: string, value: unknown): number {
  return checkInteger(where, what, value, -2147483648);
}

/** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` */
export function checkRange(where: string, what: string, value: unknown): ResolvedRange {
  const expected = `${what} to be [begin, end, stride], null where open`;
  if (!Array.isArray(value)) throw refusal('ERR_TYPE', where, expected, describe(value));
  if (value.length === 0 || value.length > 3) throw refusal('ERR_CONFIG', where, expected, describe(value));
  const [begin = null, end = null, stride = 1] = value as unknown[];
  const step = checkIndex(where, `${what}[2]`, stride);
  if (step === 0) throw refusal('ERR_CONFIG', where, `${what}[2] not to be 0`, '0');
  return {
    begin: begin === null ? null : checkIndex(where, `${what}[0]`, begin),
    end: end === null ? null : checkIndex(where, `${what}[1]`, end),
    stride: step,
  };
}

/** The first index that a range of an axis selects, and how many it does. */
export function selectedOf({ begin, end, stride }: ResolvedRange, size: number): { first: number; count: number } {
  const [least, most] = stride < 0 ? [-1, size - 1] : [0, size];
  const bound = (given: number | null, otherwise: number): number =>
    given === null ? otherwise : Math.min(most, Math.max(least, given < 0 ? given + size : given));
  const first = bound(begin, stride < 0 ? most : least);
  const last = bound(end, stride < 0 ? least : most);
  return { first, count: Math.max(0, Math.ceil((last - first) / stride)) };
}
