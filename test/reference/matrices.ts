// SPDX-License-Identifier: MIT
// The few products of row-major matrices that the oracles are written in.

/** A [m,k] times B [k,n]. */
export function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let l = 0; l < k; l++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * k + l]! * b[l * n + j]!;
  return c;
}

/** The transpose [n,m] of A [m,n]. */
export function transpose(a: Float64Array, m: number, n: number): Float64Array {
  const t = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) t[j * m + i] = a[i * n + j]!;
  return t;
}

/** a += b. */
export function addTo(a: Float64Array, b: Float64Array): void {
  b.forEach((value, i) => (a[i]! += value));
}

/** Adds `row` to every row of `a`. */
export function addToRows(a: Float64Array, row: Float64Array): void {
  a.forEach((value, i) => (a[i] = value + row[i % row.length]!));
}

/** The sum of the rows of `a`, `columns` long. */
export function sumOfRows(a: Float64Array, columns: number): Float64Array {
  const sum = new Float64Array(columns);
  a.forEach((value, i) => (sum[i % columns]! += value));
  return sum;
}
