// SPDX-License-Identifier: MIT
// native/kernels/losses-inl.h: losses and their gradients against the oracle.
import { computeLoss } from '../reference/losses';
import { drawFrom } from '../reference/random';
import { describeEachIsa } from '../support/for_each_isa';
import { forEachPair, paddedColumns, UNITS } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { LOSS_KINDS, testingAddon, type Isa } from '../support/testing_addon';
import { expectSameBits, expectWithin, ROUNDOFF, SMALLEST } from '../support/tolerances';

type Kind = (typeof LOSS_KINDS)[number];
const CASES: readonly (readonly [Kind, boolean])[] = [
  ['binary_crossentropy', false],
  ['binary_crossentropy', true],
  ['categorical_crossentropy', false],
  ['categorical_crossentropy', true],
  ['sparse_categorical_crossentropy', false],
  ['sparse_categorical_crossentropy', true],
  ['mean_squared_error', false],
  ['mean_absolute_error', false],
];

interface Problem {
  kind: Kind;
  fromLogits: boolean;
  rows: number;
  columns: number;
  targets: Float64Array;
  predictions: Float64Array;
}

/** Sum of the loss and gradient times `scale`, on guarded memory. */
function lossOf(isa: Isa, p: Problem, scale: number, turn: number, context: string) {
  const { rows, columns } = p;
  const memory = new GuardedMemory(sideOf(turn));
  const padded = paddedColumns(columns);
  const stride = padded + 16 * (turn % 2);
  const targetColumns = p.kind === 'sparse_categorical_crossentropy' ? 1 : columns;
  // The targets of row i are those of row index[i]: reversed here.
  const indexed = turn % 3 === 0;
  const index = Int32Array.from({ length: rows }, (_, i) => rows - 1 - i);
  const targets = indexed
    ? p.targets.map((_, i) => p.targets[index[Math.floor(i / targetColumns)]! * targetColumns + (i % targetColumns)]!)
    : p.targets;
  const common = {
    kind: LOSS_KINDS.indexOf(p.kind),
    fromLogits: p.fromLogits,
    predictions: memory.input('predictions', { rows, columns, stride }, p.predictions),
    stride,
    rows,
    columns,
    targets: memory.input('targets', { rows, columns: targetColumns }, targets),
    targetIndex: indexed ? memory.integers('index', index) : null,
    targetColumns,
    scale,
  };
  const out = memory.output('gradient', { rows, columns, padded, stride });
  const sum = testingAddon.loss(isa, { ...common, gradient: out });
  memory.expectIntact(context);
  for (let i = 0; i < rows; i++) {
    const rest = out.subarray(i * stride + columns, i * stride + padded);
    expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
  }
  expectSameBits([testingAddon.loss(isa, { ...common, gradient: null })], [sum], `${context}, without the gradient`);
  return { sum, gradient: valuesOf(out, rows, columns, stride) };
}

function check(isa: Isa, p: Problem, turn: number, context: string): void {
  const scale = Math.fround([1, 1 / p.rows, 0.25][turn % 3]!);
  const { sum, gradient } = lossOf(isa, p, scale, turn, context);
  const expected = computeLoss(p);
  const total = expected.perRow.reduce((a, b) => a + b, 0);
  // Computed in double: 1e-12 covers the order of sums and the libraries' logarithms; the gradient is rounded once.
  expectWithin([sum], [total], [1e-12 * (1 + Math.abs(total))], context);
  const slopes = expected.gradient.map((value) => value * p.rows * scale);
  expectWithin(
    gradient,
    slopes,
    slopes.map((value) => 1.01 * ROUNDOFF * Math.abs(value) + 1e-12 * scale + SMALLEST),
    `${context}, gradient`,
  );
}

const one = (kind: Kind, fromLogits: boolean, predictions: number[], targets: number[]): Problem => ({
  kind,
  fromLogits,
  rows: 1,
  columns: predictions.length,
  targets: Float64Array.from(targets),
  predictions: Float64Array.from(predictions, Math.fround),
});

describeEachIsa('losses', (isa) => {
  test.each(CASES)('%s, from logits %s, agrees with the oracle for all sizes', (kind, fromLogits) => {
    forEachPair([0, 1, 2, 3, 8, 9, 33], UNITS, (rows, columns, turn) => {
      const seed = 10000 + turn;
      const draw = drawFrom(seed);
      const sparse = kind === 'sparse_categorical_crossentropy';
      const targets = sparse
        ? Float64Array.from(draw.integers(rows, 0, columns))
        : rounded(kind === 'categorical_crossentropy' ? draw.probabilities(rows, columns) : draw.uniform(rows * columns, 0, 1));
      const predictions = rounded(
        fromLogits ? draw.normal(rows * columns, 3) : draw.uniform(rows * columns, 0.01, 0.99),
      );
      const context = `${kind} ${isa} from logits ${fromLogits} rows ${rows} columns ${columns} seed ${seed}`;
      check(isa, { kind, fromLogits, rows, columns, targets, predictions }, turn, context);
    });
  });

  test('saturated probabilities are clipped: a finite loss, no gradient', () => {
    check(isa, one('binary_crossentropy', false, [0, 1, 1, 0, 1e-9], [1, 0, 1, 0, 1]), 0, `binary ${isa}`);
    check(isa, one('categorical_crossentropy', false, [0, 1, 0], [1, 0, 0]), 0, `categorical ${isa}`);
    check(isa, one('sparse_categorical_crossentropy', false, [0, 1, 1e-9], [2]), 0, `sparse ${isa}`);
  });

  test('saturated logits neither overflow nor lose their gradient', () => {
    check(isa, one('binary_crossentropy', true, [1000, -1000, 1000, -1000, 0], [0, 1, 1, 0, 1]), 0, `binary ${isa}`);
    check(isa, one('categorical_crossentropy', true, [1000, -1000, 0], [0, 1, 0]), 0, `categorical ${isa}`);
    check(isa, one('sparse_categorical_crossentropy', true, [-1e30, 1e30, 0], [1]), 0, `sparse ${isa}`);
  });

  test.each(CASES)('%s, from logits %s, is NaN where a prediction is, the gradient there too', (kind, fromLogits) => {
    for (const at of [0, 1, 2]) {
      const predictions = [0.25, 0.5, 0.25];
      predictions[at] = NaN;
      const targets = kind === 'sparse_categorical_crossentropy' ? [at] : [0.2, 0.3, 0.5];
      const { sum, gradient } = lossOf(isa, one(kind, fromLogits, predictions, targets), 1, 0, `${kind} ${isa} NaN`);
      expect([at, sum, gradient[at]]).toEqual([at, NaN, NaN]);
    }
  });

  test('absolute error has slope 0 where prediction and target are equal', () => {
    const { gradient } = lossOf(isa, one('mean_absolute_error', false, [1, 2, 3], [1, 1, 4]), 3, 0, `mae ${isa}`);
    expect(Array.from(gradient)).toEqual([0, 1, -1]);
  });
});
