// SPDX-License-Identifier: MIT
// Hashes of texts of every length against TensorFlow's (lookups.json).
import { farmhash64, siphash64 } from '../../../lib/util/string_hashes';
import { readGolden } from '../../reference/golden';

const { hashes } = readGolden<{
  hashes: { text: string; buckets: number; key: [number, number]; farmhash: string; siphash: string }[];
}>('lookups');

test.each(hashes.map((each) => [Buffer.byteLength(each.text), each] as const))('%i bytes', (_, each) => {
  const bucket = (hash: bigint): string => String(hash % BigInt(each.buckets));
  expect(bucket(farmhash64(each.text))).toBe(each.farmhash);
  expect(bucket(siphash64(each.text, [BigInt(each.key[0]), BigInt(each.key[1])]))).toBe(each.siphash);
});

// Aumasson and Bernstein 2012, appendix A: 15 bytes 0, 1, ... 14 under the key 0, 1, ... 15.
test('the vector of the paper', () => {
  const text = String.fromCharCode(...Array.from({ length: 15 }, (_, i) => i));
  expect(siphash64(text, [0x0706050403020100n, 0x0f0e0d0c0b0a0908n])).toBe(0xa129ca6149be45e5n);
});
