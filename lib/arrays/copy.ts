// SPDX-License-Identifier: MIT
// Large arrays, copied a part in each turn of the event loop.
import { refusal } from '../util/validate';
import { allocate } from './nested_arrays';

/** Elements of a part: a millisecond or two. */
const PART = 1 << 19;

// Taken when the package is loaded: tests replace the global one.
const { setImmediate: nextTurn } = globalThis;

/**
 * A copy of an array, which is to be left alone until it is made.
 *
 * @throws (rejects) DataError `ERR_DATA` where the array is detached meanwhile; InternalError `ERR_OUT_OF_MEMORY`
 */
export async function copyInTurns(where: string, from: Float32Array): Promise<Float32Array> {
  const { length } = from;
  const out = allocate(where, () => new Float32Array(length));
  for (let at = 0; at < length; at += PART) {
    if (at > 0) await new Promise<void>((resolve) => nextTurn(resolve));
    if (from.length !== length) throw refusal('ERR_DATA', where, 'arrays that are left alone', 'one that was detached');
    out.set(from.subarray(at, at + PART), at);
  }
  return out;
}
