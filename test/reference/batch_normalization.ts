// SPDX-License-Identifier: MIT
// Oracle: batch normalization over all axes but the last in double (Ioffe and Szegedy 2015), from
// keras/src/layers/normalization/batch_normalization.py. In training mean and variance (biased) are those of the rows
// that the mask keeps; masked rows are normalized with the others' moments.
import type { NormalizationGradients } from './layer_normalization';

export interface BatchNormalizationProblem {
  columns: number;
  momentum: number;
  epsilon: number;
  /** Rows of `columns` numbers: of the batch, or of every step of the batch. */
  x: Float64Array;
  /** [columns], or null for ones. */
  gamma: Float64Array | null;
  /** [columns], or null for zeros. */
  beta: Float64Array | null;
  movingMean: Float64Array;
  movingVariance: Float64Array;
  /** One per row, 0 where it does not count; null where all do. */
  mask?: ArrayLike<number> | null;
  /** Moments of the batch rather than the moving ones. */
  training: boolean;
}

export interface BatchNormalizationResult {
  y: Float64Array;
  /** As they are after this batch. */
  movingMean: Float64Array;
  movingVariance: Float64Array;
}

/** Keras adds this to the number of rows where there is a mask (keras.config.epsilon). */
const FUZZ = 1e-7;

const counts = (p: BatchNormalizationProblem, row: number): boolean => !p.mask || Boolean(p.mask[row]);

/** Rows that count, as the divisor of means. */
function divisor(p: BatchNormalizationProblem): number {
  const rows = p.x.length / p.columns;
  return p.mask ? Array.from({ length: rows }, (_, row) => Number(counts(p, row))).reduce((a, b) => a + b, FUZZ) : rows;
}

/** The mean over the rows that count of f(row, column), for each column. */
function meanOver(p: BatchNormalizationProblem, f: (row: number, j: number) => number): Float64Array {
  const total = new Float64Array(p.columns);
  for (let row = 0; row * p.columns < p.x.length; row++)
    if (counts(p, row)) for (let j = 0; j < p.columns; j++) total[j]! += f(row, j);
  return total.map((value) => value / divisor(p));
}

function moments(p: BatchNormalizationProblem): { mean: Float64Array; variance: Float64Array } {
  if (!p.training) return { mean: p.movingMean, variance: p.movingVariance };
  const mean = meanOver(p, (row, j) => p.x[row * p.columns + j]!);
  return { mean, variance: meanOver(p, (row, j) => (p.x[row * p.columns + j]! - mean[j]!) ** 2) };
}

export function batchNormalizationForward(p: BatchNormalizationProblem): BatchNormalizationResult {
  const { mean, variance } = moments(p);
  const y = p.x.map((value, i) => {
    const j = i % p.columns;
    return ((value - mean[j]!) / Math.sqrt(variance[j]! + p.epsilon)) * (p.gamma?.[j] ?? 1) + (p.beta?.[j] ?? 0);
  });
  const move = (moving: Float64Array, now: Float64Array): Float64Array =>
    p.training ? moving.map((value, j) => value * p.momentum + now[j]! * (1 - p.momentum)) : moving;
  return { y, movingMean: move(p.movingMean, mean), movingVariance: move(p.movingVariance, variance) };
}

export function batchNormalizationBackward(p: BatchNormalizationProblem, dy: Float64Array): NormalizationGradients {
  const { columns } = p;
  const { mean, variance } = moments(p);
  const deviation = variance.map((value) => Math.sqrt(value + p.epsilon));
  const result = { gamma: new Float64Array(columns), beta: new Float64Array(columns), x: new Float64Array(dy.length) };
  const dMean = new Float64Array(columns);
  const dVariance = new Float64Array(columns);
  dy.forEach((d, i) => {
    const j = i % columns;
    const centred = p.x[i]! - mean[j]!;
    const dNormal = d * (p.gamma?.[j] ?? 1);
    result.gamma[j]! += (d * centred) / deviation[j]!;
    result.beta[j]! += d;
    result.x[i] = dNormal / deviation[j]!;
    dMean[j]! -= dNormal / deviation[j]!;
    dVariance[j]! -= (dNormal * centred) / (2 * deviation[j]! ** 3);
  });
  if (!p.training) return result;
  const n = divisor(p);
  // With the fuzz in the divisor the centred rows do not quite sum to 0: the variance moves with the mean.
  const centredMean = meanOver(p, (row, j) => p.x[row * columns + j]! - mean[j]!);
  result.x.forEach((_, i) => {
    const j = i % columns;
    if (!counts(p, Math.floor(i / columns))) return;
    const toMean = dMean[j]! - 2 * dVariance[j]! * centredMean[j]!;
    result.x[i]! += (toMean + 2 * dVariance[j]! * (p.x[i]! - mean[j]!)) / n;
  });
  return result;
}
