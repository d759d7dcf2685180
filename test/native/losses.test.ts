// SPDX-License-Identifier: MIT
// native/losses: every loss and its gradient against the oracle, on guarded memory, with weights and reductions.
import { computeLoss, type LossProblem } from '../reference/losses';
import { drawFrom, type Draw } from '../reference/random';
import { forEachPair, paddedColumns } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST } from '../support/tolerances';
import type { NativeLoss } from '../../lib/native/binding';

const reduction = 'sum_over_batch_size';
const CASES: readonly NativeLoss[] = [
  ...[0, 0.2].flatMap((labelSmoothing) =>
    [false, true].flatMap((fromLogits): NativeLoss[] => [
      { kind: 'binary_crossentropy', reduction, fromLogits, labelSmoothing },
      { kind: 'categorical_crossentropy', reduction, fromLogits, labelSmoothing },
      { kind: 'categorical_focal_crossentropy', reduction, fromLogits, labelSmoothing, alpha: 0.3, gamma: 1.5 },
      {
        kind: 'binary_focal_crossentropy',
        reduction,
        fromLogits,
        labelSmoothing,
        alpha: 0.3,
        gamma: 1.5,
        applyClassBalancing: labelSmoothing > 0,
      },
    ]),
  ),
  ...[false, true].map((fromLogits): NativeLoss => {
    return { kind: 'sparse_categorical_crossentropy', reduction, fromLogits, ignoreClass: null };
  }),
  ...(
    [
      'mean_squared_error',
      'mean_absolute_error',
      'mean_absolute_percentage_error',
      'mean_squared_logarithmic_error',
      'log_cosh',
      'cosine_similarity',
      'hinge',
      'squared_hinge',
      'categorical_hinge',
      'kl_divergence',
      'poisson',
    ] as const
  ).map((kind): NativeLoss => ({ kind, reduction })),
  { kind: 'huber', reduction, delta: 0.7 },
  ...[false, true].flatMap((byRow): NativeLoss[] => [
    { kind: 'dice', reduction, byRow },
    { kind: 'tversky', reduction, alpha: 0.7, beta: 0.2, byRow },
  ]),
];

/** Losses whose gradient the oracle has written out; of the others it is that of differences. */
const EXACT = /^(binary|categorical|sparse_categorical)_crossentropy|^mean_(squared|absolute)_error/;
const isSparse = (loss: NativeLoss): boolean => loss.kind === 'sparse_categorical_crossentropy';
const takesLogits = (loss: NativeLoss): boolean => 'fromLogits' in loss && loss.fromLogits;
const takesAnyNumber = (loss: NativeLoss): boolean =>
  takesLogits(loss) || /error|huber|log_cosh|cosine|hinge/.test(loss.kind);

type Problem = LossProblem & NativeLoss;

function problemOf(loss: NativeLoss, draw: Draw, rows: number, columns: number): Problem {
  const size = rows * columns;
  const targets = isSparse(loss)
    ? Float64Array.from(draw.integers(rows, 0, columns))
    : rounded(
        loss.kind.startsWith('categorical') || loss.kind === 'kl_divergence'
          ? draw.probabilities(rows, columns)
          : draw.uniform(size, 0.05, 1),
      );
  const predictions = rounded(takesAnyNumber(loss) ? draw.normal(size, 2) : draw.uniform(size, 0.01, 0.99));
  return { ...loss, rows, columns, targets, predictions };
}

/** Loss and gradient, on guarded memory. */
function lossOf(p: Problem, turn: number, context: string) {
  const { rows, columns } = p;
  const memory = new GuardedMemory(sideOf(turn));
  const padded = paddedColumns(columns);
  const stride = padded + 16 * (turn % 2);
  const targetColumns = isSparse(p) ? 1 : columns;
  // The targets of row i are those of row index[i]: reversed here.
  const index = turn % 3 === 0 ? Int32Array.from({ length: rows }, (_, i) => rows - 1 - i) : null;
  const reversed = (values: ArrayLike<number>, each: number): ArrayLike<number> =>
    index === null
      ? values
      : Array.from(values, (_, i) => values[index[Math.floor(i / each)]! * each + (i % each)]!);
  const common = {
    predictions: memory.input('predictions', { rows, columns, stride }, p.predictions),
    stride,
    rows,
    columns,
    targets: memory.input('targets', { rows, columns: targetColumns }, reversed(p.targets, targetColumns)),
    index: index && memory.integers('index', index),
    targetColumns,
    weights: p.weights ? memory.input('weights', { rows, columns: 1 }, reversed(p.weights, 1)) : null,
    rowsPerWeight: 1,
    steps: 1,
  };
  const out = memory.output('gradient', { rows, columns, padded, stride });
  const value = testingAddon.loss(p, { ...common, gradient: out });
  memory.expectIntact(context);
  for (let i = 0; i < rows; i++) {
    const rest = out.subarray(i * stride + columns, i * stride + padded);
    expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
  }
  expectSameBits([testingAddon.loss(p, { ...common, gradient: null })], [value], `${context}, without the gradient`);
  return { value, gradient: valuesOf(out, rows, columns, stride) };
}

function check(p: Problem, turn: number, context: string): void {
  const { value, gradient } = lossOf(p, turn, context);
  const expected = computeLoss(p);
  // Computed in double: 1e-12 covers the order of sums and the libraries' logarithms; the gradient is rounded once.
  expectWithin([value], [expected.value], [2e-12 * (1 + Math.abs(expected.value))], context);
  const slopes = expected.gradient;
  const largest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const slack = EXACT.test(p.kind) ? 1e-12 : 1e-6 * largest + 1e-9;
  expectWithin(
    gradient,
    slopes,
    slopes.map((slope) => 1.01 * ROUNDOFF * Math.abs(slope) + slack + SMALLEST),
    `${context}, gradient`,
  );
}

const one = (loss: NativeLoss, predictions: number[], targets: number[]): Problem => ({
  ...loss,
  rows: 1,
  columns: predictions.length,
  targets: Float64Array.from(targets),
  predictions: Float64Array.from(predictions, Math.fround),
});
const binary = (fromLogits: boolean): NativeLoss => {
  return { kind: 'binary_crossentropy', reduction, fromLogits, labelSmoothing: 0 };
};
const categorical = (fromLogits: boolean): NativeLoss => {
  return { kind: 'categorical_crossentropy', reduction, fromLogits, labelSmoothing: 0 };
};
const sparse = (fromLogits: boolean, ignoreClass: number | null = null): NativeLoss => {
  return { kind: 'sparse_categorical_crossentropy', reduction, fromLogits, ignoreClass };
};

describe('losses', () => {
  test.each(CASES)('%j agrees with the oracle for all sizes', (loss) => {
    forEachPair([0, 1, 2, 9], [1, 2, 3, 16, 17, 33], (rows, columns, turn) => {
      const seed = 10000 + turn;
      const context = `${loss.kind} rows ${rows} columns ${columns} seed ${seed}`;
      check(problemOf(loss, drawFrom(seed), rows, columns), turn, context);
    });
  });

  test.each(CASES)('%j agrees with the oracle under weights, however it is reduced', (loss) => {
    (['sum_over_batch_size', 'sum', 'mean_with_sample_weight'] as const).forEach((kind, turn) => {
      for (const weighted of [true, false]) {
        const draw = drawFrom(10500 + turn);
        const p = { ...problemOf(loss, draw, 7, 5), reduction: kind };
        check(weighted ? { ...p, weights: rounded(draw.uniform(7, 0, 2)) } : p, turn, `${loss.kind} ${kind} ${weighted}`);
      }
    });
  });

  test('rows by the thousand are the same as rows one by one', () => {
    const p = problemOf(sparse(true), drawFrom(10600), 1200, 17);
    check(p, 1, 'many rows');
  });

  test('saturated probabilities are clipped: a finite loss, no gradient', () => {
    check(one(binary(false), [0, 1, 1, 0, 1e-9], [1, 0, 1, 0, 1]), 0, 'binary');
    check(one(categorical(false), [0, 1, 0], [1, 0, 0]), 0, 'categorical');
    check(one(sparse(false), [0, 1, 1e-9], [2]), 0, 'sparse');
  });

  test('saturated logits neither overflow nor lose their gradient', () => {
    check(one(binary(true), [1000, -1000, 1000, -1000, 0], [0, 1, 1, 0, 1]), 0, 'binary');
    check(one(categorical(true), [1000, -1000, 0], [0, 1, 0]), 0, 'categorical');
    check(one(sparse(true), [-1e30, 1e30, 0], [1]), 0, 'sparse');
  });

  test.each(CASES)('%j is NaN where a prediction is, the gradient there too', (loss) => {
    for (const at of [0, 1, 2]) {
      const predictions = [0.25, 0.5, 0.25];
      predictions[at] = NaN;
      const targets = isSparse(loss) ? [at] : [0.2, 0.3, 0.5];
      const { value, gradient } = lossOf(one(loss, predictions, targets), 0, `${loss.kind} NaN`);
      expect([at, value, gradient[at]]).toEqual([at, NaN, NaN]);
    }
  });

  test('absolute error has slope 0 where prediction and target are equal', () => {
    const p = one({ kind: 'mean_absolute_error', reduction: 'sum' }, [1, 2, 3], [1, 1, 4]);
    const { gradient } = lossOf(p, 0, 'mae');
    expect(Array.from(gradient)).toEqual([0, Math.fround(1 / 3), Math.fround(-1 / 3)]);
  });

  test('rows of the ignored class count nothing, not even as NaN', () => {
    const draw = drawFrom(10700);
    const p = problemOf(sparse(true, -1), draw, 6, 4);
    const targets = Float64Array.from([0, -1, 3, -1, 2, 1]);
    const predictions = p.predictions.map((x, i) => (Math.floor(i / 4) === 1 ? NaN : x));
    const seen = { ...p, targets, predictions };
    const { value, gradient } = lossOf(seen, 1, 'ignored');
    const kept = [0, 2, 4, 5];
    const expected = computeLoss({
      ...p,
      rows: 4,
      targets: kept.map((row) => targets[row]!),
      predictions: Float64Array.from(kept.flatMap((row) => Array.from(p.predictions.subarray(row * 4, row * 4 + 4)))),
    });
    expect(value).toBeCloseTo(expected.value, 12);
    expect(Array.from(gradient.subarray(4, 8))).toEqual([0, 0, 0, 0]);
    expect(gradient[8]).toBeCloseTo(expected.gradient[4]!, 7);
  });

  test('where every row is ignored, or weighs nothing, loss and gradient are 0', () => {
    const p = problemOf(sparse(true, 2), drawFrom(10800), 3, 4);
    const ignored = { ...p, targets: [2, 2, 2] };
    const weightless = { ...p, reduction: 'mean_with_sample_weight', weights: [0, 0, 0] } as const;
    for (const problem of [ignored, weightless]) {
      const { value, gradient } = lossOf(problem, 0, 'nothing');
      expect([value, ...gradient].map(Math.abs)).toEqual(new Array(13).fill(0));
    }
  });

  test('hinges take 0 and 1 for -1 and 1 only where the whole batch has no other labels', () => {
    for (const kind of ['hinge', 'squared_hinge'] as const) {
      const p = problemOf({ kind, reduction }, drawFrom(10900), 4, 3);
      check({ ...p, targets: Float64Array.from([0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0]) }, 1, kind);
      check({ ...p, targets: Float64Array.from([0, 1, 0, 1, 1, 0, 0, 0, 1, 1, -1, 0]) }, 1, kind);
    }
  });

  test('weights are shared by the timesteps of a sample', () => {
    const p = problemOf({ kind: 'mean_squared_error', reduction }, drawFrom(11000), 6, 2);
    const rows = {
      predictions: Float32Array.from(p.predictions),
      stride: 2,
      rows: 6,
      columns: 2,
      targets: Float32Array.from(p.targets),
      index: null,
      targetColumns: 2,
      steps: 3,
      gradient: null,
    };
    const shared = testingAddon.loss(p, { ...rows, weights: Float32Array.of(2, 5), rowsPerWeight: 3 });
    const each = testingAddon.loss(p, { ...rows, weights: Float32Array.of(2, 2, 2, 5, 5, 5), rowsPerWeight: 1 });
    expect(shared).toBe(each);
  });
});
