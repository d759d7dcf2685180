// SPDX-License-Identifier: MIT
// Repeatable random test data, by a generator (mulberry32) that has nothing to do with the one under test.

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { PI, cos, floor, imul, log, sqrt } = Math;

export interface Draw {
  /** In [low, high). */
  uniform(n: number, low: number, high: number): Float64Array;
  normal(n: number, scale?: number): Float64Array;
  /** In [low, high). */
  integers(n: number, low: number, high: number): Int32Array;
  /** `rows` rows of `columns` positive numbers that sum to 1. */
  probabilities(rows: number, columns: number): Float64Array;
}

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = imul(state ^ (state >>> 15), 1 | state);
    z = (z + imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  const uniform = (n: number, low: number, high: number): Float64Array =>
    Float64Array.from({ length: n }, () => low + next() * (high - low));
  return {
    uniform,
    // Box and Muller; 1 - next() is never 0.
    normal: (n, scale = 1) =>
      Float64Array.from({ length: n }, () => scale * sqrt(-2 * log(1 - next())) * cos(2 * PI * next())),
    integers: (n, low, high) => Int32Array.from(uniform(n, low, high), floor),
    probabilities: (rows, columns) => {
      const values = uniform(rows * columns, 0.05, 1);
      for (let row = 0; row < rows; row++) {
        const part = values.subarray(row * columns, (row + 1) * columns);
        const sum = part.reduce((a, b) => a + b, 0);
        part.forEach((value, j) => (part[j] = value / sum));
      }
      return values;
    },
  };
}
