// SPDX-License-Identifier: MIT
// Oracle: the dense layer in double, y = f(x W + b), from keras/src/layers/core/dense.py.
import { activate, activateBackward, type Activation } from './activations';
import { addToRows, multiply, sumOfRows, transpose } from './matrices';

export interface DenseProblem {
  rows: number;
  inputs: number;
  units: number;
  activation: Activation;
  x: Float64Array;
  kernel: Float64Array;
  bias: Float64Array | null;
}

export interface DenseGradients {
  kernel: Float64Array;
  bias: Float64Array;
  x: Float64Array;
}

export function denseForward(p: DenseProblem): Float64Array {
  return activate(p.activation, preActivations(p), p.units);
}

/** Gradients of sum(dy * y). */
export function denseBackward(p: DenseProblem, dy: Float64Array): DenseGradients {
  const da = activateBackward(p.activation, preActivations(p), dy, p.units);
  return {
    kernel: multiply(transpose(p.x, p.rows, p.inputs), da, p.inputs, p.rows, p.units),
    bias: sumOfRows(da, p.units),
    x: multiply(da, transpose(p.kernel, p.inputs, p.units), p.rows, p.units, p.inputs),
  };
}

function preActivations(p: DenseProblem): Float64Array {
  const a = multiply(p.x, p.kernel, p.rows, p.inputs, p.units);
  if (p.bias) addToRows(a, p.bias);
  return a;
}
