// SPDX-License-Identifier: MIT
// Apart, so that no declaration that is published names a Buffer (lib/types.ts).

/** The same memory with the readers of a Buffer. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
