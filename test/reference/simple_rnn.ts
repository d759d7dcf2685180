// SPDX-License-Identifier: MIT
// Oracle: the simple recurrent layer in double, h_t = f(x_t W_x + b + h_{t-1} W_h), from
// keras/src/layers/rnn/simple_rnn.py. Twice: whole-batch matrix products per timestep, and as a cell of recurrent.ts, which
// knows masks, directions and dropout.
import { activate, activateBackward, type Activation } from './activations';
import { addTo, addToRows, multiply, sumOfRows, transpose } from './matrices';
import {
  addProduct,
  addProductBackward,
  inputFactors,
  recurrentFactors,
  type Cell,
  type Moment,
  type RecurrentProblem,
} from './recurrent';

export interface SimpleRnnProblem {
  batch: number;
  steps: number;
  inputs: number;
  units: number;
  activation: Activation;
  /** [batch, steps, inputs] */
  x: Float64Array;
  kernel: Float64Array;
  recurrentKernel: Float64Array;
  bias: Float64Array | null;
  /** [batch, units], or null for zeros. */
  initialState: Float64Array | null;
}

export interface SimpleRnnGradients {
  kernel: Float64Array;
  recurrentKernel: Float64Array;
  bias: Float64Array;
  x: Float64Array;
  initialState: Float64Array;
}

/** All states [batch, steps, units]. */
export function simpleRnnForward(p: SimpleRnnProblem): Float64Array {
  const states = new Float64Array(p.batch * p.steps * p.units);
  walk(p).forEach(({ after }, t) => putStep(states, after, t, p.steps, p.units));
  return states;
}

/** Gradients of sum(dStates * states) + sum(dLast * last state); null stands for zeros. */
export function simpleRnnBackward(
  p: SimpleRnnProblem,
  dStates: Float64Array | null,
  dLast: Float64Array | null,
): SimpleRnnGradients {
  const { batch, steps, inputs, units } = p;
  const result: SimpleRnnGradients = {
    kernel: new Float64Array(inputs * units),
    recurrentKernel: new Float64Array(units * units),
    bias: new Float64Array(units),
    x: new Float64Array(batch * steps * inputs),
    initialState: dLast ? dLast.slice() : new Float64Array(batch * units),
  };
  const walked = walk(p);
  for (let t = steps - 1; t >= 0; t--) {
    const { before, sums } = walked[t]!;
    const dh = result.initialState; // of the state after step t
    if (dStates) addTo(dh, takeStep(dStates, t, steps, units));
    const da = activateBackward(p.activation, sums, dh, units);
    const xt = takeStep(p.x, t, steps, inputs);
    addTo(result.kernel, multiply(transpose(xt, batch, inputs), da, inputs, batch, units));
    addTo(result.recurrentKernel, multiply(transpose(before, batch, units), da, units, batch, units));
    addTo(result.bias, sumOfRows(da, units));
    putStep(result.x, multiply(da, transpose(p.kernel, inputs, units), batch, units, inputs), t, steps, inputs);
    result.initialState = multiply(da, transpose(p.recurrentKernel, units, units), batch, units, units);
  }
  return result;
}

interface Step {
  before: Float64Array;
  sums: Float64Array;
  after: Float64Array;
}

function walk(p: SimpleRnnProblem): Step[] {
  const walked: Step[] = [];
  let before = p.initialState ?? new Float64Array(p.batch * p.units);
  for (let t = 0; t < p.steps; t++) {
    const xt = takeStep(p.x, t, p.steps, p.inputs);
    const sums = multiply(xt, p.kernel, p.batch, p.inputs, p.units);
    if (p.bias) addToRows(sums, p.bias);
    addTo(sums, multiply(before, p.recurrentKernel, p.batch, p.units, p.units));
    const after = activate(p.activation, sums, p.units);
    walked.push({ before, sums, after });
    before = after;
  }
  return walked;
}

function cellSums(p: RecurrentProblem, at: Moment): Float64Array {
  const a = p.bias ? p.bias.slice() : new Float64Array(p.units);
  addProduct(a, at.x, inputFactors(p, at.row, 0), p.kernel, p.units, 0);
  addProduct(a, at.before[0]!, recurrentFactors(p, at.row, 0), p.recurrentKernel, p.units, 0);
  return a;
}

export const simpleRnnCell: Cell = {
  gates: 1,
  states: 1,

  step(p, at) {
    return [activate(p.activation, cellSums(p, at), p.units)];
  },

  stepBackward(p, at, [dh], g) {
    const da = activateBackward(p.activation, cellSums(p, at), dh!, p.units);
    if (p.bias) addTo(g.bias, da);
    addProductBackward(da, at.x, inputFactors(p, at.row, 0), p.kernel, p.units, 0, g.kernel, g.x);
    const factors = recurrentFactors(p, at.row, 0);
    const [before, dBefore] = [at.before[0]!, g.before[0]!];
    addProductBackward(da, before, factors, p.recurrentKernel, p.units, 0, g.recurrentKernel, dBefore);
  },
};

/** Step t of every row of `sequence` [batch, steps, width], as [batch, width]. */
export function takeStep(sequence: Float64Array, t: number, steps: number, width: number): Float64Array {
  const batch = sequence.length / (steps * width);
  const part = new Float64Array(batch * width);
  for (let n = 0; n < batch; n++) {
    const begin = (n * steps + t) * width;
    part.set(sequence.subarray(begin, begin + width), n * width);
  }
  return part;
}

/** Writes `part` [batch, width] as step t of `sequence`. */
export function putStep(sequence: Float64Array, part: Float64Array, t: number, steps: number, width: number): void {
  for (let n = 0; n * width < part.length; n++) {
    sequence.set(part.subarray(n * width, (n + 1) * width), (n * steps + t) * width);
  }
}
