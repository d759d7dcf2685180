// SPDX-License-Identifier: MIT
// native/metrics/row_mean.cc: the accuracy family.
import { drawFrom } from '../reference/random';
import { forEachPair, paddedColumns, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf } from '../support/guarded_memory';
import { expectWithin } from '../support/tolerances';
import { testingAddon } from '../support/testing_addon';
import type { NativeMetric } from '../../lib/native/binding';

const KINDS = ['accuracy', 'binary_accuracy', 'categorical_accuracy', 'sparse_categorical_accuracy'] as const;
type Kind = (typeof KINDS)[number];
const metricOf = (kind: Kind, threshold: number): NativeMetric =>
  kind === 'binary_accuracy' ? { kind, threshold } : { kind };

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

function hitsOf(kind: Kind, x: number[], y: number[], threshold = 0.5): number {
  const state = new Float64Array(2);
  const rows = {
    predictions: Float32Array.from(x),
    stride: x.length,
    rows: 1,
    columns: x.length,
    targets: Float32Array.from(y),
    index: null,
    targetColumns: y.length,
    weights: null,
    rowsPerWeight: 1,
    steps: 1,
  };
  testingAddon.metric(metricOf(kind, threshold), rows, state);
  expect(state[1]).toBe(1);
  return state[0]!;
}

describe('metrics', () => {
  test.each(KINDS)('%s counts the hits of all rows', (kind) => {
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
      const weights = turn % 4 === 1 ? rounded(draw.uniform(rows + 2, 0, 2)) : null;
      const state = new Float64Array(2);
      const seen = {
        predictions: memory.input('predictions', { rows, columns, stride }, predictions),
        stride,
        rows,
        columns,
        targets: memory.input('targets', { rows: rows + 2, columns: targetColumns }, targets),
        index: indexed ? memory.integers('index', index) : null,
        targetColumns,
        weights: weights && memory.input('weights', { rows: rows + 2, columns: 1 }, weights),
        rowsPerWeight: 1,
        steps: 1,
      };
      testingAddon.metric(metricOf(kind, threshold), seen, state);
      const context = `${kind} rows ${rows} columns ${columns} seed ${seed}`;
      memory.expectIntact(context);
      const expected = [0, 0];
      index.forEach((from, i) => {
        const y = targets.subarray(from * targetColumns, (from + 1) * targetColumns);
        const hits = HITS[kind](predictions.subarray(i * columns, (i + 1) * columns), y, threshold);
        expected[0]! += (weights?.[from] ?? 1) * hits;
        expected[1]! += weights?.[from] ?? 1;
      });
      expectWithin(state, expected, [1e-12, 1e-12], context);
    });
  });

  test('a prediction at the threshold counts as 0', () => {
    expect(hitsOf('binary_accuracy', [0.5, 0.5, 0.50001], [0, 1, 1])).toBeCloseTo(2 / 3, 12);
  });

  test('of equal predictions the first counts', () => {
    expect(hitsOf('sparse_categorical_accuracy', [0.2, 0.4, 0.4], [1])).toBe(1);
    expect(hitsOf('sparse_categorical_accuracy', [0.2, 0.4, 0.4], [2])).toBe(0);
  });

  test('NaN is no hit for a positive target', () => {
    expect(hitsOf('binary_accuracy', [NaN], [1])).toBe(0);
    expect(hitsOf('accuracy', [NaN], [1])).toBe(0);
  });
});
