// SPDX-License-Identifier: MIT
// native/kernels/orthogonal-inl.h: the orthogonal penalty and its gradient, against the oracle in double.
import { drawFrom } from '../reference/random';
import { orthogonalPenalty } from '../reference/regularizers';
import { finiteDifferences } from '../reference/finite_differences';
import { describeEachIsa } from '../support/for_each_isa';
import { paddedColumns } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { testingAddon, type Isa } from '../support/testing_addon';
import { expectWithin, sumTolerance } from '../support/tolerances';

const { abs, fround, min } = Math;
const SIZES = [1, 2, 3, 15, 16, 17, 33];
const FACTOR = fround(0.3);

/** Sum of |u_i . u_j| over i != j, and the gradient of FACTOR times it, in tasks of `each` vectors. */
function compute(isa: Isa, memory: GuardedMemory, values: ArrayLike<number>, rows: number, columns: number, byRows: boolean, each: number) {
  const [count, length] = byRows ? [rows, columns] : [columns, rows];
  const stride = paddedColumns(length);
  const weight = memory.input('weight', { rows, columns }, values);
  const units = memory.output('units', { rows: count, columns: stride });
  const scales = memory.output('scales', { rows: 1, columns: count });
  const work = memory.output('work', { rows: 1, columns: stride });
  const gradient = memory.output('gradient', { rows, columns });
  const parts = Array.from({ length: Math.ceil(count / each) }, (_, i) => ({ begin: i * each, end: min(count, i * each + each) }));
  for (const part of parts) testingAddon.unitVectors(isa, { weight, rows, columns, byRows, units, stride, scales, ...part });
  const common = { units, stride, scales, count, length, byRows, factor: FACTOR, work };
  const sumOf = (to: Float32Array | null): number =>
    parts.reduce((sum, part) => sum + testingAddon.orthogonal(isa, { ...common, ...part, gradient: to }), 0);
  const sum = sumOf(null);
  expect(sumOf(gradient)).toBe(sum);
  return { sum, gradient, scales };
}

describeEachIsa('orthogonal', (isa) => {
  test.each(['rows', 'columns'] as const)('the sum over pairs of %s and its gradient are those of the oracle', (mode) => {
    SIZES.forEach((rows, i) =>
      SIZES.forEach((columns, j) => {
        const turn = i * SIZES.length + j;
        const context = `${mode} ${isa} [${rows}, ${columns}]`;
        const memory = new GuardedMemory(sideOf(turn));
        const values = rounded(drawFrom(22000 + turn).normal(rows * columns));
        const [count, length] = mode === 'rows' ? [rows, columns] : [columns, rows];
        const { sum, gradient, scales } = compute(isa, memory, values, rows, columns, mode === 'rows', [1, 4, 64][turn % 3]!);
        memory.expectIntact(context);
        // The oracle divides by the number of pairs and halves.
        const pairs = (count * (count - 1)) / 2;
        const expected = orthogonalPenalty(values, columns, 2 * pairs, mode);
        const each = sumTolerance(length + 4, 1);
        expect(abs(sum - expected.value)).toBeLessThanOrEqual(count * count * each);
        // A sum of `count` unit vectors, each of three roundings, and its part at right angles to one of them.
        const largest = 2 * FACTOR * Math.max(...scales) * sumTolerance(count + length + 8, 2 * count);
        expectWithin(gradient, expected.gradient.map((slope) => FACTOR * slope), expected.gradient.map(() => largest), context);
      }),
    );
  });

  test('a vector of zeros has no direction: its products are zero, and everything stays finite', () => {
    const { sum, gradient } = compute(isa, new GuardedMemory('end'), [0, 0, 1, 0, 1, 1], 3, 2, true, 3);
    expect(sum).toBeCloseTo(2 * Math.SQRT1_2, 6);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(Array.from(gradient.subarray(0, 2))).toEqual([0, 0]);
  });

  test('orthogonal vectors cost nothing', () => {
    const { sum, gradient } = compute(isa, new GuardedMemory('begin'), [0, 2, -3, 0], 2, 2, true, 1);
    expect([sum, ...gradient].map(abs)).toEqual([0, 0, 0, 0, 0]);
  });
});

test('the gradient of the oracle is that of its value', () => {
  for (const mode of ['rows', 'columns'] as const) {
    const weight = drawFrom(23).normal(12);
    const differences = finiteDifferences(() => orthogonalPenalty(weight, 4, 0.7, mode).value, weight);
    const { gradient } = orthogonalPenalty(weight, 4, 0.7, mode);
    expectWithin(gradient, differences, differences.map(() => 1e-8), mode);
  }
});
