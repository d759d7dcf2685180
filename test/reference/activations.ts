// SPDX-License-Identifier: MIT
// Oracle: activations and their slopes in double, from keras/src/activations/activations.py.
import type { NativeActivation } from '../../lib/native/binding';

export type Activation = NativeActivation;

type Curve = readonly [value: (x: number) => number, slope: (x: number) => number];

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/** Value and slope of every activation that looks at one number at a time. */
export const CURVES: Record<Exclude<Activation, 'softmax'>, Curve> = {
  linear: [(x) => x, () => 1],
  tanh: [Math.tanh, (x) => Math.cosh(x) ** -2],
  sigmoid: [logistic, (x) => logistic(x) * logistic(-x)],
  relu: [(x) => Math.max(x, 0), (x) => Number(x > 0)],
  elu: [(x) => (x > 0 ? x : Math.expm1(x)), (x) => Math.exp(Math.min(x, 0))],
  exponential: [Math.exp, Math.exp],
  hard_sigmoid: [(x) => Math.min(Math.max(x / 6 + 0.5, 0), 1), (x) => (Math.abs(x) < 3 ? 1 / 6 : 0)],
  softsign: [(x) => x / (Math.abs(x) + 1), (x) => (Math.abs(x) + 1) ** -2],
};

/** The activation of an array of rows of `columns` numbers. */
export function activate(activation: Activation, x: Float64Array, columns: number): Float64Array {
  if (activation !== 'softmax') return x.map(CURVES[activation][0]);
  return perRow(x.length, columns, (begin, end) => {
    const row = x.subarray(begin, end);
    const powers = row.map((value) => Math.exp(value - Math.max(...row)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  });
}

/** The gradient with respect to `x`, given the one with respect to the activation (`dy`). */
export function activateBackward(
  activation: Activation,
  x: Float64Array,
  dy: Float64Array,
  columns: number,
): Float64Array {
  if (activation !== 'softmax') return dy.map((value, i) => value * CURVES[activation][1](x[i]!));
  const y = activate('softmax', x, columns);
  return perRow(x.length, columns, (begin, end) => {
    const row = y.subarray(begin, end);
    // The Jacobian, element by element: dy_k/dx_j = y_k ((k = j) - y_j).
    return row.map((yj, j) => row.reduce((sum, yk, k) => sum + dy[begin + k]! * yk * (Number(k === j) - yj), 0));
  });
}

function perRow(length: number, columns: number, compute: (begin: number, end: number) => Float64Array): Float64Array {
  const result = new Float64Array(length);
  for (let begin = 0; begin < length; begin += columns) result.set(compute(begin, begin + columns), begin);
  return result;
}
