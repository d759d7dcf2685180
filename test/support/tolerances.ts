// SPDX-License-Identifier: MIT
// How far float32 kernels may be from the double-precision truth, each with the line that derives it, and comparisons
// that name the worst element.

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, exp } = Math;
const { is } = Object;

/** u: half the distance of 1 to the next float, so that fl(a op b) = (a op b)(1 + d), |d| <= u. */
export const ROUNDOFF = 2 ** -24;
/** The smallest positive float: what a result near zero may lose however small its relative error. */
export const SMALLEST = 2 ** -149;

/**
 * A sum of `terms` products and one more summand, in any order, fused or not: every product meets at most `terms` + 1
 * roundings (its own and those of the additions behind it), so |error| <= gamma(terms + 1) * sum of magnitudes, with
 * gamma(m) = m u / (1 - m u) (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
 */
export function sumTolerance(terms: number, magnitudes: number): number {
  const m = terms + 1;
  return ((m * ROUNDOFF) / (1 - m * ROUNDOFF)) * magnitudes + (terms + 1) * SMALLEST;
}

/** Bounds stated in native/kernels/math-inl.h, in units in the last place; tanh's holds where nothing is fused. */
export const ULPS = {
  exp: 2,
  tanh: 7,
  sigmoid: 4,
  softplus: 3,
  log_sigmoid: 3,
  gelu: 7,
  silu: 4,
  mish: 4,
  squareplus: 3,
} as const;
/** The tighter bound of tanh where multiply-adds are fused. */
export const FUSED_TANH_ULPS = 6;

/** What gelu loses to the rounding of x^2 where nothing is fused, for x < 0: x^2/2 roundings of the tail. */
export function geluSquareUlps(x: number): number {
  return x < 0 ? (x * x) / 2 : 0;
}

/** One unit in the last place of float32 at `x`. */
export function ulpOf(x: number): number {
  const magnitude = abs(x);
  if (magnitude < 2 ** -126) return SMALLEST;
  word.setFloat64(0, magnitude);
  return 2 ** ((word.getUint16(0) >> 4) - 1023 - 23);
}
const word = new DataView(new ArrayBuffer(8));

/**
 * Absolute error of an activation's value at an exact argument with the exact result `y`: the stated bound of those that
 * have one, an exponential less one for elu (its ulp below 1 is 2^-24 = u, and one rounding), tanh's ulps below 1 for
 * tanh_shrink, and at most three roundings for the rest.
 */
export function activationTolerance(activation: string, y: number, x = 0): number {
  switch (activation) {
    case 'linear':
    case 'relu':
    case 'relu6':
    case 'hard_tanh':
    case 'hard_shrink':
      return 0;
    case 'tanh':
    case 'sigmoid':
    case 'softplus':
    case 'log_sigmoid':
    case 'silu':
    case 'mish':
    case 'squareplus':
      return ULPS[activation] * ulpOf(y);
    case 'gelu':
      return (ULPS.gelu + geluSquareUlps(x)) * ulpOf(y);
    case 'exponential':
      return ULPS.exp * ulpOf(y);
    case 'elu':
    case 'celu':
      return (ULPS.exp + 1) * ROUNDOFF;
    case 'selu':
      return 1.76 * (ULPS.exp + 1) * ROUNDOFF + 3 * ROUNDOFF * abs(y) + SMALLEST; // scale times alpha is 1.758
    case 'tanh_shrink':
      return 2 * ULPS.tanh * ROUNDOFF + ROUNDOFF * abs(y);
    case 'hard_sigmoid':
    case 'legacy_hard_sigmoid':
      return 3 * ROUNDOFF; // of numbers up to 1: the factor, the product, the sum
    case 'hard_silu':
      return 9 * ROUNDOFF + ROUNDOFF * abs(y); // that of hard_sigmoid times |x| <= 3, and the product
    default:
      return 3 * ROUNDOFF * abs(y) + SMALLEST;
  }
}

/** How much of an error in its argument an activation can pass on: the largest slope near x. */
export function activationSlope(activation: string, x: number): number {
  return activation === 'exponential' ? exp(abs(x)) : 1;
}

/** Every |actual - expected| <= tolerance of that element; NaN only where NaN is expected. */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: ArrayLike<number>,
  context: string,
): void {
  let worst = 1;
  let where = -1;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (is(a, e) || a === e) continue;
    const ratio = abs(a - e) / tolerance[i]!;
    if (!(ratio <= worst)) {
      where = i;
      if (!(ratio > worst)) break; // NaN
      worst = ratio;
    }
  }
  if (actual.length !== expected.length) throw new Error(`${context}: ${actual.length} of ${expected.length} elements`);
  if (where >= 0) {
    throw new Error(
      `${context}: element ${where} of ${expected.length}: expected ${expected[where]}, received ${actual[where]}, ` +
        `${abs(actual[where]! - expected[where]!)} apart, tolerance ${tolerance[where]}`,
    );
  }
}

/** The same bits, the sign of zero included; any NaN equals any NaN. */
export function expectSameBits(actual: ArrayLike<number>, expected: ArrayLike<number>, context: string): void {
  if (actual.length !== expected.length) throw new Error(`${context}: ${actual.length} of ${expected.length} elements`);
  for (let i = 0; i < expected.length; i++) {
    if (!is(actual[i], expected[i])) {
      throw new Error(
        `${context}: element ${i} of ${expected.length}: expected exactly ${expected[i]}, received ${actual[i]}`,
      );
    }
  }
}
