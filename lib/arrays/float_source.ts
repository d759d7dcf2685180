// SPDX-License-Identifier: MIT
// Floats that JavaScript has no array of: they lie in a file or in the engine, and are read part by part. An array of
// hundreds of megabytes would be given back in one piece at some later time, and hold up the event loop for as long.
import { refusal } from '../util/validate';
import { nextTurn } from '../util/timers';
import { allocate } from './nested_arrays';

/** Elements of a part: a few megabytes. */
const PART = 1 << 20;

export abstract class FloatSource {
  abstract readonly length: number;
  /** Fills `out` with the elements from `begin` on. `out` is to be left alone until it is done. */
  abstract read(begin: number, out: Float32Array): Promise<void>;
}

export type Floats = Float32Array | FloatSource;

/**
 * Hands floats on, part by part in their order, all of them in one memory that is used again.
 *
 * @param take is done with a part when its promise resolves
 * @throws (rejects) DataError `ERR_DATA` where an array is detached meanwhile; InternalError `ERR_OUT_OF_MEMORY`; what the
 *   source and `take` throw
 */
export async function inParts(
  where: string,
  all: readonly Floats[],
  take: (part: Float32Array, index: number, begin: number) => Promise<void>,
): Promise<void> {
  const lengths = all.map(({ length }) => length);
  const largest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const memory = allocate(where, () => new Float32Array(Math.min(PART, largest)));
  for (const [index, floats] of all.entries())
    for (let begin = 0; begin < lengths[index]!; begin += PART) {
      const part = memory.subarray(0, Math.min(PART, lengths[index]! - begin));
      if (floats instanceof FloatSource) await floats.read(begin, part);
      else await copyPart(where, floats, lengths[index]!, begin, part);
      await take(part, index, begin);
    }
}

async function copyPart(
  where: string,
  from: Float32Array,
  length: number,
  begin: number,
  part: Float32Array,
): Promise<void> {
  if (part.length === PART) await nextTurn();
  if (from.length !== length) throw refusal('ERR_DATA', where, 'arrays that are left alone', 'one that was detached');
  part.set(from.subarray(begin, begin + part.length));
}

/** An array of all of them. @throws (rejects) InternalError `ERR_OUT_OF_MEMORY`; what the source throws */
export async function toArray(where: string, floats: Floats): Promise<Float32Array> {
  if (!(floats instanceof FloatSource)) return floats;
  const values = allocate(where, () => new Float32Array(floats.length));
  await floats.read(0, values);
  return values;
}
