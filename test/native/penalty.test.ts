// SPDX-License-Identifier: MIT
// native/kernels/elementwise-inl.h: penalty and add.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { testingAddon } from '../support/testing_addon';
import { expectSameBits } from '../support/tolerances';

const LENGTHS = [0, 4, 5, 6, 63, 1000, ...UNITS];

describeEachIsa('penalty', (isa) => {
  test('is l1 sum |w| + l2 sum w^2 in double', () => {
    LENGTHS.forEach((n, turn) => {
      const memory = new GuardedMemory(sideOf(turn));
      const values = rounded(drawFrom(9000 + turn).normal(n));
      const weight = memory.input('weight', { rows: 1, columns: n }, values);
      const [l1, l2] = [Math.fround(0.3), Math.fround(0.7)];
      const expected = values.reduce((sum, w) => sum + l1 * Math.abs(w) + l2 * w * w, 0);
      // Sums of up to 1,000 doubles in another order.
      expect(Math.abs(testingAddon.penalty(isa, weight, l1, l2) - expected)).toBeLessThanOrEqual(1e-12 * expected);
      expect(testingAddon.penalty(isa, weight, 0, 0)).toBe(0);
      memory.expectIntact(`penalty ${isa} n ${n}`);
    });
  });

  test('keeps small weights beside many others: a million times 1e-4', () => {
    const weight = new Float32Array(1e6).fill(1e-4);
    expect(testingAddon.penalty(isa, weight, 1, 0)).toBeCloseTo(1e6 * Math.fround(1e-4), 8);
  });
});

describeEachIsa('add', (isa) => {
  test('is the float32 sum to the bit, and touches nothing else', () => {
    LENGTHS.forEach((n, turn) => {
      const draw = drawFrom(9500 + turn);
      for (const side of [sideOf(turn), sideOf(turn + 1)]) {
        const memory = new GuardedMemory(side);
        const [a, b] = [rounded(draw.normal(n)), rounded(draw.normal(n))];
        const out = memory.output('out', { rows: 1, columns: n }, a);
        testingAddon.add(isa, out, memory.input('x', { rows: 1, columns: n }, b));
        memory.expectIntact(`add ${isa} n ${n}`);
        expectSameBits(
          out,
          a.map((value, i) => Math.fround(value + b[i]!)),
          `add ${isa} n ${n}`,
        );
      }
    });
  });
});
