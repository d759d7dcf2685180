// SPDX-License-Identifier: MIT
// Oracle: what all recurrent layers share, row by row and step by step in double, from keras/src/layers/rnn/rnn.py and
// keras/src/backend/jax/rnn.py. A cell (simple_rnn.ts, lstm.ts, gru.ts) gives one step and its derivative.
import type { Activation } from './activations';

export interface RecurrentProblem {
  batch: number;
  steps: number;
  inputs: number;
  units: number;
  activation: Activation;
  /** Of the gates of an LSTM or a GRU. */
  recurrentActivation?: Activation;
  /** GRU: reset after the product. */
  resetAfter?: boolean;
  /** [batch, steps, inputs] */
  x: Float64Array;
  /** [inputs, gates * units], gates in Keras' order. */
  kernel: Float64Array;
  /** [units, gates * units] */
  recurrentKernel: Float64Array;
  /** [gates * units]; of a GRU that resets after the product [2, gates * units]. */
  bias: Float64Array | null;
  /** One [batch, units] per state, or null for zeros. */
  initialStates?: Float64Array[] | null;
  /** [batch, steps], 0 where a step is masked; null for none. */
  mask?: ArrayLike<number> | null;
  goBackwards?: boolean;
  zeroOutputForMask?: boolean;
  /** Factors [batch, inputs] of the inputs at every step: one for all gates, or one per gate. */
  inputDropout?: Float64Array[] | null;
  /** Factors [batch, units] of the state at every step, one per gate. */
  recurrentDropout?: Float64Array[] | null;
}

export interface RecurrentResult {
  /** [batch, steps, units] in the order in which steps were processed. */
  outputs: Float64Array;
  /** [batch, units]: the output of the last step that counts in the order of processing. */
  last: Float64Array;
  /** One [batch, units] per state, after the last step. */
  states: Float64Array[];
}

/** What is differentiated: the sum of the products of these with the results of the same names. */
export interface RecurrentLoss {
  outputs?: Float64Array | null;
  last?: Float64Array | null;
  states?: Float64Array[] | null;
}

export interface RecurrentGradients {
  kernel: Float64Array;
  recurrentKernel: Float64Array;
  bias: Float64Array;
  x: Float64Array;
  initialStates: Float64Array[];
}

/** One row at one step: its input [inputs] and the states before the step, [units] each. */
export interface Moment {
  row: number;
  x: Float64Array;
  before: Float64Array[];
}

/** What a step adds to: gradients of the weights, of this step's input and of the states before it. */
export interface MomentGradients {
  kernel: Float64Array;
  recurrentKernel: Float64Array;
  bias: Float64Array;
  x: Float64Array;
  before: Float64Array[];
}

export interface Cell {
  gates: number;
  states: number;
  /** The states after the step; the first is the output. */
  step(p: RecurrentProblem, at: Moment): Float64Array[];
  /** Adds the gradients, given those of the states after the step. */
  stepBackward(p: RecurrentProblem, at: Moment, dAfter: Float64Array[], g: MomentGradients): void;
}

const masked = (p: RecurrentProblem, row: number, t: number): boolean =>
  p.mask !== null && p.mask !== undefined && !p.mask[row * p.steps + t];

/** The timestep that is processed as number `s`. */
const timestep = (p: RecurrentProblem, s: number): number => (p.goBackwards ? p.steps - 1 - s : s);

const part = (array: Float64Array, index: number, width: number): Float64Array =>
  array.subarray(index * width, (index + 1) * width);

export function recurrentForward(cell: Cell, p: RecurrentProblem): RecurrentResult {
  const { batch, steps, units } = p;
  const result = {
    outputs: new Float64Array(batch * steps * units),
    last: new Float64Array(batch * units),
    states: Array.from({ length: cell.states }, () => new Float64Array(batch * units)),
  };
  for (let row = 0; row < batch; row++) {
    const { after, outputs } = walk(cell, p, row);
    outputs.forEach((output, s) => result.outputs.set(output, (row * steps + s) * units));
    result.last.set(after[0]!, row * units);
    after.forEach((state, i) => result.states[i]!.set(state, row * units));
  }
  return result;
}

export function recurrentBackward(cell: Cell, p: RecurrentProblem, d: RecurrentLoss): RecurrentGradients {
  const { batch, steps, inputs, units } = p;
  const result: RecurrentGradients = {
    kernel: new Float64Array(p.kernel.length),
    recurrentKernel: new Float64Array(p.recurrentKernel.length),
    bias: new Float64Array(p.bias?.length ?? 0),
    x: new Float64Array(batch * steps * inputs),
    initialStates: Array.from({ length: cell.states }, () => new Float64Array(batch * units)),
  };
  for (let row = 0; row < batch; row++) {
    const { moments } = walk(cell, p, row);
    let dAfter = Array.from({ length: cell.states }, (_, i) =>
      d.states ? part(d.states[i]!, row, units).slice() : new Float64Array(units),
    );
    for (let j = 0; d.last && j < units; j++) dAfter[0]![j]! += d.last[row * units + j]!;
    for (let s = steps - 1; s >= 0; s--) {
      const t = timestep(p, s);
      // The output is the first state, unless the step is masked and its output 0.
      if (d.outputs && !(masked(p, row, t) && p.zeroOutputForMask))
        for (let j = 0; j < units; j++) dAfter[0]![j]! += d.outputs[(row * steps + s) * units + j]!;
      if (masked(p, row, t)) continue; // the states before are those after
      const before = dAfter.map(() => new Float64Array(units));
      cell.stepBackward(p, moments[s]!, dAfter, { ...result, x: part(result.x, row * steps + t, inputs), before });
      dAfter = before;
    }
    dAfter.forEach((state, i) => result.initialStates[i]!.set(state, row * units));
  }
  return result;
}

interface Walked {
  moments: Moment[];
  outputs: Float64Array[];
  after: Float64Array[];
}

function walk(cell: Cell, p: RecurrentProblem, row: number): Walked {
  const walked: Walked = {
    moments: [],
    outputs: [],
    after: Array.from({ length: cell.states }, (_, i) =>
      p.initialStates ? part(p.initialStates[i]!, row, p.units) : new Float64Array(p.units),
    ),
  };
  for (let s = 0; s < p.steps; s++) {
    const t = timestep(p, s);
    const moment = { row, x: part(p.x, row * p.steps + t, p.inputs), before: walked.after };
    const skipped = masked(p, row, t);
    if (!skipped) walked.after = cell.step(p, moment);
    walked.moments.push(moment);
    walked.outputs.push(skipped && p.zeroOutputForMask ? new Float64Array(p.units) : walked.after[0]!);
  }
  return walked;
}

/** Factors of the inputs of a row on their way to a gate; null for none. */
export function inputFactors(p: RecurrentProblem, row: number, gate: number): Float64Array | null {
  if (!p.inputDropout) return null;
  return part(p.inputDropout.length === 1 ? p.inputDropout[0]! : p.inputDropout[gate]!, row, p.inputs);
}

/** Factors of the state of a row on its way to a gate; null for none. */
export function recurrentFactors(p: RecurrentProblem, row: number, gate: number): Float64Array | null {
  return p.recurrentDropout ? part(p.recurrentDropout[gate]!, row, p.units) : null;
}

/**
 * sums_j += sum_i v_i f_i M_ij, for the columns of one gate: `matrix` has rows of `columns` elements, of which the
 * gate's begin at `begin`. `factors` null stands for ones.
 */
export function addProduct(
  sums: Float64Array,
  v: Float64Array,
  factors: Float64Array | null,
  matrix: Float64Array,
  columns: number,
  begin: number,
): void {
  for (let j = 0; j < sums.length; j++)
    for (let i = 0; i < v.length; i++) sums[j]! += v[i]! * (factors?.[i] ?? 1) * matrix[i * columns + begin + j]!;
}

/** The adjoint of {@link addProduct}: dM_ij += v_i f_i d_j and dv_i += f_i sum_j d_j M_ij. */
export function addProductBackward(
  d: Float64Array,
  v: Float64Array,
  factors: Float64Array | null,
  matrix: Float64Array,
  columns: number,
  begin: number,
  dMatrix: Float64Array,
  dv: Float64Array,
): void {
  for (let i = 0; i < v.length; i++)
    for (let j = 0; j < d.length; j++) {
      const factor = factors?.[i] ?? 1;
      dMatrix[i * columns + begin + j]! += v[i]! * factor * d[j]!;
      dv[i]! += factor * d[j]! * matrix[i * columns + begin + j]!;
    }
}
