// SPDX-License-Identifier: MIT
// CRC-32 as in zip (ISO 3309).
import * as zlib from 'node:zlib';
import { bytesInParts, type Bytes } from '../../serialization/byte_source';

/** The checksum of bytes, from 0 to 2^32 - 1. @param before that of the bytes before them */
export function crc32(bytes: Uint8Array, before = 0): number {
  // Node has its own from 20.15 and 22.2 on; Bun and Deno may have none.
  const own: unknown = (zlib as { readonly crc32?: unknown }).crc32;
  return typeof own === 'function'
    ? (own as (data: Uint8Array, value: number) => number)(bytes, before)
    : tableCrc32(bytes, before);
}

/** The same, with turns of the event loop between parts. */
export async function crc32InParts(bytes: Bytes): Promise<number> {
  let sum = 0;
  await bytesInParts(bytes, (part) => void (sum = crc32(part, sum)));
  return sum;
}

const TABLES = makeTables();

/** Tables for eight bytes a step ("slicing by 8"): table k holds the CRC of a byte followed by k zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[n] = c;
  }
  for (let k = 1; k < 8; k++) {
    for (let n = 0; n < 256; n++) {
      const previous = tables[(k - 1) * 256 + n]!;
      tables[k * 256 + n] = tables[previous & 255]! ^ (previous >>> 8);
    }
  }
  return tables;
}

/** {@link crc32} where the runtime has none. */
export function tableCrc32(bytes: Uint8Array, before = 0): number {
  const t = TABLES;
  let c = ~before;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = t[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
