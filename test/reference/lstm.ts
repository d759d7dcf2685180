// SPDX-License-Identifier: MIT
// Oracle: the long short-term memory in double (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
// 2000), from keras/src/layers/rnn/lstm.py. Gates stand in the order i, f, c, o:
//   a_g = x W_g + b_g + h' U_g,  i, f, o = s(a_i), s(a_f), s(a_o),  c = f c' + i tanh(a_c),  h = o tanh(c)
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
  type RecurrentGradients,
  type RecurrentLoss,
  type RecurrentProblem,
  type RecurrentResult,
} from './recurrent';

const GATES = 4;

function sums(p: RecurrentProblem, at: Moment): Float64Array[] {
  const { units } = p;
  return Array.from({ length: GATES }, (_, gate) => {
    const begin = gate * units;
    const a = p.bias ? p.bias.slice(begin, begin + units) : new Float64Array(units);
    addProduct(a, at.x, inputFactors(p, at.row, gate), p.kernel, GATES * units, begin);
    addProduct(a, at.before[0]!, recurrentFactors(p, at.row, gate), p.recurrentKernel, GATES * units, begin);
    return a;
  });
}

/** Gates and carry of one step. */
function values(
  p: RecurrentProblem,
  at: Moment,
): Record<'ai' | 'af' | 'ag' | 'ao' | 'i' | 'f' | 'g' | 'o' | 'c', Float64Array> {
  const [ai, af, ag, ao] = sums(p, at) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const [i, f, o] = [ai, af, ao].map((a) => activate(p.recurrentActivation!, a, p.units)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const g = activate(p.activation, ag, p.units);
  const c = at.before[1]!.map((before, j) => f[j]! * before + i[j]! * g[j]!);
  return { ai, af, ag, ao, i, f, g, o, c };
}

export const lstmCell: Cell = {
  gates: GATES,
  states: 2,

  step(p, at) {
    const { o, c } = values(p, at);
    const squashed = activate(p.activation, c, p.units);
    return [o.map((oj, j) => oj * squashed[j]!), c];
  },

  stepBackward(p, at, [dh, dcLater], gradients) {
    const { units } = p;
    const { ai, af, ag, ao, i, f, g, o, c } = values(p, at);
    const squashed = activate(p.activation, c, units);
    const dSquashed = dh!.map((d, j) => d * o[j]!);
    const dc = activateBackward(p.activation, c, dSquashed, units).map((d, j) => d + dcLater![j]!);
    const gate = (a: Float64Array, d: (j: number) => number): Float64Array =>
      activateBackward(
        p.recurrentActivation!,
        a,
        Float64Array.from(a, (_, j) => d(j)),
        units,
      );
    const da = [
      gate(ai, (j) => dc[j]! * g[j]!),
      gate(af, (j) => dc[j]! * at.before[1]![j]!),
      activateBackward(
        p.activation,
        ag,
        dc.map((d, j) => d * i[j]!),
        units,
      ),
      gate(ao, (j) => dh![j]! * squashed[j]!),
    ];
    dc.forEach((d, j) => (gradients.before[1]![j]! += d * f[j]!));
    da.forEach((d, index) => {
      const begin = index * units;
      const columns = GATES * units;
      if (p.bias) d.forEach((value, j) => (gradients.bias[begin + j]! += value));
      const fromInputs = inputFactors(p, at.row, index);
      addProductBackward(d, at.x, fromInputs, p.kernel, columns, begin, gradients.kernel, gradients.x);
      const [before, dBefore] = [at.before[0]!, gradients.before[0]!];
      const fromState = recurrentFactors(p, at.row, index);
      const { recurrentKernel } = gradients;
      addProductBackward(d, before, fromState, p.recurrentKernel, columns, begin, recurrentKernel, dBefore);
    });
  },
};

/** `states`: h, c. */
export function lstmForward(p: RecurrentProblem): RecurrentResult {
  return recurrentForward(lstmCell, p);
}

export function lstmBackward(p: RecurrentProblem, d: RecurrentLoss): RecurrentGradients {
  return recurrentBackward(lstmCell, p, d);
}
