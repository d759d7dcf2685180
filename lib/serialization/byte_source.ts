// SPDX-License-Identifier: MIT
// Bytes that JavaScript has no array of, read part by part: as floats are (`float_source.ts`), and for the same reason.
import { nextTurn } from '../util/timers';

/** Bytes of a part. */
const PART = 1 << 22;

export abstract class ByteSource {
  abstract readonly length: number;
  /** Fills `out` with the bytes from `begin` on. `out` is to be left alone until it is done. */
  abstract read(begin: number, out: Uint8Array): Promise<void>;
}

export type Bytes = Uint8Array | ByteSource;

/**
 * Hands bytes on, part by part in their order, with a turn of the event loop between any two.
 *
 * @param take is done with a part when its promise resolves
 */
export async function bytesInParts(bytes: Bytes, take: (part: Uint8Array) => Promise<void> | void): Promise<void> {
  const { length } = bytes;
  const memory = bytes instanceof ByteSource ? new Uint8Array(Math.min(PART, length)) : undefined;
  for (let begin = 0; begin < length; begin += PART) {
    const size = Math.min(PART, length - begin);
    if (bytes instanceof ByteSource) {
      const part = memory!.subarray(0, size);
      await bytes.read(begin, part);
      await take(part);
    } else {
      if (begin > 0) await nextTurn();
      await take(bytes.subarray(begin, begin + size));
    }
  }
}
