// SPDX-License-Identifier: MIT
// Oracle: the gated recurrent unit in double (Cho et al. 2014), from keras/src/layers/rnn/gru.py. Gates stand in the
// order z, r, h:
//   z, r = s(x W_g + b_g + h' U_g + b'_g),  h = z h' + (1 - z) n
//   n = tanh(x W_h + b_h + r (h' U_h + b'_h))  where it resets after the product (b' is the second row of the bias)
//   n = tanh(x W_h + b_h + (r h') U_h)         where it resets before (there is no b')
import { activate, activateBackward } from './activations';
import {
  addProduct,
  addProductBackward,
  inputFactors,
  recurrentBackward,
  recurrentFactors,
  recurrentForward,
  type Cell,
  type Moment,
  type MomentGradients,
  type RecurrentGradients,
  type RecurrentLoss,
  type RecurrentProblem,
  type RecurrentResult,
} from './recurrent';

const GATES = 3;
const CANDIDATE = 2;

/** x W_g + b_g */
function fromInputs(p: RecurrentProblem, at: Moment, gate: number): Float64Array {
  const begin = gate * p.units;
  const a = p.bias ? p.bias.slice(begin, begin + p.units) : new Float64Array(p.units);
  addProduct(a, at.x, inputFactors(p, at.row, gate), p.kernel, GATES * p.units, begin);
  return a;
}

/** v U_g + b'_g */
function fromState(p: RecurrentProblem, v: Float64Array, factors: Float64Array | null, gate: number): Float64Array {
  const begin = gate * p.units;
  const second = GATES * p.units + begin;
  const a = p.bias && p.resetAfter ? p.bias.slice(second, second + p.units) : new Float64Array(p.units);
  addProduct(a, v, factors, p.recurrentKernel, GATES * p.units, begin);
  return a;
}

const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, j) => value + b[j]!);
const times = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, j) => value * b[j]!);

function values(p: RecurrentProblem, at: Moment): Record<'az' | 'ar' | 'an' | 'z' | 'r' | 'n' | 'inner', Float64Array> {
  const before = at.before[0]!;
  const factors = (gate: number): Float64Array | null => recurrentFactors(p, at.row, gate);
  const az = sum(fromInputs(p, at, 0), fromState(p, before, factors(0), 0));
  const ar = sum(fromInputs(p, at, 1), fromState(p, before, factors(1), 1));
  const z = activate(p.recurrentActivation!, az, p.units);
  const r = activate(p.recurrentActivation!, ar, p.units);
  const inner = p.resetAfter
    ? fromState(p, before, factors(CANDIDATE), CANDIDATE)
    : fromState(p, times(r, before), factors(CANDIDATE), CANDIDATE);
  const an = sum(fromInputs(p, at, CANDIDATE), p.resetAfter ? times(r, inner) : inner);
  return { az, ar, an, z, r, n: activate(p.activation, an, p.units), inner };
}

/** Adjoint of {@link fromInputs}. */
function fromInputsBackward(p: RecurrentProblem, at: Moment, gate: number, d: Float64Array, g: MomentGradients): void {
  const begin = gate * p.units;
  if (p.bias) d.forEach((value, j) => (g.bias[begin + j]! += value));
  addProductBackward(d, at.x, inputFactors(p, at.row, gate), p.kernel, GATES * p.units, begin, g.kernel, g.x);
}

/** Adjoint of {@link fromState}; returns the gradient of `v`. */
function fromStateBackward(
  p: RecurrentProblem,
  v: Float64Array,
  factors: Float64Array | null,
  gate: number,
  d: Float64Array,
  g: MomentGradients,
): Float64Array {
  const begin = gate * p.units;
  const dv = new Float64Array(p.units);
  if (p.bias && p.resetAfter) d.forEach((value, j) => (g.bias[GATES * p.units + begin + j]! += value));
  addProductBackward(d, v, factors, p.recurrentKernel, GATES * p.units, begin, g.recurrentKernel, dv);
  return dv;
}

export const gruCell: Cell = {
  gates: GATES,
  states: 1,

  step(p, at) {
    const { z, n } = values(p, at);
    return [at.before[0]!.map((before, j) => z[j]! * before + (1 - z[j]!) * n[j]!)];
  },

  stepBackward(p, at, [dh], g) {
    const { units } = p;
    const before = at.before[0]!;
    const dBefore = g.before[0]!;
    const { az, ar, an, z, r, n, inner } = values(p, at);
    const factors = (gate: number): Float64Array | null => recurrentFactors(p, at.row, gate);
    const addBefore = (d: Float64Array): void => d.forEach((value, j) => (dBefore[j]! += value));

    addBefore(times(dh!, z));
    const dz = dh!.map((d, j) => d * (before[j]! - n[j]!));
    const dn = dh!.map((d, j) => d * (1 - z[j]!));
    const dan = activateBackward(p.activation, an, dn, units);
    fromInputsBackward(p, at, CANDIDATE, dan, g);
    let dr: Float64Array;
    if (p.resetAfter) {
      dr = times(dan, inner);
      addBefore(fromStateBackward(p, before, factors(CANDIDATE), CANDIDATE, times(dan, r), g));
    } else {
      const dReset = fromStateBackward(p, times(r, before), factors(CANDIDATE), CANDIDATE, dan, g);
      dr = times(dReset, before);
      addBefore(times(dReset, r));
    }
    [
      activateBackward(p.recurrentActivation!, az, dz, units),
      activateBackward(p.recurrentActivation!, ar, dr, units),
    ].forEach((da, gate) => {
      fromInputsBackward(p, at, gate, da, g);
      addBefore(fromStateBackward(p, before, factors(gate), gate, da, g));
    });
  },
};

/** `states`: h. */
export function gruForward(p: RecurrentProblem): RecurrentResult {
  return recurrentForward(gruCell, p);
}

export function gruBackward(p: RecurrentProblem, d: RecurrentLoss): RecurrentGradients {
  return recurrentBackward(gruCell, p, d);
}
