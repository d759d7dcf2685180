// SPDX-License-Identifier: MIT
// native/kernels/elementwise-inl.h: dropout.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs, floor, fround, sqrt } = Math;

/** Dropout of ones without padding between the rows: 0, or the scale. */
function maskOf(isa: Isa, n: number, rate: number, key = 1, stream = 0, first = 0): Float32Array {
  const x = new Float32Array(paddedColumns(n)).fill(1);
  testingAddon.dropout(isa, x, x, 1, n, x.length, rate, key, stream, first);
  return x.subarray(0, n);
}

/** The random word of an element by the known Philox: key, counter (element / 4, stream). */
function wordOf(key: number, stream: number, element: number): number {
  const words = new Uint32Array(4);
  const halves = (value: number): [number, number] => [value % 2 ** 32, floor(value / 2 ** 32)];
  const counter = Uint32Array.of(...halves(floor(element / 4)), ...halves(stream));
  testingAddon.reference.philox({ counter, key: Uint32Array.of(...halves(key)), out: words });
  return words[element % 4]!;
}

describeEachIsa('dropout', (isa) => {
  test('drops by the known answer of Philox4x32-10 for key 0 and counter 0', () => {
    // kat_vectors of Random123
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8].forEach((word, element) => {
      const fraction = word / 2 ** 32;
      expect(maskOf(isa, 4, fraction - 1e-6, 0)[element]).toBeGreaterThan(1);
      expect(maskOf(isa, 4, fraction + 1e-6, 0)[element]).toBe(0);
    });
  });

  test('keeps x / (1 - rate) or gives 0, element by element, around each block and tail', () => {
    forEachPair(ROWS, UNITS, (rows, columns, turn) => {
      const seed = 8000 + turn;
      const context = `dropout ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      const memory = new GuardedMemory(sideOf(turn));
      const padded = paddedColumns(columns);
      const stride = padded + 16 * (turn % 2);
      const rate = fround([0.1, 0.5, 0.9][turn % 3]!);
      const [key, stream, first] = [2 ** 40 + turn, 2 ** 33 + turn, turn % 7];
      const values = rounded(drawFrom(seed).normal(rows * columns));
      const x = memory.input('x', { rows, columns, stride }, values);
      const out = memory.output('out', { rows, columns, padded, stride });
      testingAddon.dropout(isa, x, out, rows, columns, stride, rate, key, stream, first);
      memory.expectIntact(context);
      const scale = fround(1 / fround(1 - rate));
      const isDropped = (i: number): boolean => wordOf(key, stream, first + i) < floor(rate * 2 ** 32);
      const expected = values.map((value, i) => (isDropped(i) ? 0 : fround(value * scale)));
      expectSameBits(valuesOf(out, rows, columns, stride), expected, context);
      for (let i = 0; i < rows; i++) {
        const rest = out.subarray(i * stride + columns, i * stride + padded);
        expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
      }
    });
  });

  test('has one mask forward and backward: it depends on key, stream and element alone', () => {
    const mask = maskOf(isa, 500, 0.4, 7, 3);
    const dy = Float32Array.from(drawFrom(8).uniform(512, 1, 2));
    testingAddon.dropout(isa, dy, dy, 1, 500, 512, 0.4, 7, 3, 0);
    mask.forEach((value, i) => expect(dy[i] === 0).toBe(value === 0));
    expect(maskOf(isa, 500, 0.4, 8, 3)).not.toEqual(mask);
    expect(maskOf(isa, 500, 0.4, 7, 4)).not.toEqual(mask);
  });

  test('gives the same bits however its rows are split', () => {
    const [rows, columns, stride] = [12, 17, 32];
    const x = Float32Array.from(drawFrom(9).normal(rows * stride));
    const whole = new Float32Array(rows * stride);
    testingAddon.dropout(isa, x, whole, rows, columns, stride, 0.5, 11, 2, 1000);
    for (const cuts of [
      [0, 1, 12],
      [0, 5, 6, 12],
      [0, 3, 7, 11, 12],
    ]) {
      const parts = new Float32Array(rows * stride);
      cuts.slice(1).forEach((end, i) => {
        const begin = cuts[i]!;
        const [from, to] = [x.subarray(begin * stride), parts.subarray(begin * stride)];
        testingAddon.dropout(isa, from, to, end - begin, columns, stride, 0.5, 11, 2, 1000 + begin * columns);
      });
      expectSameBits(parts, whole, `dropout ${isa} cut at ${cuts.join(', ')}`);
    }
  });

  test.each([0.05, 0.3, 0.5, 0.95])('drops its rate %f within five standard deviations', (rate) => {
    const n = 200000;
    const dropped = maskOf(isa, n, rate, 12345).reduce((count, value) => count + Number(value === 0), 0);
    expect(abs(dropped - n * rate)).toBeLessThan(5 * sqrt(n * rate * (1 - rate)));
  });

  test('drops nothing at rate 0', () => {
    expectSameBits(maskOf(isa, 1000, 0), new Float32Array(1000).fill(1), `dropout ${isa}`);
  });
});
