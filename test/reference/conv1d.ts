// SPDX-License-Identifier: MIT
// Oracle: convolution over time in double, y_w = f(sum_k x_(t(w,k)) W_k + b), from keras/src/layers/convolutional.
// Filters are dealt evenly over the groups; those of a group read the group's part of the features.
import { activate, activateBackward, type Activation } from './activations';
import { stepOf, windowCount, type Padding, type Windows } from './windows';

export interface Conv1dProblem {
  batch: number;
  steps: number;
  inputs: number;
  filters: number;
  kernelSize: number;
  strides: number;
  padding: Padding;
  dilationRate: number;
  groups: number;
  activation: Activation;
  /** [batch, steps, inputs] */
  x: Float64Array;
  /** [kernelSize, inputs / groups, filters] */
  kernel: Float64Array;
  /** [filters] */
  bias: Float64Array | null;
}

export interface Conv1dGradients {
  kernel: Float64Array;
  bias: Float64Array;
  x: Float64Array;
}

const windowsOf = (p: Conv1dProblem): Windows => ({ ...p, size: p.kernelSize });

export const conv1dSteps = (p: Conv1dProblem): number => windowCount(windowsOf(p));

/** Calls `visit` for every product of the sum: the numbers of its output, input and weight. */
function products(p: Conv1dProblem, visit: (output: number, input: number, weight: number) => void): void {
  const windows = windowsOf(p);
  const count = windowCount(windows);
  const depth = p.inputs / p.groups;
  const perGroup = p.filters / p.groups;
  for (let n = 0; n < p.batch; n++)
    for (let w = 0; w < count; w++)
      for (let k = 0; k < p.kernelSize; k++) {
        const t = stepOf(windows, w, k);
        if (t === null) continue;
        for (let f = 0; f < p.filters; f++)
          for (let c = 0; c < depth; c++) {
            const feature = Math.floor(f / perGroup) * depth + c;
            visit(
              (n * count + w) * p.filters + f,
              (n * p.steps + t) * p.inputs + feature,
              (k * depth + c) * p.filters + f,
            );
          }
      }
}

function sums(p: Conv1dProblem): Float64Array {
  const a = new Float64Array(p.batch * conv1dSteps(p) * p.filters);
  if (p.bias) a.forEach((_, i) => (a[i] = p.bias![i % p.filters]!));
  products(p, (output, input, weight) => (a[output]! += p.x[input]! * p.kernel[weight]!));
  return a;
}

export function conv1dForward(p: Conv1dProblem): Float64Array {
  return activate(p.activation, sums(p), p.filters);
}

export function conv1dBackward(p: Conv1dProblem, dy: Float64Array): Conv1dGradients {
  const da = activateBackward(p.activation, sums(p), dy, p.filters);
  const result = {
    kernel: new Float64Array(p.kernel.length),
    bias: new Float64Array(p.filters),
    x: new Float64Array(p.x.length),
  };
  da.forEach((d, i) => (result.bias[i % p.filters]! += d));
  products(p, (output, input, weight) => {
    result.kernel[weight]! += p.x[input]! * da[output]!;
    result.x[input]! += p.kernel[weight]! * da[output]!;
  });
  return result;
}
