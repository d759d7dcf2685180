// SPDX-License-Identifier: MIT
// native/base/random: known answers, independence of order, and distributions.
import { testingAddon } from '../support/testing_addon';

const { reference } = testingAddon;
const words = (seed: number, stream: number, begin: number, n: number): Uint32Array => {
  const out = new Uint32Array(n);
  reference.randomWords({ seed, stream, begin, out });
  return out;
};

describe('philox4x32-10', () => {
  // kat_vectors of Random123 (Salmon et al. 2011)
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[-1, -1, -1, -1], [-1, -1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('known answer for counter %j', (counter, key, expected) => {
    const out = new Uint32Array(4);
    reference.philox({ counter: Uint32Array.from(counter), key: Uint32Array.from(key), out });
    expect(Array.from(out, (word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
  });
});

describe('a stream of random words', () => {
  test('begins with the block of counter 0 under the seed', () => {
    expect(Array.from(words(0, 0, 0, 2))).toEqual([0x6627e8d5, 0xe169c58d]);
  });

  test('is the same read whole, in parts or one by one', () => {
    const whole = words(Number.MAX_SAFE_INTEGER, 7, 0, 50);
    expect(words(Number.MAX_SAFE_INTEGER, 7, 13, 20)).toEqual(whole.slice(13, 33));
    whole.forEach((word, index) => {
      expect(reference.randomWord({ seed: Number.MAX_SAFE_INTEGER, stream: 7, index })).toBe(word);
    });
  });

  test('differs by seed and by stream, also in their upper halves', () => {
    const firsts = [
      [1, 0],
      [2, 0],
      [1, 1],
      [1 + 2 ** 40, 0],
      [1, 2 ** 40],
    ].map(([seed, stream]) => words(seed!, stream!, 0, 4).join());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test.each([false, true])('as doubles, open %s: in range, even', (open) => {
    const out = new Float64Array(100000);
    reference.uniforms({ seed: 3, stream: 0, open, out });
    const counts = new Array<number>(10).fill(0);
    for (const u of out) counts[Math.floor(u * 10)]!++;
    // Binomial(1e5, 0.1): standard deviation 95; five of them.
    for (const count of counts) expect(Math.abs(count - 10000)).toBeLessThan(475);
  });
});

describe('permutation', () => {
  const permutation = (seed: number, stream: number, n: number): number[] => {
    const out = new Int32Array(n);
    reference.permutation({ seed, stream, out });
    return Array.from(out);
  };

  test.each([0, 1, 2, 3, 17, 1000])('of %d holds each number once', (n) => {
    expect(permutation(5, 1, n).sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  });

  test('is given by seed and stream', () => {
    expect(permutation(5, 1, 100)).toEqual(permutation(5, 1, 100));
    expect(permutation(5, 1, 100)).not.toEqual(permutation(5, 2, 100));
    expect(permutation(5, 1, 100)).not.toEqual(permutation(6, 1, 100));
  });

  test('all orders of three come equally often', () => {
    const counts = new Map<string, number>();
    for (let stream = 0; stream < 12000; stream++) {
      const key = permutation(8, stream, 3).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Binomial(12000, 1/6): standard deviation 41; five of them.
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(205);
  });
});
