// SPDX-License-Identifier: MIT
// native/kernels/gemm-inl.h: outer, the sum of outer products that weight gradients are.
import { multiply, transpose } from '../reference/matrices';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, ROWS, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, sumTolerance } from '../support/tolerances';

// Taken out of the globals once: every look at a global costs a microsecond within jest's sandbox.
const { abs } = Math;

const COLUMNS_OF_A = [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33] as const;

function checkOuter(isa: Isa, rows: number, k: number, n: number, turn: number): void {
  const seed = 3000 + turn;
  const [accumulate, indexed, ordered, begin] = [turn % 3 === 0, turn % 2 === 1, turn % 5 > 2, turn % 4];
  const options = `accumulate ${accumulate} indexed ${indexed} ordered ${ordered}`;
  const context = `outer ${isa} rows ${rows} k ${k} n ${n} ${options} seed ${seed}`;
  const draw = drawFrom(seed);
  const memory = new GuardedMemory(sideOf(turn >> 1));
  const padded = paddedColumns(n);
  const [lda, ldb, ldc] = [k + (turn % 5), padded + 16 * (turn % 2), padded + 16 * (turn % 3)];
  const end = begin + rows;
  const ahead = end + (turn % 7) * 20;
  const sourceRows = indexed ? ahead + 5 : ahead;
  const identity = Int32Array.from({ length: ahead }, (_, i) => i);
  const order = ordered ? draw.integers(ahead, 0, ahead) : identity;
  const index = indexed ? draw.integers(ahead, 0, sourceRows) : identity;
  const [a, b] = [rounded(draw.normal(sourceRows * k)), rounded(draw.normal(ahead * n))];
  const before = accumulate ? rounded(draw.normal(k * n)) : new Float64Array(k * n);
  const c = memory.output('c', { rows: k, columns: n, padded, stride: ldc }, accumulate ? before : null);
  testingAddon.outer(isa, {
    a: memory.input('a', { rows: sourceRows, columns: k, stride: lda }, a),
    index: indexed ? memory.integers('index', index) : null,
    lda,
    k,
    b: memory.input('b', { rows: ahead, columns: n, padded, stride: ldb }, b),
    ldb,
    n,
    rows: ordered ? memory.integers('rows', order) : null,
    begin,
    end,
    ahead,
    accumulate,
    c,
    ldc,
  });
  memory.expectIntact(context);

  const [gathered, used] = [new Float64Array(rows * k), new Float64Array(rows * n)];
  order.subarray(begin, end).forEach((row, i) => {
    const from = index[row]!;
    gathered.set(a.subarray(from * k, (from + 1) * k), i * k);
    used.set(b.subarray(row * n, (row + 1) * n), i * n);
  });
  const at = transpose(gathered, rows, k);
  const expected = multiply(at, used, k, rows, n).map((value, i) => value + before[i]!);
  const magnitudes = multiply(at.map(abs), used.map(abs), k, rows, n);
  const tolerance = magnitudes.map((sum, i) => sumTolerance(rows + 1, sum + abs(before[i]!)));
  expectWithin(valuesOf(c, k, n, ldc), expected, tolerance, context);
  for (let i = 0; i < k; i++) {
    expectSameBits(c.subarray(i * ldc + n, i * ldc + padded), new Float32Array(padded - n), `${context}, padding`);
  }
}

describeEachIsa('outer', (isa) => {
  test('agrees with the product in double for all rows and columns around the tiles', () => {
    forEachPair(ROWS, UNITS, (rows, n, turn) =>
      checkOuter(isa, rows, COLUMNS_OF_A[turn % COLUMNS_OF_A.length]!, n, turn),
    );
  });

  test('agrees with the product in double for all numbers of columns of A, over several chunks of rows', () => {
    forEachPair(COLUMNS_OF_A, [1, 17, 33], (k, n, turn) => checkOuter(isa, [1, 64, 130, 200][turn % 4]!, k, n, turn));
  });

  test('adds up row ranges in order to the bits of one call, whatever the chunks', () => {
    forEachPair([1, 3, 8, 9, 33], [1, 16, 17, 49], (k, n, turn) => {
      const rows = 150;
      const draw = drawFrom(3500 + turn);
      const padded = paddedColumns(n);
      const a = Float32Array.from(draw.normal(rows * k));
      const b = Float32Array.from(draw.normal(rows * padded));
      const common = { a, index: null, lda: k, k, b, ldb: padded, n, rows: null, ahead: rows, ldc: padded };
      const whole = new Float32Array(k * padded);
      testingAddon.outer(isa, { ...common, c: whole, begin: 0, end: rows, accumulate: false });
      const parts = new Float32Array(k * padded);
      const cuts = [0, 1, 7, 63, 64, 100, rows];
      cuts.slice(1).forEach((end, i) => {
        testingAddon.outer(isa, { ...common, c: parts, begin: cuts[i]!, end, accumulate: i > 0 });
      });
      expectSameBits(parts, whole, `outer ${isa} k ${k} n ${n} seed ${3500 + turn}`);
    });
  });
});
