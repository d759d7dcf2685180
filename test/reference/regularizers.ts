// SPDX-License-Identifier: MIT
// Oracle: the orthogonal penalty in double, from keras/src/regularizers/regularizers.py, with its gradient.

/**
 * `factor / 2` times the sum of `|u_i . u_j|` over i != j, over the number of pairs, where u are the rows or columns of a
 * matrix of `columns` columns over their norms (at least Keras' epsilon).
 */
export function orthogonalPenalty(
  weight: Float64Array,
  columns: number,
  factor: number,
  mode: 'rows' | 'columns',
): { value: number; gradient: Float64Array } {
  const rows = weight.length / columns;
  const [count, length] = mode === 'rows' ? [rows, columns] : [columns, rows];
  const at = (i: number, k: number): number => (mode === 'rows' ? i * columns + k : k * columns + i);
  const vectors = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length }, (_unused, k) => weight[at(i, k)]!),
  );
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  const scales = vectors.map((v) => Math.min(1 / Math.sqrt(dot(v, v)), 1e7));
  const units = vectors.map((v, i) => v.map((value) => value * scales[i]!));
  const gradient = new Float64Array(weight.length);
  if (count < 2) return { value: 0, gradient };
  const share = (factor * 0.5) / ((count * (count - 1)) / 2);
  let sum = 0;
  units.forEach((u, i) => {
    const slope = new Float64Array(length);
    units.forEach((other, j) => {
      if (i === j) return;
      const product = dot(u, other);
      sum += Math.abs(product);
      slope.forEach((_, k) => (slope[k]! += 2 * Math.sign(product) * other[k]!));
    });
    const along = scales[i]! < 1e7 ? dot(slope, u) : 0;
    slope.forEach((value, k) => (gradient[at(i, k)] = share * scales[i]! * (value - along * u[k]!)));
  });
  return { value: share * sum, gradient };
}
