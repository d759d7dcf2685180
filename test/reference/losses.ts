// SPDX-License-Identifier: MIT
// Oracle: losses and gradients in double, from keras/src/losses/losses.py and keras/src/backend/jax/nn.py: probabilities
// are clipped to [1e-7, 1 - 1e-7] and, in the categorical losses, divided by their sum first.
import type { NativeLossKind } from '../../lib/native/binding';

export interface LossProblem {
  kind: NativeLossKind;
  fromLogits: boolean;
  /** N, or N*T for sequences: the mean is taken over all of them. */
  rows: number;
  columns: number;
  /** [rows, columns], or class ids [rows] for the sparse loss. */
  targets: ArrayLike<number>;
  predictions: Float64Array;
}

export interface LossResult {
  value: number;
  /** Loss of each row. */
  perRow: Float64Array;
  /** Of `value`, with respect to the predictions (logits if they are). */
  gradient: Float64Array;
}

type RowLoss = (y: number[], p: number[]) => { value: number; slopes: number[] };

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

function rowLoss(kind: NativeLossKind, fromLogits: boolean): RowLoss {
  switch (kind) {
    case 'binary_crossentropy':
      return fromLogits ? binaryOfLogits : binaryOfProbabilities;
    case 'categorical_crossentropy':
    case 'sparse_categorical_crossentropy':
      return fromLogits ? categoricalOfLogits : categoricalOfProbabilities;
    case 'mean_squared_error':
      return squared;
    case 'mean_absolute_error':
      return absolute;
  }
}

export function computeLoss(problem: LossProblem): LossResult {
  const { kind, fromLogits, rows, columns, targets, predictions } = problem;
  const of = rowLoss(kind, fromLogits);
  const result: LossResult = {
    value: 0,
    perRow: new Float64Array(rows),
    gradient: new Float64Array(rows * columns),
  };
  for (let row = 0; row < rows; row++) {
    const at = Array.from({ length: columns }, (_, j) => row * columns + j);
    const y =
      kind === 'sparse_categorical_crossentropy'
        ? at.map((_, j) => Number(targets[row] === j))
        : at.map((index) => targets[index]!);
    const { value, slopes } = of(
      y,
      at.map((index) => predictions[index]!),
    );
    result.perRow[row] = value;
    slopes.forEach((slope, j) => (result.gradient[at[j]!] = slope / rows));
  }
  result.value = mean(Array.from(result.perRow));
  return result;
}
