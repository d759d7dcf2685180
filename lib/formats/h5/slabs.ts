// SPDX-License-Identifier: MIT
// Parts of arrays as HDF5 takes them, blocks of several axes.

/** A block of an array: where it begins along each axis, and how far it reaches. */
export interface Slab {
  readonly offset: readonly number[];
  readonly count: readonly number[];
}

/**
 * The blocks that are the elements from `begin` on, in their order: as few as there can be. null is a scalar.
 *
 * @example
 * slabsOf([4, 3], 2, 7); // the last of row 0, rows 1 and 2
 */
export function slabsOf(shape: readonly number[], begin: number, length: number): (Slab | null)[] {
  if (shape.length === 0) return length > 0 ? [null] : [];
  // Elements from one index of an axis to the next.
  const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const slabs: Slab[] = [];
  for (let at = begin; at < begin + length;) {
    const left = begin + length - at;
    const axis = steps.findIndex((step) => at % step === 0 && step <= left);
    const index = steps.map((step, each) => Math.floor(at / step) % shape[each]!);
    const rows = Math.min(Math.floor(left / steps[axis]!), shape[axis]! - index[axis]!);
    slabs.push({ offset: index, count: shape.map((size, each) => (each < axis ? 1 : each === axis ? rows : size)) });
    at += rows * steps[axis]!;
  }
  return slabs;
}
