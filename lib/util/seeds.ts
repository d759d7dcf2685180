// SPDX-License-Identifier: MIT
// Where random streams begin: one global seed, and from it a sequence of seeds for initializers, dropout and shuffling.
import { refuseMore } from './arguments';
import { crypto } from './crypto';
import { checkInteger } from './validate';

const MASK_64 = (1n << 64n) - 1n;
const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

/** Undefined until one is set or needed. */
let globalSeed: number | undefined;
let drawn = 0;

/**
 * Sets the seed from which all unseeded randomness derives: initial weights, dropout masks, the order of rows in `fit`.
 *
 * Without this call the seed is a random one. With it, the same program gives the same bits on the same instruction set.
 *
 * @param seed an integer from 0 to 2^53 - 1
 * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` where `seed` is no such integer
 * @see keras/src/utils/rng_utils.py
 * @example
 * setRandomSeed(42);
 * const model = new Sequential([new Embedding(100, 8), new SimpleRNN(16)]); // the same weights at every start
 */
export function setRandomSeed(seed: number, ...rest: []): void {
  refuseMore('setRandomSeed', rest);
  globalSeed = checkInteger('setRandomSeed', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  drawn = 0;
}

/** The next seed: an integer from 0 to 2^53 - 1, given by the global seed and by how many were drawn since it was set. */
export function nextSeed(): number {
  drawn++;
  // The global seed is mixed first, so that seed 1 does not walk the same sequence as seed 0 one step later.
  globalSeed ??= crypto().randomBytes(6).readUIntBE(0, 6);
  const begin = mix(BigInt(globalSeed) + GOLDEN_GAMMA);
  return Number(mix(begin + BigInt(drawn) * GOLDEN_GAMMA) >> 11n);
}

/** What `work` draws is not counted: the next seed is the one that would have come without it. */
export function withoutDrawing<T>(work: () => T): T {
  const before = drawn;
  try {
    return work();
  } finally {
    drawn = before;
  }
}

/** The finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs. */
function mix(value: bigint): bigint {
  let z = value & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
}
