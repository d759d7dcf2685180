// SPDX-License-Identifier: MIT
// native/kernels/elementwise-inl.h: log_softmax and sparsemax, which work on whole rows as softmax does.
import { activate, activateBackward } from '../reference/activations';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { ACTIVATIONS, testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST, sumTolerance, ULPS } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, exp, max, min } = Math;

const KINDS = ['log_softmax', 'sparsemax'] as const;
const SIZES = [0, 1, 2, 7];
const UNITS = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65];

function rowOf(isa: Isa, kind: (typeof KINDS)[number], ...row: number[]): number[] {
  const x = new Float32Array(paddedColumns(row.length));
  x.set(row);
  testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), x, null, x, 1, row.length, x.length);
  return Array.from(x.subarray(0, row.length));
}

/** Rows of several spreads: sparsemax keeps many entries of a narrow one and few of a wide one. */
const drawRows = (seed: number, rows: number, columns: number): Float64Array =>
  rounded(drawFrom(seed).normal(rows * columns, [0.1, 0.5, 2, 4][seed % 4]!));

describeEachIsa('activations of rows', (isa) => {
  test.each(KINDS)('%s agrees with the oracle and writes zeros behind its columns', (kind) => {
    forEachPair(SIZES, UNITS, (rows, columns, turn) => {
      const seed = 7100 + turn;
      const context = `${kind} ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const values = drawRows(seed, rows, columns);
      const x = memory.input('x', { rows, columns, stride }, values);
      const out = memory.output('out', { rows, columns, padded, stride });
      testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), x, null, out, rows, columns, stride);
      memory.expectIntact(context);
      const expected = activate(kind, values, columns);
      // log_softmax: x - max is rounded, each power has the error of its argument and the exponential's, and the sum of
      // powers, at least 1, has the relative error of its terms; then a logarithm and a difference. sparsemax: in double,
      // rounded once; its threshold is a sum of up to `columns` sums.
      const spread = 40;
      const tolerance = expected.map((y) =>
        kind === 'log_softmax'
          ? ROUNDOFF * (3 * abs(y) + 2 * spread + 2 * ULPS.exp + 2)
          : ROUNDOFF * abs(y) + 1e-15 * columns * columns * spread + SMALLEST,
      );
      expectWithin(valuesOf(out, rows, columns, stride), expected, tolerance, context);
      for (let i = 0; i < rows; i++) {
        const rest = out.subarray(i * stride + columns, i * stride + padded);
        expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
      }
    });
  });

  test.each(KINDS)('%s has the gradient of the oracle', (kind) => {
    forEachPair(SIZES, UNITS, (rows, columns, turn) => {
      const seed = 7600 + turn;
      const context = `${kind} gradient ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const shape = { rows, columns, stride };
      const x = drawRows(seed, rows, columns);
      const y = rounded(activate(kind, x, columns));
      const dy = rounded(drawFrom(seed + 50).normal(rows * columns));
      const out = memory.output('dx', { rows, columns, padded, stride });
      const [dyIn, yIn, pre] = [memory.input('dy', shape, dy), memory.input('y', shape, y), memory.input('x', shape, x)];
      testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), dyIn, yIn, out, rows, columns, stride, pre);
      memory.expectIntact(context);
      const expected = activateBackward(kind, x, dy, columns);
      const tolerance = expected.map((value, i) => {
        if (kind === 'sparsemax') return 2 * ROUNDOFF * (abs(value) + abs(dy[i]!)) + 1e-12;
        const row = i - (i % columns);
        const magnitude = dy.subarray(row, row + columns).reduce((sum, v) => sum + abs(v), 0);
        // e^y from a rounded y, the exponential's ulps, the sum of dy, the product and the difference.
        const relative = ROUNDOFF * (abs(y[i]!) + 2 * ULPS.exp + 2);
        return exp(y[i]!) * (sumTolerance(columns, magnitude) + relative * magnitude) + ROUNDOFF * abs(value) + SMALLEST;
      });
      expectWithin(valuesOf(out, rows, columns, stride), expected, tolerance, context);
    });
  });

  test('log_softmax takes large and infinite logits', () => {
    expect(rowOf(isa, 'log_softmax', 1000, 1000, -1000).map((y) => y.toFixed(4))).toEqual(['-0.6931', '-0.6931', '-2000.6931']);
    expect(rowOf(isa, 'log_softmax', 0, -Infinity)).toEqual([0, -Infinity]);
    expect(rowOf(isa, 'log_softmax', 3)).toEqual([0]);
  });

  test('sparsemax gives the whole to an entry that leads by 1 or more, however large', () => {
    expect(rowOf(isa, 'sparsemax', 0, 3, 1)).toEqual([0, 1, 0]);
    expect(rowOf(isa, 'sparsemax', 2 ** 20, 2 ** 20 - 1)).toEqual([1, 0]);
    expect(rowOf(isa, 'sparsemax', -5)).toEqual([1]);
  });

  test('sparsemax of several entries is what Keras computes, which adds up to less than 1', () => {
    // The sums 1 and 1.9 make the threshold (1 + 1.9 - 1) / 2 in Keras; Martins and Astudillo have (1.9 - 1) / 2.
    const [first, second] = rowOf(isa, 'sparsemax', 1, 0.9);
    expect(abs(first! - 0.05)).toBeLessThan(1e-6);
    expect(second).toBe(0);
  });

  test('equal entries share as in Keras, the gradient from the left', () => {
    const x = new Float32Array(16);
    const [y, out] = [new Float32Array(16), new Float32Array(16)];
    testingAddon.activate(isa, ACTIVATIONS.indexOf('sparsemax'), x, null, y, 1, 2, 16);
    expect(Array.from(y.subarray(0, 2))).toEqual([0.5, 0.5]);
    testingAddon.activate(isa, ACTIVATIONS.indexOf('sparsemax'), Float32Array.of(1, 0), y, out, 1, 2, 16, x);
    expect(Array.from(out.subarray(0, 2))).toEqual([0, -0.5]);
  });

  test.each(KINDS)('%s gives NaN for the whole row, and only that, wherever in it a NaN is', (kind) => {
    for (const place of [0, 1, 2]) {
      const row = [1, 2, 3].map((value, i) => (i === place ? NaN : value));
      expect(rowOf(isa, kind, ...row)).toEqual([NaN, NaN, NaN]);
    }
    const two = new Float32Array(32);
    two[1] = NaN;
    testingAddon.activate(isa, ACTIVATIONS.indexOf(kind), two, null, two, 2, 2, 16);
    const rest = Array.from(two.subarray(16, 18));
    expect(min(...rest)).toBe(max(...rest));
    expect(Number.isFinite(rest[0])).toBe(true);
  });
});
