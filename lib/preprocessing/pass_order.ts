// SPDX-License-Identifier: MIT
// The order in which a data set gives out its samples: Keras' own in the first pass, another in each pass after it.
import { Mt19937 } from '../util/mt19937';
import { nextSeed } from '../util/seeds';
import { checkInteger } from '../util/validate';

const SEEDS = 2 ** 32;

/** A seed of numpy's RandomState: the one that was given, or one that follows from `setRandomSeed`. */
export function checkShuffleSeed(where: string, seed: number | null): number {
  return seed === null ? nextSeed() % SEEDS : checkInteger(where, 'seed', seed, 0, SEEDS - 1);
}

/**
 * Indices of samples in the order of a pass.
 *
 * The samples were shuffled with `seed` when the data set was made, as Keras does: that is the first pass. Keras goes on with
 * TensorFlow's random numbers; here pass p shuffles with `seed + p`, so that it can be taken up anywhere.
 *
 * @param seed null where nothing is shuffled
 */
export function passOrder(count: number, seed: number | null, pass: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  if (seed !== null && pass > 0) new Mt19937((seed + pass) % SEEDS).shuffle(order);
  return order;
}
