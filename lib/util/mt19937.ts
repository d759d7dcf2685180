// SPDX-License-Identifier: MIT
// The Mersenne Twister as numpy's legacy RandomState seeds and uses it, so that shuffles repeat Keras' order exactly.
import { checkInteger } from './validate';

const SIZE = 624;
const MIDDLE = 397;

/**
 * numpy's `RandomState(seed)`, as far as shuffling needs it.
 *
 * Matsumoto & Nishimura 1998 (MT19937 with `init_genrand`); drawing within a bound as numpy's `random_interval`.
 *
 * @example
 * const order = Int32Array.from({ length: 5 }, (_, i) => i);
 * new Mt19937(113).shuffle(order); // the order of np.random.RandomState(113).shuffle(np.arange(5))
 */
export class Mt19937 {
  private readonly state = new Uint32Array(SIZE);
  private position = SIZE;

  /**
   * @param seed integer from 0 to 4294967295
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` where the seed is something else
   */
  constructor(seed: number) {
    let previous = checkInteger('Mt19937', 'seed', seed, 0, 4294967295);
    this.state[0] = previous;
    for (let i = 1; i < SIZE; i++) {
      previous = (Math.imul(previous ^ (previous >>> 30), 1812433253) + i) >>> 0;
      this.state[i] = previous;
    }
  }

  /** The next 32 random bits. */
  next(): number {
    if (this.position === SIZE) this.twist();
    let y = this.state[this.position++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A uniform integer from 0 to `max`, both included: bits under a mask, drawn again while they exceed `max`. */
  interval(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    let value: number;
    do value = (this.next() & mask) >>> 0;
    while (value > max);
    return value;
  }

  /** Shuffles in place, in the order of `RandomState.shuffle` on a one-dimensional array. */
  shuffle(values: Int32Array): void {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.interval(i);
      const kept = values[i]!;
      values[i] = values[j]!;
      values[j] = kept;
    }
  }

  private twist(): void {
    const s = this.state;
    for (let i = 0; i < SIZE; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % SIZE]! & 0x7fffffff);
      s[i] = s[(i + MIDDLE) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
