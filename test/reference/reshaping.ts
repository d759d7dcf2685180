// SPDX-License-Identifier: MIT
// Oracle: layers that only move, repeat, hide or scale values, from keras/src/layers/{core,reshaping,regularization}.
// Reshape and Flatten need none: values stay where they are.

/** Masking: [rows of `columns`], 0 where all are `maskValue`. */
export function maskOf(x: Float64Array, columns: number, maskValue: number): Uint8Array {
  return Uint8Array.from({ length: x.length / columns }, (_, row) =>
    Number(x.subarray(row * columns, (row + 1) * columns).some((value) => value !== maskValue)),
  );
}

/** Rows that the mask leaves out become 0; its own adjoint. */
export function hideMasked(x: Float64Array, columns: number, mask: ArrayLike<number>): Float64Array {
  return x.map((value, i) => (mask[Math.floor(i / columns)] ? value : 0));
}

/** RepeatVector: [N, columns] to [N, n, columns]. */
export function repeatForward(x: Float64Array, columns: number, n: number): Float64Array {
  return Float64Array.from({ length: x.length * n }, (_, i) => {
    const row = Math.floor(i / (n * columns));
    return x[row * columns + (i % columns)]!;
  });
}

export function repeatBackward(dy: Float64Array, columns: number, n: number): Float64Array {
  const dx = new Float64Array(dy.length / n);
  dy.forEach((d, i) => (dx[Math.floor(i / (n * columns)) * columns + (i % columns)]! += d));
  return dx;
}

/** SpatialDropout1D with given factors [N, columns], the same at every step; its own adjoint. */
export function scaleFeatures(x: Float64Array, steps: number, columns: number, factors: Float64Array): Float64Array {
  return x.map((value, i) => value * factors[Math.floor(i / (steps * columns)) * columns + (i % columns)]!);
}
