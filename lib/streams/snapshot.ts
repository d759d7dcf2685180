// SPDX-License-Identifier: MIT
// Saved streams as bytes, little-endian: 'OSTR', version, the plan's signature (8 bytes), number of streams n, numbers
// that each keeps s, CRC-32C of what follows; then n places (int32) and n * s states (float32).
import { types } from 'node:util';
import { crc32c } from '../util/crc32c';
import { describe, refusal } from '../util/validate';

const MAGIC = 0x5254534f;
const VERSION = 1;
const HEADER = 28;

/** Streams with their states, side by side. */
export interface Snapshot {
  readonly places: Int32Array;
  /** [places, stateSize] */
  readonly states: Float32Array;
}

/** A snapshot as bytes. */
export function encodeSnapshot({ places, states }: Snapshot, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + places.byteLength + states.byteLength);
  const view = new DataView(bytes.buffer);
  const stateSize = places.length === 0 ? 0 : states.length / places.length;
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  bytes.set(signature, 8);
  view.setUint32(16, places.length, true);
  view.setUint32(20, stateSize, true);
  bytes.set(asBytes(places), HEADER);
  bytes.set(asBytes(states), HEADER + places.byteLength);
  view.setUint32(24, crc32c(bytes.subarray(HEADER)), true);
  return bytes;
}

/**
 * Bytes as a snapshot.
 *
 * @param stateSize numbers that a stream of this model keeps
 * @throws ConfigError `ERR_TYPE`; DataError `ERR_DATA` where the bytes are no snapshot; ShapeError `ERR_SHAPE` where they
 *   are of a model with other layers
 */
export function decodeSnapshot(where: string, saved: unknown, signature: Uint8Array, stateSize: number): Snapshot {
  if (!types.isUint8Array(saved))
    throw refusal('ERR_TYPE', where, 'a Uint8Array that save() returned', describe(saved));
  const bytes = new Uint8Array(saved); // at an offset that floats may have
  const malformed = (received: string) => refusal('ERR_DATA', where, 'bytes that save() returned', received);
  if (bytes.length < HEADER) throw malformed(`${bytes.length} bytes`);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0, true) !== MAGIC) throw malformed('others');
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw malformed(`those of version ${version}`);
  const count = view.getUint32(16, true);
  const isOther =
    signature.some((byte, i) => bytes[8 + i] !== byte) || (count > 0 && view.getUint32(20, true) !== stateSize);
  if (isOther) throw refusal('ERR_SHAPE', where, 'states of a model with the same layers', 'those of another model');
  const size = HEADER + 4 * count * (1 + stateSize);
  if (bytes.length !== size) throw malformed(`${bytes.length} bytes instead of ${size}`);
  // A place that a flipped bit made large would open as many streams.
  if (view.getUint32(24, true) !== crc32c(bytes.subarray(HEADER))) throw malformed('damaged ones');
  const places = new Int32Array(bytes.buffer, HEADER, count);
  if (places.some((place, i) => place < 0 || (i > 0 && place <= places[i - 1]!)))
    throw malformed('places out of order');
  return { places, states: new Float32Array(bytes.buffer, HEADER + 4 * count, count * stateSize) };
}

function asBytes(array: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
