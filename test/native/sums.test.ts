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
      const [accumulate, ordered, begin] = [turn % 2 === 0, turn % 5 > 2, turn % 3];
      const context = `column_sum ${isa} rows ${rows} n ${n} accumulate ${accumulate} ordered ${ordered} seed ${seed}`;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn >> 1));
      const padded = paddedColumns(n);
      const [ldb, end] = [padded + 16 * (turn % 2), begin + rows];
      const b = rounded(draw.normal(end * n));
      const expected = accumulate ? Float32Array.from(draw.normal(n)) : new Float32Array(n);
      const out = memory.output('out', { rows: 1, columns: n, padded }, accumulate ? expected : null);
      const input = memory.input('b', { rows: end, columns: n, padded, stride: ldb }, b);
      const order = draw.integers(end, 0, Math.max(1, end));
      const list = ordered ? memory.integers('rows', order) : null;
      testingAddon.columnSum(isa, { b: input, ldb, n, rows: list, begin, end, accumulate, out });
      memory.expectIntact(context);
      for (let i = begin; i < end; i++) addRow(expected, b, ordered ? order[i]! : i);
      expectSameBits(out.subarray(0, n), expected, context);
      expectSameBits(out.subarray(n), new Float32Array(padded - n), `${context}, padding`);
    });
  });
});

describeEachIsa('group_sum', (isa) => {
  test('adds the rows of each group in the order of the list to the bit, and those of a group begun before to it', () => {
    forEachPair([1, 2, 5, 9, 17], UNITS, (groups, n, turn) => {
      const seed = 4500 + turn;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(n);
      const [ldb, ldo] = [padded + 16 * (turn % 2), padded + 16 * (turn % 3)];
      const starts = [0];
      draw.integers(groups, 1, 5).forEach((count) => starts.push(starts.at(-1)! + count));
      const count = starts.at(-1)!;
      const keys = draw.uniform(count, 0, 1);
      const order = Int32Array.from(keys.keys()).sort((p, q) => keys[p]! - keys[q]!);
      const slot = new Int32Array(count);
      order.forEach((row, i) => (slot[row] = starts.findLastIndex((start) => start <= i)));
      const begin = Math.min(turn % 4, count - 1);
      const end = Math.max(begin + 1, count - (turn % 3));
      const context = `group_sum ${isa} groups ${groups} n ${n} [${begin}, ${end}) of ${count} seed ${seed}`;
      const b = rounded(draw.normal(count * n));
      const before = rounded(draw.normal(n));
      const out = memory.output('out', { rows: groups, columns: n, padded, stride: ldo });
      const begun = memory.output('begun', { rows: 1, columns: n, padded }, before);
      testingAddon.groupSum(isa, {
        b: memory.input('b', { rows: count, columns: n, padded, stride: ldb }, b),
        ldb,
        n,
        rows: memory.integers('rows', order),
        slot: memory.integers('slot', slot),
        starts: memory.integers('starts', starts),
        begin,
        end,
        out,
        ldo,
        begun,
      });
      memory.expectIntact(context);
      const expected = new Float32Array(groups * n).fill(NaN);
      const expectedBegun = Float32Array.from(before);
      for (let i = begin; i < end; i++) {
        const group = slot[order[i]!]!;
        const sum = expected.subarray(group * n, (group + 1) * n);
        if (starts[group] === i) sum.fill(0);
        addRow(starts[group]! < begin ? expectedBegun : sum, b, order[i]!);
      }
      expectSameBits(valuesOf(out, groups, n, ldo), expected, context);
      expectSameBits(begun.subarray(0, n), expectedBegun, `${context}, begun before`);
    });
  });

  test('keeps the order where it matters: 1e8 + 1 - 1e8 is 0, 1e8 - 1e8 + 1 is 1', () => {
    const values = [1e8, 1, -1e8, 1e8, -1e8, 1];
    const out = new Float32Array(32);
    testingAddon.groupSum(isa, {
      b: Float32Array.from({ length: 96 }, (_, i) => values[Math.floor(i / 16)]!),
      ldb: 16,
      n: 16,
      rows: Int32Array.of(0, 1, 2, 3, 4, 5),
      slot: Int32Array.of(0, 0, 0, 1, 1, 1),
      starts: Int32Array.of(0, 3, 6),
      begin: 0,
      end: 6,
      out,
      ldo: 16,
      begun: new Float32Array(16),
    });
    expectSameBits(out, [...Array<number>(16).fill(0), ...Array<number>(16).fill(1)], `group_sum ${isa}`);
  });
});
