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

/** Some of the bytes: a view where they are an array, else a copy. */
export async function bytesAt(bytes: Bytes, begin: number, length: number): Promise<Uint8Array> {
  if (!(bytes instanceof ByteSource)) return bytes.subarray(begin, begin + length);
  const part = new Uint8Array(length);
  await bytes.read(begin, part);
  return part;
}

/** A view of some of the bytes, of which nothing is read yet. */
export function viewOf(bytes: Bytes, begin: number, length: number): Bytes {
  return bytes instanceof ByteSource ? new Window(bytes, begin, length) : bytes.subarray(begin, begin + length);
}

class Window extends ByteSource {
  constructor(
    private readonly bytes: ByteSource,
    private readonly begin: number,
    override readonly length: number,
  ) {
    super();
  }

  override read(begin: number, out: Uint8Array): Promise<void> {
    return this.bytes.read(this.begin + begin, out);
  }
}

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
