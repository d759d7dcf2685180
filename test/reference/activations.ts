// SPDX-License-Identifier: MIT
// Oracle: activations and their slopes in double, from keras/src/activations/activations.py.
import type { NativeActivation } from '../../lib/native/binding';

export type Activation = NativeActivation;

type Curve = readonly [value: (x: number) => number, slope: (x: number) => number];

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clamp = (low: number, x: number, high: number): number => Math.min(Math.max(x, low), high);
const density = (x: number): number => Math.exp(-x * x * 0.5) / Math.sqrt(2 * Math.PI);

/** The normal distribution's share below x: a series near 0, a continued fraction in the tails. */
function below(x: number): number {
  const a = Math.abs(x);
  if (a > 40) return x > 0 ? 1 : 0;
  if (a < 3) {
    let [term, sum] = [x, x];
    for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) sum += term *= (x * x) / k;
    return 0.5 + density(x) * sum;
  }
  let fraction = a;
  for (let k = 200; k > 0; k--) fraction = a + k / fraction;
  const tail = density(a) / fraction;
  return x > 0 ? 1 - tail : tail;
}

const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };

/** Activations of whole rows. */
type RowActivation = 'softmax' | 'log_softmax' | 'sparsemax';

/** Value and slope of every activation that looks at one number at a time. */
export const CURVES: Record<Exclude<Activation, RowActivation>, Curve> = {
  linear: [(x) => x, () => 1],
  tanh: [Math.tanh, (x) => Math.cosh(x) ** -2],
  sigmoid: [logistic, (x) => logistic(x) * logistic(-x)],
  relu: [(x) => Math.max(x, 0), (x) => Number(x > 0)],
  elu: [(x) => (x > 0 ? x : Math.expm1(x)), (x) => Math.exp(Math.min(x, 0))],
  exponential: [Math.exp, Math.exp],
  hard_sigmoid: [(x) => clamp(0, x / 6 + 0.5, 1), (x) => (Math.abs(x) < 3 ? 1 / 6 : 0)],
  legacy_hard_sigmoid: [(x) => clamp(0, 0.2 * x + 0.5, 1), (x) => (Math.abs(x) < 2.5 ? 0.2 : 0)],
  softsign: [(x) => x / (Math.abs(x) + 1), (x) => (Math.abs(x) + 1) ** -2],
  leaky_relu: [(x) => (x < 0 ? 0.2 * x : x), (x) => (x < 0 ? 0.2 : 1)],
  relu6: [(x) => clamp(0, x, 6), (x) => Number(x > 0 && x < 6)],
  celu: [(x) => Math.max(x, 0) + Math.expm1(Math.min(x, 0)), (x) => Math.exp(Math.min(x, 0))],
  selu: [
    (x) => SELU.scale * (x > 0 ? x : SELU.alpha * Math.expm1(x)),
    (x) => SELU.scale * (x > 0 ? 1 : SELU.alpha * Math.exp(x)),
  ],
  gelu: [(x) => x * below(x), (x) => below(x) + x * density(x)],
  silu: [(x) => x * logistic(x), (x) => logistic(x) * (1 + x * logistic(-x))],
  softplus: [softplus, logistic],
  squareplus: [
    (x) => (x < 0 ? 2 / (Math.hypot(x, 2) - x) : (x + Math.hypot(x, 2)) / 2),
    (x) => (1 + x / Math.hypot(x, 2)) / 2,
  ],
  soft_shrink: [(x) => x - clamp(-0.5, x, 0.5), (x) => Number(Math.abs(x) > 0.5)],
  hard_shrink: [(x) => (Math.abs(x) <= 0.5 ? 0 : x), (x) => Number(Math.abs(x) > 0.5)],
  tanh_shrink: [(x) => x - Math.tanh(x), (x) => Math.tanh(x) ** 2],
  hard_tanh: [(x) => clamp(-1, x, 1), (x) => Number(Math.abs(x) < 1)],
  hard_silu: [(x) => x * clamp(0, x / 6 + 0.5, 1), (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5)],
  log_sigmoid: [(x) => -softplus(-x), (x) => logistic(-x)],
  mish: [
    (x) => x * Math.tanh(softplus(x)),
    (x) => Math.tanh(softplus(x)) + x * logistic(x) * Math.cosh(Math.min(softplus(x), 300)) ** -2,
  ],
  sparse_plus: [(x) => (x >= 1 ? x : (clamp(-1, x, 1) + 1) ** 2 / 4), (x) => (clamp(-1, x, 1) + 1) / 2],
  sparse_sigmoid: [(x) => (clamp(-1, x, 1) + 1) / 2, (x) => (Math.abs(x) < 1 ? 0.5 : 0)],
};

/** Where the slope of a curve jumps: what it is there is a convention. */
export const CORNERS: Partial<Record<Activation, readonly number[]>> = {
  relu: [0],
  leaky_relu: [0],
  relu6: [0, 6],
  hard_sigmoid: [-3, 3],
  legacy_hard_sigmoid: [-2.5, 2.5],
  hard_silu: [-3, 3],
  selu: [0],
  soft_shrink: [-0.5, 0.5],
  hard_shrink: [-0.5, 0.5],
  hard_tanh: [-1, 1],
  sparse_sigmoid: [-1, 1],
};

/** Value and Jacobian (dy_k/dx_j at [k][j]) of every activation of rows. */
const ROWS: Record<RowActivation, readonly [(x: Float64Array) => Float64Array, (x: Float64Array) => number[][]]> = {
  softmax: [softmaxOf, (x) => jacobian(softmaxOf(x), (yk, yj, same) => yk * (Number(same) - yj))],
  log_softmax: [
    (x) => {
      const largest = Math.max(...x);
      const rest = Math.log(sumOf(x.map((value) => Math.exp(value - largest))));
      return x.map((value) => value - largest - rest);
    },
    (x) => jacobian(softmaxOf(x), (_yk, yj, same) => Number(same) - yj),
  ],
  sparsemax: [
    (x) => {
      const { threshold } = supportOf(x);
      return x.map((value) => Math.max(value - threshold, 0));
    },
    (x) => {
      const { order, size, threshold } = supportOf(x);
      // The entry of rank r, from 0, is in size - r of the sums that the threshold is made of.
      const share = new Float64Array(x.length);
      order.slice(0, size).forEach((j, r) => (share[j] = (size - r) / size));
      return Array.from(x, (xk, k) => Array.from(share, (sj, j) => (xk > threshold ? Number(j === k) - sj : 0)));
    },
  ],
};

function sumOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0);
}

function softmaxOf(x: Float64Array): Float64Array {
  const largest = Math.max(...x);
  const powers = x.map((value) => Math.exp(value - largest));
  const sum = sumOf(powers);
  return powers.map((power) => power / sum);
}

function jacobian(y: Float64Array, entry: (yk: number, yj: number, same: boolean) => number): number[][] {
  return Array.from(y, (yk, k) => Array.from(y, (yj, j) => entry(yk, yj, k === j)));
}

/** Support and threshold of sparsemax as keras/src/backend/jax/nn.py codes them: it adds up the sums of the support. */
function supportOf(x: Float64Array): { order: number[]; size: number; threshold: number } {
  const order = Array.from(x.keys()).sort((a, b) => x[b]! - x[a]! || a - b);
  const sums: number[] = [];
  for (const j of order) sums.push((sums.at(-1) ?? 0) + x[j]!);
  const outside = order.findIndex((j, r) => !(x[j]! - (sums[r]! - 1) / (r + 1) > 0));
  const size = outside < 0 ? x.length : outside;
  return { order, size, threshold: (sumOf(sums.slice(0, size)) - 1) / size };
}

export function isRowActivation(activation: Activation): activation is RowActivation {
  return Object.hasOwn(ROWS, activation);
}

/** The activation of an array of rows of `columns` numbers. */
export function activate(activation: Activation, x: Float64Array, columns: number): Float64Array {
  if (!isRowActivation(activation)) return x.map(CURVES[activation][0]);
  return perRow(x.length, columns, (begin, end) => ROWS[activation][0](x.subarray(begin, end)));
}

/** The gradient with respect to `x`, given the one with respect to the activation (`dy`). */
export function activateBackward(
  activation: Activation,
  x: Float64Array,
  dy: Float64Array,
  columns: number,
): Float64Array {
  if (!isRowActivation(activation)) return dy.map((value, i) => value * CURVES[activation][1](x[i]!));
  return perRow(x.length, columns, (begin, end) => {
    const row = x.subarray(begin, end);
    const slopes = ROWS[activation][1](row);
    return row.map((_, j) => slopes.reduce((sum, slope, k) => sum + dy[begin + k]! * slope[j]!, 0));
  });
}

function perRow(length: number, columns: number, compute: (begin: number, end: number) => Float64Array): Float64Array {
  const result = new Float64Array(length);
  for (let begin = 0; begin < length; begin += columns) result.set(compute(begin, begin + columns), begin);
  return result;
}
