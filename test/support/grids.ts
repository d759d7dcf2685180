// SPDX-License-Identifier: MIT
// Sizes around every block and tail of the kernels: vectors of 1, 4, 8, 16 floats, panels of 8, 16, 32 columns, tiles of
// 4 and 8 rows, chunks of 64 rows, k split four ways, rows padded to 16 floats.

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { ceil } = Math;

export const UNITS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 100, 130] as const;
export const ROWS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 63, 64, 65] as const;
export const DEPTHS = [0, 1, 2, 3, 4, 5, 31, 32, 33] as const;

/** Floats of a row in memory without the bump of large strides: rows are padded to one AVX-512 vector. */
export const paddedColumns = (columns: number): number => ceil(columns / 16) * 16;

/** Calls back with every pair, and a number that tells them apart (for seeds and for turns). */
export function forEachPair<A, B>(first: readonly A[], second: readonly B[], f: (a: A, b: B, turn: number) => void) {
  let turn = 0;
  for (const a of first) for (const b of second) f(a, b, turn++);
}
