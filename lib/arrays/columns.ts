// SPDX-License-Identifier: MIT
// Arrays side by side: the engine keeps all states of a layer in one row, users have an array for each.
import { NdArray } from '../ndarray';

/** One array of `rows`, in each row the rows of all `arrays`, whose widths are `sizes`. */
export function joinColumns(arrays: readonly Float32Array[], sizes: readonly number[], rows: number): Float32Array {
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const joined = new Float32Array(rows * width);
  let begin = 0;
  arrays.forEach((array, index) => {
    const size = sizes[index]!;
    for (let row = 0; row < rows; row++) joined.set(array.subarray(row * size, (row + 1) * size), row * width + begin);
    begin += size;
  });
  return joined;
}

/** The inverse of {@link joinColumns}, on the last axis of an array of any rank. */
export function splitColumns({ data, shape }: NdArray, sizes: readonly number[]): NdArray[] {
  const width = shape.at(-1)!;
  const rows = data.length / width;
  let begin = 0;
  return sizes.map((size) => {
    const part = new Float32Array(rows * size);
    for (let row = 0; row < rows; row++)
      part.set(data.subarray(row * width + begin, row * width + begin + size), row * size);
    begin += size;
    return new NdArray(part, [...shape.slice(0, -1), size]);
  });
}
