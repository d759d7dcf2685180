// SPDX-License-Identifier: MIT
// The hashes by which TensorFlow, and so Keras, deals unknown tokens to buckets: FarmHash's Fingerprint64, and SipHash-2-4
// where there is a key. In BigInt: only tokens that no vocabulary has are hashed.
// Source: farmhashna::Hash64 (google/farmhash, src/farmhash.cc); Aumasson and Bernstein 2012.
const MASK = (1n << 64n) - 1n;
const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const u64 = (value: bigint): bigint => value & MASK;
const rotateRight = (value: bigint, bits: bigint): bigint => u64((value >> bits) | (value << (64n - bits)));
const rotateLeft = (value: bigint, bits: bigint): bigint => rotateRight(value, 64n - bits);
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

function hashOf16(u: bigint, v: bigint, factor: bigint): bigint {
  const a = shiftMix(u64((u ^ v) * factor));
  return u64(shiftMix(u64((v ^ a) * factor)) * factor);
}

/** FarmHash's Fingerprint64 of the UTF-8 bytes of a text. */
export function farmhash64(text: string): bigint {
  const bytes = Buffer.from(text, 'utf8');
  const { length } = bytes;
  const at = (offset: number): bigint => bytes.readBigUInt64LE(offset);
  const factor = u64(K2 + BigInt(length) * 2n);
  if (length <= 16) return farmhashUpTo16(bytes, factor);
  if (length <= 32) {
    const [a, b, c, d] = [u64(at(0) * K1), at(8), u64(at(length - 8) * factor), u64(at(length - 16) * K2)];
    const u = rotateRight(u64(a + b), 43n) + rotateRight(c, 30n) + d;
    return hashOf16(u64(u), u64(a + rotateRight(u64(b + K2), 18n) + c), factor);
  }
  if (length <= 64) {
    const [a, b, c, d] = [u64(at(0) * K2), at(8), u64(at(length - 8) * factor), u64(at(length - 16) * K2)];
    const y = u64(rotateRight(u64(a + b), 43n) + rotateRight(c, 30n) + d);
    const z = hashOf16(y, u64(a + rotateRight(u64(b + K2), 18n) + c), factor);
    const [e, f] = [u64(at(16) * factor), at(24)];
    const [g, h] = [u64((y + at(length - 32)) * factor), u64((z + at(length - 24)) * factor)];
    const u = rotateRight(u64(e + f), 43n) + rotateRight(g, 30n) + h;
    return hashOf16(u64(u), u64(e + rotateRight(u64(f + a), 18n) + g), factor);
  }
  return farmhashOfLong(bytes);
}

function farmhashUpTo16(bytes: Buffer, factor: bigint): bigint {
  const { length } = bytes;
  if (length >= 8) {
    const [a, b] = [u64(bytes.readBigUInt64LE(0) + K2), bytes.readBigUInt64LE(length - 8)];
    const c = u64(rotateRight(b, 37n) * factor + a);
    return hashOf16(c, u64((rotateRight(a, 25n) + b) * factor), factor);
  }
  if (length >= 4) {
    const [first, last] = [BigInt(bytes.readUInt32LE(0)), BigInt(bytes.readUInt32LE(length - 4))];
    return hashOf16(u64(BigInt(length) + (first << 3n)), last, factor);
  }
  if (length === 0) return K2;
  const y = BigInt(bytes[0]! + bytes[length >> 1]! * 256);
  const z = BigInt(length + bytes[length - 1]! * 4);
  return u64(shiftMix(u64(y * K2) ^ u64(z * K0)) * K2);
}

type Pair = readonly [bigint, bigint];

function farmhashOfLong(bytes: Buffer): bigint {
  const at = (offset: number): bigint => bytes.readBigUInt64LE(offset);
  const weak = (offset: number, first: bigint, second: bigint): Pair => {
    const a = u64(first + at(offset));
    const b = rotateRight(u64(second + a + at(offset + 24)), 21n);
    const sum = u64(a + at(offset + 8) + at(offset + 16));
    return [u64(sum + at(offset + 24)), u64(b + rotateRight(sum, 44n) + a)];
  };
  const last = bytes.length - 1;
  let x = 81n;
  let y = u64(81n * K1 + 113n);
  let z = u64(shiftMix(u64(y * K2 + 113n)) * K2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  x = u64(x * K2 + at(0));
  const round = (offset: number, factor: bigint, more: bigint): void => {
    x = u64(rotateRight(u64(x + y + v[0] + at(offset + 8)), 37n) * factor);
    y = u64(rotateRight(u64(y + v[1] + at(offset + 48)), 42n) * factor);
    x ^= u64(w[1] * more);
    y = u64(y + v[0] * more + at(offset + 40));
    z = u64(rotateRight(u64(z + w[0]), 33n) * factor);
    v = weak(offset, u64(v[1] * factor), u64(x + w[0]));
    w = weak(offset + 32, u64(z + w[1]), u64(y + at(offset + 16)));
    [x, z] = [z, x];
  };
  const end = Math.floor(last / 64) * 64;
  for (let offset = 0; offset < end; offset += 64) round(offset, K1, 1n);
  const factor = u64(K1 + ((z & 0xffn) << 1n));
  w = [u64(w[0] + BigInt(last & 63)), w[1]];
  v = [u64(v[0] + w[0]), v[1]];
  w = [u64(w[0] + v[0]), w[1]];
  round(end + (last & 63) - 63, factor, 9n);
  const first = u64(hashOf16(v[0], w[0], factor) + shiftMix(y) * K0 + z);
  return hashOf16(first, u64(hashOf16(v[1], w[1], factor) + x), factor);
}

/** SipHash-2-4 of the UTF-8 bytes of a text. */
export function siphash64(text: string, key: Pair): bigint {
  const bytes = Buffer.from(text, 'utf8');
  const whole = bytes.length - (bytes.length % 8);
  let v0 = key[0] ^ 0x736f6d6570736575n;
  let v1 = key[1] ^ 0x646f72616e646f6dn;
  let v2 = key[0] ^ 0x6c7967656e657261n;
  let v3 = key[1] ^ 0x7465646279746573n;
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v0 = u64(v0 + v1);
      v1 = rotateLeft(v1, 13n) ^ v0;
      v0 = rotateLeft(v0, 32n);
      v2 = u64(v2 + v3);
      v3 = rotateLeft(v3, 16n) ^ v2;
      v0 = u64(v0 + v3);
      v3 = rotateLeft(v3, 21n) ^ v0;
      v2 = u64(v2 + v1);
      v1 = rotateLeft(v1, 17n) ^ v2;
      v2 = rotateLeft(v2, 32n);
    }
  };
  const take = (word: bigint): void => {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  for (let offset = 0; offset < whole; offset += 8) take(bytes.readBigUInt64LE(offset));
  const rest = Buffer.alloc(8);
  bytes.copy(rest, 0, whole);
  rest[7] = bytes.length & 0xff;
  take(rest.readBigUInt64LE());
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}
