// SPDX-License-Identifier: MIT
// native/kernels/gemm-inl.h: column_sum and group_sum. Their order is stated (ascending rows, ascending positions) and
// additions are never fused, so the float32 sums are known to the bit, on every ISA.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon } from '../support/testing_addon';
import { expectSameBits } from '../support/tolerances';

/** Row `row` of `b` [*, n] added to `sum` in float32. */
function addRow(sum: Float32Array, b: Float64Array, row: number): void {
  for (let j = 0; j < sum.length; j++) sum[j]! += b[row * sum.length + j]!;
}

describeEachIsa('column_sum', (isa) => {
  test('adds rows in ascending order to the bit', () => {
    forEachPair(ROWS, UNITS, (rows, n, turn) => {
      const seed = 4000 + turn;
      const [accumulate, begin] = [turn % 2 === 0, turn % 3];
      const context = `column_sum ${isa} rows ${rows} n ${n} accumulate ${accumulate} seed ${seed}`;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn >> 1));
      const padded = paddedColumns(n);
      const [ldb, end] = [padded + 16 * (turn % 2), begin + rows];
      const b = rounded(draw.normal(end * n));
      const expected = accumulate ? Float32Array.from(draw.normal(n)) : new Float32Array(n);
      const out = memory.output('out', { rows: 1, columns: n, padded }, accumulate ? expected : null);
      const input = memory.input('b', { rows: end, columns: n, padded, stride: ldb }, b);
      testingAddon.columnSum(isa, { b: input, ldb, n, begin, end, accumulate, out });
      memory.expectIntact(context);
      for (let i = begin; i < end; i++) addRow(expected, b, i);
      expectSameBits(out.subarray(0, n), expected, context);
      expectSameBits(out.subarray(n), new Float32Array(padded - n), `${context}, padding`);
    });
  });
});

describeEachIsa('group_sum', (isa) => {
  test('adds the rows of each group in the order of its positions to the bit', () => {
    forEachPair([0, 1, 2, 5, 9, 17], UNITS, (groups, n, turn) => {
      const seed = 4500 + turn;
      const context = `group_sum ${isa} groups ${groups} n ${n} seed ${seed}`;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(n);
      const [ldb, ldo, rows] = [padded + 16 * (turn % 2), padded + 16 * (turn % 3), 12];
      const starts = [0];
      draw.integers(groups, 0, 5).forEach((count) => starts.push(starts.at(-1)! + count)); // empty groups too
      const positions = draw.integers(starts.at(-1)!, 0, rows);
      const b = rounded(draw.normal(rows * n));
      const [begin, end] = groups > 2 ? [1, groups - 1] : [0, groups];
      const out = memory.output('out', { rows: groups, columns: n, padded, stride: ldo });
      testingAddon.groupSum(isa, {
        b: memory.input('b', { rows, columns: n, padded, stride: ldb }, b),
        ldb,
        n,
        starts: memory.integers('starts', starts),
        positions: memory.integers('positions', positions),
        begin,
        end,
        out,
        ldo,
      });
      memory.expectIntact(context);
      const expected = new Float32Array(groups * n).fill(NaN);
      for (let u = begin; u < end; u++) {
        const sum = expected.subarray(u * n, (u + 1) * n).fill(0);
        positions.subarray(starts[u], starts[u + 1]).forEach((row) => addRow(sum, b, row));
      }
      expectSameBits(valuesOf(out, groups, n, ldo), expected, context);
    });
  });

  test('keeps the order where it matters: 1e8 + 1 - 1e8 is 0, 1e8 - 1e8 + 1 is 1', () => {
    const rows = Float32Array.from({ length: 48 }, (_, i) => [1e8, 1, -1e8][Math.floor(i / 16)]!);
    const out = new Float32Array(32);
    testingAddon.groupSum(isa, {
      b: rows,
      ldb: 16,
      n: 16,
      starts: Int32Array.of(0, 3, 6),
      positions: Int32Array.of(0, 1, 2, 0, 2, 1),
      begin: 0,
      end: 2,
      out,
      ldo: 16,
    });
    expectSameBits(out, [...Array<number>(16).fill(0), ...Array<number>(16).fill(1)], `group_sum ${isa}`);
  });
});
