// SPDX-License-Identifier: MIT
// native/kernels/gemm-inl.h: pack and gemm.
import { multiply, transpose } from '../reference/matrices';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { DEPTHS, forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, sumTolerance } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs } = Math;

type Init = 'bias' | 'accumulate' | 'zero';
const INITS: readonly Init[] = ['bias', 'accumulate', 'zero'];

/** B [k, n] in the panels of an ISA. */
function packed(isa: Isa, b: Float64Array, k: number, n: number): Float32Array {
  const out = new Float32Array(k * paddedColumns(n));
  testingAddon.pack(isa, Float32Array.from(b), n, k, n, false, out);
  return out;
}

function checkGemm(isa: Isa, rows: number, k: number, n: number, turn: number): void {
  const seed = 1000 + turn;
  const init = INITS[turn % 3]!;
  const indexed = turn % 2 === 1;
  const context = `gemm ${isa} rows ${rows} k ${k} n ${n} init ${init} indexed ${indexed} seed ${seed}`;
  const draw = drawFrom(seed);
  const memory = new GuardedMemory(sideOf(turn >> 1));
  const padded = paddedColumns(n);
  const [lda, ldc] = [k + (turn % 5), padded + 16 * (turn % 2)];
  const sourceRows = indexed ? rows + 3 : rows;
  const index = indexed ? draw.integers(rows, 0, sourceRows) : Int32Array.from({ length: rows }, (_, i) => i);
  const [a, b] = [rounded(draw.normal(sourceRows * k)), rounded(draw.normal(k * n))];
  const [bias, before] = [rounded(draw.normal(n)), rounded(draw.normal(rows * n))];
  const c = memory.output(
    'c',
    { rows, columns: n, padded, stride: ldc },
    init === 'accumulate' ? before : null,
  );
  testingAddon.gemm(isa, {
    a: memory.input('a', { rows: sourceRows, columns: k, stride: lda }, a),
    index: indexed ? memory.integers('index', index) : null,
    lda,
    packed: memory.input('packed', { rows: 1, columns: k * padded }, packed(isa, b, k, n)),
    k,
    n,
    bias: init === 'bias' ? memory.input('bias', { rows: 1, columns: n, padded }, bias) : null,
    accumulate: init === 'accumulate',
    c,
    ldc,
    begin: 0,
    end: rows,
  });
  memory.expectIntact(context);

  const gathered = new Float64Array(rows * k);
  index.forEach((from, i) => gathered.set(a.subarray(from * k, (from + 1) * k), i * k));
  const start = { bias: (i: number) => bias[i % n]!, accumulate: (i: number) => before[i]!, zero: () => 0 }[init];
  const expected = multiply(gathered, b, rows, k, n).map((value, i) => value + start(i));
  const magnitudes = multiply(gathered.map(abs), b.map(abs), rows, k, n);
  const tolerance = magnitudes.map((sum, i) => sumTolerance(k + 4, sum + abs(start(i))));
  expectWithin(valuesOf(c, rows, n, ldc), expected, tolerance, context);
  for (let i = 0; i < rows; i++) {
    expectSameBits(c.subarray(i * ldc + n, i * ldc + padded), new Float32Array(padded - n), `${context}, padding`);
  }
}

describeEachIsa('pack', (isa) => {
  test('writes k rows of padded columns, each value once, zeros between, and nothing around them', () => {
    forEachPair(DEPTHS, UNITS, (k, n, turn) => {
      const context = `pack ${isa} k ${k} n ${n}`;
      const memory = new GuardedMemory(sideOf(turn));
      const b = Float64Array.from({ length: k * n }, (_, i) => i + 1);
      const out = memory.output('out', { rows: 1, columns: k * paddedColumns(n) });
      const ldb = n + (turn % 3);
      testingAddon.pack(isa, memory.input('b', { rows: k, columns: n, stride: ldb }, b), ldb, k, n, false, out);
      memory.expectIntact(context);
      const sorted = out.slice().sort();
      expectSameBits(sorted.subarray(sorted.length - k * n), b, context);
      expectSameBits(sorted.subarray(0, sorted.length - k * n), new Float32Array(sorted.length - k * n), context);
    });
  });

  test('packs the transpose as it packs a transposed matrix', () => {
    forEachPair(DEPTHS, UNITS, (k, n, turn) => {
      const context = `pack transposed ${isa} k ${k} n ${n}`;
      const memory = new GuardedMemory(sideOf(turn));
      const b = Float64Array.from({ length: k * n }, (_, i) => i + 1);
      const out = memory.output('out', { rows: 1, columns: k * paddedColumns(n) });
      const ldb = k + (turn % 3);
      const source = memory.input('b', { rows: n, columns: k, stride: ldb }, transpose(b, k, n));
      testingAddon.pack(isa, source, ldb, k, n, true, out);
      memory.expectIntact(context);
      expectSameBits(out, packed(isa, b, k, n), context);
    });
  });
});

describeEachIsa('gemm', (isa) => {
  test('gives back the packed matrix where A is the identity', () => {
    forEachPair([2, 3, 4, 5, 8, 31, 33], UNITS, (k, n) => {
      const b = rounded(drawFrom(3).normal(k * n));
      const padded = paddedColumns(n);
      const a = Float32Array.from({ length: k * k }, (_, i) => Number(i % (k + 1) === 0));
      const c = new Float32Array(k * padded);
      const common = { index: null, lda: k, packed: packed(isa, b, k, n), k, n, bias: null, accumulate: false };
      testingAddon.gemm(isa, { a, ...common, c, ldc: padded, begin: 0, end: k });
      expectSameBits(valuesOf(c, k, n, padded), b, `identity ${isa} k ${k} n ${n}`);
    });
  });

  test('agrees with the product in double for all rows and columns around the tiles', () => {
    forEachPair(ROWS, UNITS, (rows, n, turn) => checkGemm(isa, rows, DEPTHS[turn % DEPTHS.length]!, n, turn));
  });

  test('agrees with the product in double for all depths', () => {
    forEachPair(DEPTHS, [1, 15, 17, 32, 33, 49], (k, n, turn) => checkGemm(isa, ROWS[1 + (turn % 9)]!, k, n, turn));
    forEachPair([64, 65, 100, 130], [1, 17, 64, 100], (k, n, turn) => checkGemm(isa, 1 + turn, k, n, turn));
  });

  test('leaves the rows outside of its range alone', () => {
    const [rows, k, n, stride] = [20, 7, 17, 32];
    forEachPair([0, 1, 3, 8, 20], [0, 1, 2, 7, 12, 20], (begin, end) => {
      if (begin > end) return;
      const draw = drawFrom(4);
      const b = packed(isa, draw.normal(k * n), k, n);
      const c = new Float32Array(rows * stride).fill(-7);
      const a = Float32Array.from(draw.normal(rows * k));
      const common = { index: null, lda: k, packed: b, k, n, bias: null, accumulate: false, ldc: stride };
      testingAddon.gemm(isa, { a, ...common, c, begin, end });
      for (let i = 0; i < rows; i++) {
        const untouched = c.subarray(i * stride, (i + 1) * stride).every((value) => value === -7);
        expect([i, untouched]).toEqual([i, i < begin || i >= end]);
      }
    });
  });

  test("gives a row's sums the same bits in whatever tile of two or more rows it falls", () => {
    const rows = 40;
    forEachPair([1, 3, 4, 5, 31, 33, 100], [1, 8, 15, 17, 33, 64, 130], (k, n, turn) => {
      const draw = drawFrom(2000 + turn);
      const ldc = paddedColumns(n);
      const common = {
        a: Float32Array.from(draw.normal(rows * k)),
        index: null,
        lda: k,
        packed: packed(isa, draw.normal(k * n), k, n),
        k,
        n,
        bias: null,
        accumulate: false,
        ldc,
      };
      const whole = new Float32Array(rows * ldc);
      testingAddon.gemm(isa, { ...common, c: whole, begin: 0, end: rows });
      // Ranges are cut into even tiles: only a range of one row has a tile of one.
      for (const length of [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17]) {
        for (let begin = 0; begin + length <= rows; begin += 3) {
          const part = new Float32Array(rows * ldc);
          testingAddon.gemm(isa, { ...common, c: part, begin, end: begin + length });
          const [from, to] = [begin * ldc, (begin + length) * ldc];
          const context = `gemm ${isa} k ${k} n ${n} rows [${begin}, ${begin + length}) seed ${2000 + turn}`;
          expectSameBits(part.subarray(from, to), whole.subarray(from, to), context);
        }
      }
    });
  });

  test('carries NaN and infinity to their row only', () => {
    const [rows, k, n] = [9, 5, 17];
    const ldc = paddedColumns(n);
    const a = new Float32Array(rows * k).fill(1);
    a[3 * k + 2] = NaN;
    a[5 * k + 4] = Infinity;
    const c = new Float32Array(rows * ldc);
    const ones = packed(isa, new Float64Array(k * n).fill(1), k, n);
    const common = { index: null, lda: k, packed: ones, k, n, bias: null, accumulate: false };
    testingAddon.gemm(isa, { a, ...common, c, ldc, begin: 0, end: rows });
    const firstOfRow = Array.from({ length: rows }, (_, i) => c[i * ldc]);
    expect(firstOfRow).toEqual([5, 5, 5, NaN, 5, Infinity, 5, 5, 5]);
  });
});
