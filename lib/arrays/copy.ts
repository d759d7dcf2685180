// SPDX-License-Identifier: MIT
// Large arrays, copied a part in each turn of the event loop.
import { refusal } from '../util/validate';
import { nextTurn } from '../util/timers';
import { allocate } from './nested_arrays';

/** Elements of a part: a millisecond or two. */
const PART = 1 << 19;

/**
 * A copy of arrays one after another, which are to be left alone until it is made.
 *
 * @throws (rejects) DataError `ERR_DATA` where one is detached meanwhile; InternalError `ERR_OUT_OF_MEMORY`
 */
export async function joinInTurns(where: string, arrays: readonly Float32Array[]): Promise<Float32Array> {
  const lengths = arrays.map(({ length }) => length);
  const out = allocate(where, () => new Float32Array(lengths.reduce((sum, length) => sum + length, 0)));
  let next = 0;
  let inTurn = 0;
  for (const [index, from] of arrays.entries())
    for (let at = 0; at < lengths[index]!; at += PART) {
      if (inTurn >= PART) {
        await nextTurn();
        inTurn = 0;
      }
      if (from.length !== lengths[index])
        throw refusal('ERR_DATA', where, 'arrays that are left alone', 'one that was detached');
      const part = from.subarray(at, at + PART);
      out.set(part, next);
      next += part.length;
      inTurn += part.length;
    }
  return out;
}
