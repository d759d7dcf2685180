// SPDX-License-Identifier: MIT
// Oracle: losses and gradients in double, from keras/src/losses/losses.py and keras/src/backend/jax/nn.py: probabilities
// are clipped to [1e-7, 1 - 1e-7] and, in the categorical losses, divided by their sum first. Where no gradient is written
// out it is that of finite differences.
import type { NativeLossKind, NativeReduction } from '../../lib/native/binding';
import { finiteDifferences } from './finite_differences';

/** A loss as the engine knows it; what is left out is Keras' default. */
export interface OracleLoss {
  kind: NativeLossKind;
  fromLogits?: boolean;
  labelSmoothing?: number;
  ignoreClass?: number | null;
  delta?: number;
  alpha?: number;
  beta?: number;
  gamma?: number;
  applyClassBalancing?: boolean;
  byRow?: boolean;
  reduction?: NativeReduction;
}

export interface LossProblem extends OracleLoss {
  /** N, or N*T for sequences. */
  rows: number;
  columns: number;
  /** [rows, columns], or class ids [rows] for the sparse loss. */
  targets: ArrayLike<number>;
  predictions: Float64Array;
  /** [rows]; all 1 where left out. */
  weights?: ArrayLike<number>;
}

export interface LossResult {
  value: number;
  /** Loss of each row, times its weight; 0 where it does not count. */
  perRow: Float64Array;
  /** Of `value`, with respect to the predictions (logits if they are). */
  gradient: Float64Array;
}

type RowLoss = (y: number[], p: number[]) => { value: number; slopes: number[] };
type RowValue = (y: number[], p: number[], loss: OracleLoss) => number;

const EPSILON = 1e-7;
const clip = (p: number): number => Math.min(Math.max(p, EPSILON), 1 - EPSILON);
const inside = (p: number): number => Number(p >= EPSILON && p <= 1 - EPSILON);
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: number[]): number => sum(values) / values.length;
const logSigmoid = (z: number): number => Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));

const binaryOfProbabilities: RowLoss = (y, p) => ({
  value: -mean(y.map((yj, j) => yj * Math.log(clip(p[j]!)) + (1 - yj) * Math.log(1 - clip(p[j]!)))),
  slopes: y.map((yj, j) => (inside(p[j]!) * ((p[j]! - yj) / (clip(p[j]!) * (1 - clip(p[j]!))))) / y.length),
});

const binaryOfLogits: RowLoss = (y, z) => ({
  value: -mean(y.map((yj, j) => yj * logSigmoid(z[j]!) + (1 - yj) * logSigmoid(-z[j]!))),
  slopes: y.map((yj, j) => (Math.exp(logSigmoid(z[j]!)) - yj) / y.length),
});

const categoricalOfProbabilities: RowLoss = (y, p) => {
  const total = sum(p);
  const q = p.map((pj) => pj / total);
  const dq = y.map((yj, j) => (-yj / clip(q[j]!)) * inside(q[j]!));
  return {
    value: -sum(y.map((yj, j) => yj * Math.log(clip(q[j]!)))),
    // dq_k/dp_j = ((k = j) - q_k) / total
    slopes: p.map((_, j) => sum(dq.map((dqk, k) => (dqk * (Number(k === j) - q[k]!)) / total))),
  };
};

const categoricalOfLogits: RowLoss = (y, z) => {
  const largest = Math.max(...z);
  const logSum = largest + Math.log(sum(z.map((zj) => Math.exp(zj - largest))));
  return {
    value: -sum(y.map((yj, j) => yj * (z[j]! - logSum))),
    slopes: y.map((yj, j) => sum(y) * Math.exp(z[j]! - logSum) - yj),
  };
};

const squared: RowLoss = (y, p) => ({
  value: mean(y.map((yj, j) => (p[j]! - yj) ** 2)),
  slopes: y.map((yj, j) => (2 * (p[j]! - yj)) / y.length),
});

const absolute: RowLoss = (y, p) => ({
  value: mean(y.map((yj, j) => Math.abs(p[j]! - yj))),
  slopes: y.map((yj, j) => Math.sign(p[j]! - yj) / y.length),
});

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
const softmax = (z: number[]): number[] => {
  const e = z.map((zj) => Math.exp(zj - Math.max(...z)));
  return e.map((ej) => ej / sum(e));
};
const norm = (x: number[]): number => Math.sqrt(sum(x.map((xj) => xj * xj)));
const unit = (x: number[]): number[] => x.map((xj) => xj * Math.min(1 / norm(x), 1 / EPSILON));
const overlap = (y: number[], p: number[], alpha: number, beta: number, epsilon: number): number => {
  const both = sum(y.map((yj, j) => yj * p[j]!));
  const missed = sum(y.map((yj, j) => yj * (1 - p[j]!)));
  const extra = sum(y.map((yj, j) => (1 - yj) * p[j]!));
  return 1 - both / (both + alpha * missed + beta * extra + epsilon);
};

/** Losses without a gradient of their own, at Keras' defaults. */
const VALUES: Partial<Record<NativeLossKind, RowValue>> = {
  binary_focal_crossentropy: (y, x, { fromLogits, alpha = 0.25, gamma = 2, applyClassBalancing }) =>
    mean(
      y.map((yj, j) => {
        const p = fromLogits ? sigmoid(x[j]!) : x[j]!;
        const entropy = -(yj * Math.log(clip(p)) + (1 - yj) * Math.log(1 - clip(p)));
        const focus = (1 - (yj * p + (1 - yj) * (1 - p))) ** gamma;
        return (applyClassBalancing ? yj * alpha + (1 - yj) * (1 - alpha) : 1) * focus * entropy;
      }),
    ),
  categorical_focal_crossentropy: (y, x, { fromLogits, alpha = 0.25, gamma = 2 }) => {
    const p = fromLogits ? softmax(x) : x;
    const q = p.map((pj) => clip(pj / sum(p)));
    return sum(y.map((yj, j) => -alpha * (1 - q[j]!) ** gamma * yj * Math.log(q[j]!)));
  },
  mean_absolute_percentage_error: (y, p) =>
    100 * mean(y.map((yj, j) => Math.abs(yj - p[j]!) / Math.max(Math.abs(yj), EPSILON))),
  mean_squared_logarithmic_error: (y, p) =>
    mean(y.map((yj, j) => (Math.log(Math.max(p[j]!, EPSILON) + 1) - Math.log(Math.max(yj, EPSILON) + 1)) ** 2)),
  huber: (y, p, { delta = 1 }) =>
    mean(
      y.map((yj, j) => {
        const d = Math.abs(p[j]! - yj);
        return d <= delta ? d ** 2 / 2 : delta * d - delta ** 2 / 2;
      }),
    ),
  log_cosh: (y, p) => mean(y.map((yj, j) => Math.log(Math.cosh(p[j]! - yj)))),
  cosine_similarity: (y, p) => -sum(unit(y).map((yj, j) => yj * unit(p)[j]!)),
  hinge: (y, p) => mean(y.map((yj, j) => Math.max(1 - yj * p[j]!, 0))),
  squared_hinge: (y, p) => mean(y.map((yj, j) => Math.max(1 - yj * p[j]!, 0) ** 2)),
  categorical_hinge: (y, p) =>
    Math.max(0, Math.max(...y.map((yj, j) => (1 - yj) * p[j]!)) - sum(y.map((yj, j) => yj * p[j]!)) + 1),
  kl_divergence: (y, p) => {
    const within = (value: number): number => Math.min(Math.max(value, EPSILON), 1);
    return sum(y.map((yj, j) => within(yj) * Math.log(within(yj) / within(p[j]!))));
  },
  poisson: (y, p) => mean(y.map((yj, j) => p[j]! - yj * Math.log(p[j]! + EPSILON))),
  dice: (y, p) => 1 - (2 * sum(y.map((yj, j) => yj * p[j]!))) / (sum(y) + sum(p) + EPSILON),
  tversky: (y, p, { alpha = 0.5, beta = 0.5 }) => overlap(y, p, alpha, beta, EPSILON),
};

function rowLoss(loss: OracleLoss): RowLoss {
  switch (loss.kind) {
    case 'binary_crossentropy':
      return loss.fromLogits ? binaryOfLogits : binaryOfProbabilities;
    case 'categorical_crossentropy':
    case 'sparse_categorical_crossentropy':
      return loss.fromLogits ? categoricalOfLogits : categoricalOfProbabilities;
    case 'mean_squared_error':
      return squared;
    case 'mean_absolute_error':
      return absolute;
    default: {
      const value = VALUES[loss.kind]!;
      return (y, p) => {
        const x = Float64Array.from(p);
        const of = (): number => value(y, Array.from(x), loss);
        return { value: of(), slopes: Array.from(finiteDifferences(of, x)) };
      };
    }
  }
}

/** Targets of every row, dense, smoothed, and -1 and 1 for hinges of 0 and 1. */
function denseTargets({ kind, labelSmoothing = 0, rows, columns, targets }: LossProblem): number[][] {
  const values = Array.from(targets);
  const isHinge = kind === 'hinge' || kind === 'squared_hinge';
  const isBinary = isHinge && values.every((y) => y === 0 || y === 1);
  const smoothed = labelSmoothing * (kind.startsWith('binary') ? 0.5 : 1 / columns);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, j) => {
      if (kind === 'sparse_categorical_crossentropy') return Number(values[row] === j);
      const y = values[row * columns + j]!;
      return isBinary ? 2 * y - 1 : y * (1 - labelSmoothing) + smoothed;
    }),
  );
}

export function computeLoss(problem: LossProblem): LossResult {
  const { kind, rows, columns, targets, predictions, byRow = false, reduction = 'sum_over_batch_size' } = problem;
  const weights = Array.from({ length: rows }, (_, row) => problem.weights?.[row] ?? 1);
  const counting = weights.map(
    (_, row) => kind !== 'sparse_categorical_crossentropy' || targets[row] !== (problem.ignoreClass ?? null),
  );
  const isWhole = (kind === 'dice' || kind === 'tversky') && !byRow;
  const of = rowLoss(problem);
  const y = denseTargets(problem);
  const outputs = Array.from({ length: rows }, (_, row) =>
    Array.from(predictions.subarray(row * columns, (row + 1) * columns)),
  );
  const whole = isWhole ? of(y.flat(), outputs.flat()) : undefined;
  const perRow = new Float64Array(rows);
  const gradient = new Float64Array(rows * columns);
  const used = weights.filter((_, row) => counting[row]);
  const divisor =
    reduction === 'sum'
      ? isWhole && problem.weights === undefined
        ? rows
        : 1
      : reduction === 'mean_with_sample_weight'
        ? sum(used)
        : used.length;
  for (let row = 0; row < rows; row++) {
    if (!counting[row]) continue;
    const { value, slopes } = whole ?? of(y[row]!, outputs[row]!);
    perRow[row] = weights[row]! * value;
    if (!isWhole) slopes.forEach((slope, j) => (gradient[row * columns + j] = (weights[row]! * slope) / divisor));
  }
  if (whole !== undefined) gradient.set(whole.slopes.map((slope) => (slope * sum(used)) / divisor));
  return { value: divisor === 0 ? 0 : sum(Array.from(perRow)) / divisor, perRow, gradient };
}
