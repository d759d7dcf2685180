// SPDX-License-Identifier: MIT
// Comparing arrays of doubles with a message that shows the worst element.

/** Central differences against exact gradients (finite_differences.ts). */
export const DIFFERENCE_TOLERANCE = 1e-7;
/** Two double-precision computations of the same thing, in different orders. */
export const DOUBLE_TOLERANCE = 1e-12;
/** Goldens are written with nine significant digits: 5e-9 of rounding, and a little for cancellation. */
export const GOLDEN_TOLERANCE = 2e-8;

/** Every |actual - expected| <= tolerance * max(1, |expected|). */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  let where = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    if (error > worst || Number.isNaN(error)) {
      worst = error;
      where = i;
    }
    if (Number.isNaN(error)) break;
  }
  if (!(worst <= tolerance)) {
    throw new Error(
      `element ${where} of ${expected.length}: expected ${expected[where]}, received ${actual[where]} ` +
        `(relative error ${worst}, tolerance ${tolerance})`,
    );
  }
}
