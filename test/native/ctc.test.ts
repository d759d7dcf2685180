// SPDX-License-Identifier: MIT
// native/losses/ctc.cc on guarded memory, rows in any order: values against the sum over all paths, gradients against its
// differences.
import { expectClose } from '../reference/closeness';
import { ctcLoss } from '../reference/ctc';
import { finiteDifferences } from '../reference/finite_differences';
import { drawFrom } from '../reference/random';
import { paddedColumns } from '../support/grids';
import { GuardedMemory, rounded, sideOf, valuesOf } from '../support/guarded_memory';
import { testingAddon } from '../support/testing_addon';
import { expectSameBits } from '../support/tolerances';
import type { NativeLoss, NativeReduction } from '../../lib/native/binding';

const ctc = (reduction: NativeReduction = 'sum_over_batch_size'): NativeLoss => ({ kind: 'ctc', reduction });

interface Problem {
  /** Each padded with zeros to `width`. */
  labels: readonly number[][];
  width: number;
  steps: number;
  columns: number;
  predictions: Float64Array;
  weights: Float64Array | null;
  /** Row of the targets of each row of the outputs; those that are left out are masked. */
  index: readonly number[];
  reduction: NativeReduction;
}

function engine(p: Problem, turn: number, context: string) {
  const { steps, columns, width, labels, index } = p;
  const memory = new GuardedMemory(sideOf(turn));
  const padded = paddedColumns(columns);
  const stride = padded + 16 * (turn % 2);
  const [rows, samples] = [index.length, labels.length];
  const targets = labels.flatMap((row) => Array.from({ length: width }, (_, n) => row[n] ?? 0));
  const common = {
    predictions: memory.input('predictions', { rows, columns, stride }, p.predictions),
    stride,
    rows,
    columns,
    targets: memory.input('targets', { rows: samples, columns: width }, targets),
    index: memory.integers('index', index),
    targetColumns: width,
    weights: p.weights && memory.input('weights', { rows: samples, columns: 1 }, p.weights),
    rowsPerWeight: steps,
    steps,
  };
  const gradient = memory.output('gradient', { rows, columns, padded, stride });
  const value = testingAddon.loss(ctc(p.reduction), { ...common, gradient });
  memory.expectIntact(context);
  for (let i = 0; i < rows; i++) {
    const rest = gradient.subarray(i * stride + columns, i * stride + padded);
    expectSameBits(rest, new Float32Array(padded - columns), `${context}, padding`);
  }
  expectSameBits([testingAddon.loss(ctc(p.reduction), { ...common, gradient: null })], [value], context);
  return { value, gradient: valuesOf(gradient, rows, columns, stride) };
}

/** The sum over all paths of each sample's rows in the order of their steps. */
function oracle({ labels, steps, columns, predictions, weights, index, reduction }: Problem): number {
  const rowsOf = (sample: number): number[] =>
    index
      .map((target, row) => ({ target, row }))
      .filter(({ target }) => Math.floor(target / steps) === sample)
      .sort((a, b) => a.target - b.target)
      .map(({ row }) => row);
  const present = labels.map((_, sample) => sample).filter((sample) => rowsOf(sample).length > 0);
  const weightOf = (sample: number): number => weights?.[sample] ?? 1;
  const total = present.reduce((sum, sample) => {
    const logits = rowsOf(sample).flatMap((row) => [...predictions.subarray(row * columns, (row + 1) * columns)]);
    return sum + weightOf(sample) * ctcLoss(logits, columns, labels[sample]!);
  }, 0);
  if (reduction === 'sum') return total;
  const weighed = present.reduce((sum, sample) => sum + weightOf(sample), 0);
  return total / (reduction === 'mean_with_sample_weight' ? weighed : present.length);
}

function check(p: Problem, turn: number, context: string): void {
  const { value, gradient } = engine(p, turn, context);
  expectClose([value], [oracle(p)], 1e-11);
  expectClose(
    gradient,
    finiteDifferences(() => oracle(p), p.predictions),
    2e-7,
  );
}

const LABELS = [[1, 2], [1, 1], [], [2], [2, 1, 2], [2, 2]];

function problemOf(seed: number, order: 'by sample' | 'by step' | 'masked' | 'shuffled'): Problem {
  const draw = drawFrom(seed);
  const [samples, steps, columns] = [LABELS.length, 4, 3];
  const all = Array.from({ length: samples * steps }, (_, i) => i);
  const byStep = all.map((i) => (i % samples) * steps + Math.floor(i / samples));
  const index = {
    'by sample': all,
    'by step': byStep,
    // The second sample keeps three of its steps, the third none; the last begins late.
    masked: byStep.filter((i) => ![6, 8, 9, 10, 11, 20].includes(i)),
    shuffled: all.map((i) => (i * 7 + 3) % all.length),
  }[order];
  const predictions = rounded(draw.normal(index.length * columns, 1.5));
  return { labels: LABELS, width: 4, steps, columns, predictions, weights: null, index, reduction: 'sum_over_batch_size' };
}

describe('CTC', () => {
  test.each(['by sample', 'by step', 'masked', 'shuffled'] as const)('agrees with all paths, rows %s', (order) => {
    (['sum_over_batch_size', 'sum', 'mean_with_sample_weight'] as const).forEach((reduction, turn) => {
      const p = { ...problemOf(11100 + turn, order), reduction };
      check(p, turn, `${order} ${reduction}`);
      const weights = rounded(drawFrom(11150 + turn).uniform(LABELS.length, 0.1, 2));
      check({ ...p, weights }, turn + 1, `${order} ${reduction}, weights`);
    });
  });

  test('many samples are the same as each by itself', () => {
    const [samples, steps, columns, width] = [60, 10, 17, 6];
    const draw = drawFrom(11200);
    const labels = Array.from({ length: samples }, (_, i) => [...draw.integers(i % 6, 1, columns)]);
    const index = Array.from({ length: samples * steps }, (_, i) => i);
    const predictions = rounded(draw.normal(samples * steps * columns, 2));
    const all: Problem = { labels, width, steps, columns, predictions, weights: null, index, reduction: 'sum' };
    const together = engine(all, 0, 'together');
    const apart = labels.map((row, i) => {
      const own = predictions.subarray(i * steps * columns, (i + 1) * steps * columns);
      return engine({ ...all, labels: [row], predictions: own, index: index.slice(0, steps) }, 0, `sample ${i}`);
    });
    const sum = apart.reduce((total, { value }) => total + value, 0);
    expectClose([together.value], [sum], 1e-12);
    expectSameBits(together.gradient, apart.flatMap(({ gradient }) => [...gradient]), 'gradient');
  });

  test('the slopes of every timestep add up to zero', () => {
    const p = problemOf(11300, 'by sample');
    const { gradient } = engine(p, 0, 'slopes');
    for (let row = 0; row < p.index.length; row++) {
      const slopes = gradient.subarray(row * 3, row * 3 + 3);
      expect(Math.abs(slopes.reduce((a, b) => a + b, 0))).toBeLessThan(1e-7);
    }
  });

  test('far logits and hundreds of timesteps neither overflow nor vanish', () => {
    const [steps, columns] = [700, 5];
    const labels = [Array.from({ length: 300 }, (_, n) => 1 + (n % 4))];
    const draw = drawFrom(11400);
    for (const scale of [1, 1000]) {
      const predictions = rounded(draw.normal(steps * columns, scale));
      const index = Array.from({ length: steps }, (_, t) => t);
      const p: Problem = { labels, width: 300, steps, columns, predictions, weights: null, index, reduction: 'sum' };
      const { value, gradient } = engine(p, 1, 'far');
      expect(value).toBeGreaterThan(0);
      expect(Number.isFinite(value)).toBe(true);
      expect(gradient.every(Number.isFinite)).toBe(true);
      expect(gradient.some((slope) => Math.abs(slope) > 0.01)).toBe(true);
    }
  });

  test('an output of NaN makes the loss and its gradient NaN', () => {
    const p = problemOf(11500, 'by sample');
    p.predictions[4] = NaN;
    const { value, gradient } = engine(p, 0, 'NaN');
    expect([value, gradient[4]]).toEqual([NaN, NaN]);
  });
});
