// SPDX-License-Identifier: MIT
// native/kernels/losses-inl.h: the accuracy family.
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { METRIC_KINDS, testingAddon, type Isa } from '../support/testing_addon';

type Kind = (typeof METRIC_KINDS)[number];

/** The first largest element. */
const argmax = (row: Float64Array): number => row.indexOf(Math.max(...row));

/** Hits of one row, from keras/src/metrics/accuracy_metrics.py. */
const HITS: Record<Kind, (x: Float64Array, y: Float64Array, threshold: number) => number> = {
  binary_accuracy: (x, y, threshold) =>
    x.reduce((hits, value, j) => hits + Number(Number(value > threshold) === y[j]), 0) / x.length,
  accuracy: (x, y) => x.reduce((hits, value, j) => hits + Number(value === y[j]), 0) / x.length,
  categorical_accuracy: (x, y) => Number(argmax(x) === argmax(y)),
  sparse_categorical_accuracy: (x, y) => Number(argmax(x) === y[0]),
};

function hitsOf(isa: Isa, kind: Kind, x: number[], y: number[], threshold = 0.5): number {
  return testingAddon.metric(isa, {
    kind: METRIC_KINDS.indexOf(kind),
    threshold,
    predictions: Float32Array.from(x),
    stride: x.length,
    rows: 1,
    columns: x.length,
    targets: Float32Array.from(y),
    targetIndex: null,
    targetColumns: y.length,
  });
}

describeEachIsa('metrics', (isa) => {
  test.each(METRIC_KINDS)('%s counts the hits of all rows', (kind) => {
    forEachPair([0, 1, 2, 3, 8, 9, 33], UNITS, (rows, columns, turn) => {
      const seed = 11000 + turn;
      const draw = drawFrom(seed);
      const memory = new GuardedMemory(sideOf(turn));
      const stride = paddedColumns(columns) + 16 * (turn % 2);
      const threshold = Math.fround([0.5, 0.2][turn % 2]!);
      const targetColumns = kind === 'sparse_categorical_accuracy' ? 1 : columns;
      // Few different values, so that there are hits and ties.
      const levels = draw.integers(rows * columns, 0, 5).map(Number);
      const predictions = rounded(Float64Array.from(levels, (level) => (kind === 'accuracy' ? level % 2 : level / 5)));
      const high = kind === 'sparse_categorical_accuracy' ? columns : 2;
      const targets = Float64Array.from(draw.integers((rows + 2) * targetColumns, 0, high));
      const indexed = turn % 3 === 0;
      const index = indexed ? draw.integers(rows, 0, rows + 2) : Int32Array.from({ length: rows }, (_, i) => i);
      const actual = testingAddon.metric(isa, {
        kind: METRIC_KINDS.indexOf(kind),
        threshold,
        predictions: memory.input('predictions', { rows, columns, stride }, predictions),
        stride,
        rows,
        columns,
        targets: memory.input('targets', { rows: rows + 2, columns: targetColumns }, targets),
        targetIndex: indexed ? memory.integers('index', index) : null,
        targetColumns,
      });
      const context = `${kind} ${isa} rows ${rows} columns ${columns} seed ${seed}`;
      memory.expectIntact(context);
      let expected = 0;
      index.forEach((from, i) => {
        const y = targets.subarray(from * targetColumns, (from + 1) * targetColumns);
        expected += HITS[kind](predictions.subarray(i * columns, (i + 1) * columns), y, threshold);
      });
      expect([context, actual]).toEqual([context, expected]);
    });
  });

  test('a prediction at the threshold counts as 0', () => {
    expect(hitsOf(isa, 'binary_accuracy', [0.5, 0.5, 0.50001], [0, 1, 1])).toBeCloseTo(2 / 3, 12);
  });

  test('of equal predictions the first counts', () => {
    expect(hitsOf(isa, 'sparse_categorical_accuracy', [0.2, 0.4, 0.4], [1])).toBe(1);
    expect(hitsOf(isa, 'sparse_categorical_accuracy', [0.2, 0.4, 0.4], [2])).toBe(0);
  });

  test('NaN is no hit for a positive target', () => {
    expect(hitsOf(isa, 'binary_accuracy', [NaN], [1])).toBe(0);
    expect(hitsOf(isa, 'accuracy', [NaN], [1])).toBe(0);
  });
});
