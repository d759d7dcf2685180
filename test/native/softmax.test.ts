// SPDX-License-Identifier: MIT
// native/kernels/elementwise-inl.h: softmax, which works on whole rows.
import { activate } from '../reference/activations';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST, sumTolerance, ULPS } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs } = Math;

const SOFTMAX = ACTIVATIONS.indexOf('softmax');
const SIZES = ROWS.slice(0, 12);

function softmaxOf(isa: Isa, ...row: number[]): number[] {
  const x = new Float32Array(paddedColumns(row.length));
  x.set(row);
  testingAddon.activate(isa, SOFTMAX, x, null, x, 1, row.length, x.length);
  return Array.from(x.subarray(0, row.length));
}

describeEachIsa('softmax', (isa) => {
  test('agrees with the oracle, sums to 1 and writes zeros behind its columns', () => {
    forEachPair(SIZES, UNITS, (rows, columns, turn) => {
      const seed = 7000 + turn;
      const context = `softmax ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const values = rounded(drawFrom(seed).normal(rows * columns, 4));
      // Only the columns themselves may be read: what is behind them would change the largest.
      const x = memory.input('x', { rows, columns, stride }, values);
      const out = memory.output('out', { rows, columns, padded, stride });
      testingAddon.activate(isa, SOFTMAX, x, null, out, rows, columns, stride);
      memory.expectIntact(context);
      const expected = activate('softmax', values, columns);
      // x - max is rounded: relative error u |x - max| <= 40 u of each power; then the exponential's 2 ulp (4 u), the sum
      // (columns u), the reciprocal and the product.
      const relative = 2 * (40 + 2 * ULPS.exp + columns + 2) * ROUNDOFF;
      expectWithin(
        valuesOf(out, rows, columns, stride),
        expected,
        expected.map((y) => relative * y + SMALLEST),
        context,
      );
      for (let i = 0; i < rows; i++) {
        const rest = out.subarray(i * stride + columns, i * stride + padded);
        expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
        const sum = out.subarray(i * stride, i * stride + columns).reduce((a, b) => a + b, 0);
        expect(abs(sum - 1)).toBeLessThan(sumTolerance(columns + 2, 1));
      }
    });
  });

  test('has the gradient of the oracle', () => {
    forEachPair(SIZES, UNITS, (rows, columns, turn) => {
      const seed = 7500 + turn;
      const context = `softmax gradient ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const y = rounded(draw.probabilities(rows, columns));
      const dy = rounded(draw.normal(rows * columns));
      const out = memory.output('dx', { rows, columns, padded, stride });
      const yIn = memory.input('y', { rows, columns, stride }, y);
      const dyIn = memory.input('dy', { rows, columns, stride }, dy);
      testingAddon.activate(isa, SOFTMAX, dyIn, yIn, out, rows, columns, stride);
      memory.expectIntact(context);
      const [expected, tolerance] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
      for (let i = 0; i < rows * columns; i++) {
        const row = i - (i % columns);
        let [dot, magnitude] = [0, 0];
        for (let k = row; k < row + columns; k++) {
          dot += dy[k]! * y[k]!;
          magnitude += abs(dy[k]! * y[k]!);
        }
        expected[i] = y[i]! * (dy[i]! - dot);
        // The dot product's error, then a difference and a product.
        tolerance[i] = y[i]! * (sumTolerance(columns, magnitude) + 3 * ROUNDOFF * (abs(dy[i]!) + magnitude));
      }
      expectWithin(valuesOf(out, rows, columns, stride), expected, tolerance, context);
    });
  });

  test('takes large and infinite logits', () => {
    expect(softmaxOf(isa, 1000, 1000, -1000)).toEqual([0.5, 0.5, 0]);
    expect(softmaxOf(isa, -1e30, -1e30)).toEqual([0.5, 0.5]);
    expect(softmaxOf(isa, 0, -Infinity, 0)).toEqual([0.5, 0, 0.5]);
    expect(softmaxOf(isa, 3)).toEqual([1]);
  });

  test('gives NaN for the whole row, and only that, wherever in it a NaN is', () => {
    expect(softmaxOf(isa, NaN, 1, 2)).toEqual([NaN, NaN, NaN]);
    expect(softmaxOf(isa, 1, 2, NaN)).toEqual([NaN, NaN, NaN]);
    const two = new Float32Array(32);
    two[1] = NaN;
    testingAddon.activate(isa, SOFTMAX, two, null, two, 2, 2, 16);
    expect([two[0], two[1], two[16], two[17]]).toEqual([NaN, NaN, 0.5, 0.5]);
  });
});
