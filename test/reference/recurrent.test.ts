// SPDX-License-Identifier: MIT
import type { Activation } from './activations';
import {
  bidirectionalBackward,
  bidirectionalForward,
  type BidirectionalProblem,
  type MergeMode,
} from './bidirectional';
import { DIFFERENCE_TOLERANCE, DOUBLE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { gruCell } from './gru';
import { lstmCell } from './lstm';
import { drawFrom, type Draw } from './random';
import { recurrentBackward, recurrentForward, type Cell, type RecurrentLoss, type RecurrentProblem } from './recurrent';
import { simpleRnnBackward, simpleRnnCell, simpleRnnForward } from './simple_rnn';

const CELLS: [name: string, cell: Cell, resetAfter: boolean][] = [
  ['simple_rnn', simpleRnnCell, false],
  ['lstm', lstmCell, false],
  ['gru', gruCell, false],
  ['gru that resets after', gruCell, true],
];

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function problem(draw: Draw, cell: Cell, resetAfter: boolean, size: [number, number, number, number]) {
  const [batch, steps, inputs, units] = size;
  const columns = cell.gates * units;
  return {
    batch,
    steps,
    inputs,
    units,
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    resetAfter,
    x: draw.normal(batch * steps * inputs),
    kernel: draw.normal(inputs * columns, 0.5),
    recurrentKernel: draw.normal(units * columns, 0.4),
    bias: draw.normal((resetAfter ? 2 : 1) * columns, 0.3),
    initialStates: Array.from({ length: cell.states }, () => draw.normal(batch * units, 0.5)),
  } satisfies RecurrentProblem;
}

const VARIANTS: [name: string, options: (draw: Draw, cell: Cell) => Partial<RecurrentProblem>][] = [
  ['plain', () => ({})],
  ['without bias', () => ({ bias: null })],
  ['with other activations', () => ({ activation: 'softsign', recurrentActivation: 'tanh' })],
  ['backwards', () => ({ goBackwards: true })],
  ['with masks', () => ({ mask: [1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0] })],
  [
    'backwards with masks that zero the output',
    () => ({ mask: [1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0], zeroOutputForMask: true, goBackwards: true }),
  ],
  [
    'with dropout masks for each gate',
    (draw, cell) => ({
      inputDropout: Array.from({ length: cell.gates }, () => draw.uniform(3 * 2, 0, 2)),
      recurrentDropout: Array.from({ length: cell.gates }, () => draw.uniform(3 * 5, 0, 2)),
    }),
  ],
  ['with one dropout mask for all gates', (draw) => ({ inputDropout: [draw.uniform(3 * 2, 0, 2)] })],
];

describe.each(CELLS)('%s oracle', (_, cell, resetAfter) => {
  test.each(VARIANTS)('%s: gradients agree with finite differences', (_, options) => {
    const draw = drawFrom(40);
    const p: RecurrentProblem = { ...problem(draw, cell, resetAfter, [3, 4, 2, 5]), ...options(draw, cell) };
    const r = {
      outputs: draw.normal(3 * 4 * 5),
      last: draw.normal(3 * 5),
      states: p.initialStates!.map(() => draw.normal(3 * 5)),
    } satisfies RecurrentLoss;
    const f = (): number => {
      const { outputs, last, states } = recurrentForward(cell, p);
      return (
        dot(outputs, r.outputs) + dot(last, r.last) + states.reduce((s, state, i) => s + dot(state, r.states[i]!), 0)
      );
    };
    const g = recurrentBackward(cell, p, r);
    expectClose(g.kernel, finiteDifferences(f, p.kernel), DIFFERENCE_TOLERANCE);
    expectClose(g.recurrentKernel, finiteDifferences(f, p.recurrentKernel), DIFFERENCE_TOLERANCE);
    if (p.bias) expectClose(g.bias, finiteDifferences(f, p.bias), DIFFERENCE_TOLERANCE);
    expectClose(g.x, finiteDifferences(f, p.x), DIFFERENCE_TOLERANCE);
    g.initialStates.forEach((d, i) => expectClose(d, finiteDifferences(f, p.initialStates![i]!), DIFFERENCE_TOLERANCE));
  });

  test('masked steps could as well be left out of the row', () => {
    const draw = drawFrom(41);
    const p = problem(draw, cell, resetAfter, [1, 5, 2, 3]);
    const mask = [0, 1, 0, 1, 0];
    const kept = [1, 3];
    const short = { ...p, steps: 2, x: Float64Array.from(kept.flatMap((t) => [...p.x.subarray(2 * t, 2 * t + 2)])) };
    const full = recurrentForward(cell, { ...p, mask });
    const brief = recurrentForward(cell, short);
    full.states.forEach((state, i) => expectClose(state, brief.states[i]!, 0));
    // The output before the first step that counts is the initial state; later ones repeat the last.
    expectClose(
      full.outputs,
      [p.initialStates[0]!, brief.outputs.slice(0, 3), brief.outputs.slice(0, 3), brief.last, brief.last].flatMap(
        (v) => [...v],
      ),
      0,
    );
  });
});

describe('simple_rnn, written twice', () => {
  test.each([true, false])('the cell agrees with the products of whole batches, bias %s', (useBias) => {
    const draw = drawFrom(42);
    const p = problem(draw, simpleRnnCell, false, [3, 4, 2, 5]);
    const bias = useBias ? p.bias : null;
    const whole = { ...p, bias, initialState: p.initialStates[0]! };
    const [r, last] = [draw.normal(60), draw.normal(15)];
    expectClose(recurrentForward(simpleRnnCell, { ...p, bias }).outputs, simpleRnnForward(whole), DOUBLE_TOLERANCE);
    const g = recurrentBackward(simpleRnnCell, { ...p, bias }, { outputs: r, last });
    const expected = simpleRnnBackward(whole, r, last);
    expectClose(g.kernel, expected.kernel, DOUBLE_TOLERANCE);
    expectClose(g.recurrentKernel, expected.recurrentKernel, DOUBLE_TOLERANCE);
    if (useBias) expectClose(g.bias, expected.bias, DOUBLE_TOLERANCE);
    expectClose(g.x, expected.x, DOUBLE_TOLERANCE);
    expectClose(g.initialStates[0]!, expected.initialState, DOUBLE_TOLERANCE);
  });
});

describe('bidirectional oracle', () => {
  test.each<[MergeMode | null, boolean]>([
    ['concat', true],
    ['concat', false],
    ['sum', true],
    ['mul', true],
    ['mul', false],
    ['ave', false],
    [null, true],
  ])('merged by %s, sequences %s: gradients agree with finite differences', (mergeMode, returnSequences) => {
    const draw = drawFrom(43);
    const shared = { mask: [1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1], x: draw.normal(24) };
    const p: BidirectionalProblem = {
      mergeMode,
      returnSequences,
      forward: { cell: lstmCell, problem: { ...problem(draw, lstmCell, false, [3, 4, 2, 5]), ...shared } },
      backward: {
        cell: gruCell,
        problem: { ...problem(draw, gruCell, true, [3, 4, 2, 5]), ...shared, goBackwards: true },
      },
    };
    const { outputs, states } = bidirectionalForward(p);
    const dOutputs = outputs.map((output) => draw.normal(output.length));
    const dStates = states.map((state) => draw.normal(state.length));
    const f = (): number => {
      const now = bidirectionalForward(p);
      return [...now.outputs, ...now.states].reduce((sum, v, i) => sum + dot(v, [...dOutputs, ...dStates][i]!), 0);
    };
    const { forward, backward, x } = bidirectionalBackward(p, dOutputs, dStates);
    expectClose(x, finiteDifferences(f, shared.x), DIFFERENCE_TOLERANCE);
    for (const [g, child] of [
      [forward, p.forward.problem],
      [backward, p.backward.problem],
    ] as const) {
      expectClose(g.kernel, finiteDifferences(f, child.kernel), DIFFERENCE_TOLERANCE);
      expectClose(g.recurrentKernel, finiteDifferences(f, child.recurrentKernel), DIFFERENCE_TOLERANCE);
      expectClose(g.bias, finiteDifferences(f, child.bias!), DIFFERENCE_TOLERANCE);
      g.initialStates.forEach((d, i) =>
        expectClose(d, finiteDifferences(f, child.initialStates![i]!), DIFFERENCE_TOLERANCE),
      );
    }
  });
});

interface Measured {
  n: number;
  t: number;
  c: number;
  units: number;
  returnSequences: boolean;
  goBackwards: boolean;
  resetAfter: boolean;
  inputs: Packed;
  mask: number[] | null;
  initialStates: Packed[] | null;
  weights: Packed[];
  /** The output (or both of a bidirectional layer), then the final states. */
  results: Packed[];
  r: Packed[];
  gradients: { weights: Packed[]; inputs: Packed; initialStates: Packed[] | null };
}

const sizesOf = (c: Measured): Pick<RecurrentProblem, 'batch' | 'steps' | 'inputs' | 'units' | 'mask' | 'x'> => ({
  batch: c.n,
  steps: c.t,
  inputs: c.c,
  units: c.units,
  mask: c.mask,
  x: given(c.inputs),
});

function weightsOf(weights: Packed[]): Pick<RecurrentProblem, 'kernel' | 'recurrentKernel' | 'bias'> {
  const [kernel, recurrentKernel, bias] = weights.map(given);
  return { kernel: kernel!, recurrentKernel: recurrentKernel!, bias: bias ?? null };
}

describe.each([
  ['lstm', lstmCell],
  ['gru', gruCell],
] as const)('%s', (name, cell) => {
  interface Case extends Measured {
    activation: Activation;
    recurrentActivation: Activation;
    useBias: boolean;
    zeroOutputForMask: boolean;
    inputDropout: Packed[] | null;
    recurrentDropout: Packed[] | null;
  }

  describeGolden(name, () => {
    const { cases } = readGolden<{ cases: Case[] }>(name);
    test.each(cases.map((c, index) => [index, c] as const))(
      'case %i: outputs and gradients agree with Keras',
      (_, c) => {
        const p: RecurrentProblem = {
          ...sizesOf(c),
          ...weightsOf(c.weights),
          activation: c.activation,
          recurrentActivation: c.recurrentActivation,
          resetAfter: c.resetAfter,
          goBackwards: c.goBackwards,
          zeroOutputForMask: c.zeroOutputForMask,
          initialStates: c.initialStates?.map(given) ?? null,
          inputDropout: c.inputDropout?.map(given) ?? null,
          recurrentDropout: c.recurrentDropout?.map(given) ?? null,
        };
        const got = recurrentForward(cell, p);
        const results = [c.returnSequences ? got.outputs : got.last, ...got.states];
        results.forEach((result, i) => expectClose(result, c.results[i]!.data, GOLDEN_TOLERANCE));
        const [r, ...states] = c.r.map(given);
        const g = recurrentBackward(cell, p, { [c.returnSequences ? 'outputs' : 'last']: r, states });
        const weights = c.useBias ? [g.kernel, g.recurrentKernel, g.bias] : [g.kernel, g.recurrentKernel];
        expect(c.gradients.weights).toHaveLength(weights.length);
        weights.forEach((w, i) => expectClose(w, c.gradients.weights[i]!.data, GOLDEN_TOLERANCE));
        expectClose(g.x, c.gradients.inputs.data, GOLDEN_TOLERANCE);
        c.gradients.initialStates?.forEach((d, i) => expectClose(g.initialStates[i]!, d.data, GOLDEN_TOLERANCE));
      },
    );
  });
});

describeGolden('bidirectional', () => {
  interface Case extends Measured {
    cell: 'SimpleRNN' | 'LSTM' | 'GRU';
    mergeMode: MergeMode | null;
  }
  const { cases } = readGolden<{ cases: Case[] }>('bidirectional');
  const byName = { SimpleRNN: simpleRnnCell, LSTM: lstmCell, GRU: gruCell };

  test.each(cases.map((c, index) => [index, c.cell, c.mergeMode, c] as const))(
    'case %i, %s merged by %s: outputs and gradients agree with Keras',
    (_, __, mergeMode, c) => {
      const cell = byName[c.cell];
      const shared = {
        ...sizesOf(c),
        activation: 'tanh',
        recurrentActivation: 'sigmoid',
        resetAfter: c.resetAfter,
      } as const;
      const states = c.initialStates?.map(given);
      const p: BidirectionalProblem = {
        mergeMode,
        returnSequences: c.returnSequences,
        forward: {
          cell,
          problem: {
            ...shared,
            ...weightsOf(c.weights.slice(0, 3)),
            goBackwards: c.goBackwards,
            initialStates: states?.slice(0, cell.states) ?? null,
          },
        },
        backward: {
          cell,
          problem: {
            ...shared,
            ...weightsOf(c.weights.slice(3)),
            goBackwards: !c.goBackwards,
            initialStates: states?.slice(cell.states) ?? null,
          },
        },
      };
      const got = bidirectionalForward(p);
      const results = [...got.outputs, ...got.states];
      expect(c.results).toHaveLength(results.length);
      results.forEach((result, i) => expectClose(result, c.results[i]!.data, GOLDEN_TOLERANCE));
      const r = c.r.map(given);
      const g = bidirectionalBackward(p, r.slice(0, got.outputs.length), r.slice(got.outputs.length));
      [g.forward, g.backward].forEach((child, half) =>
        [child.kernel, child.recurrentKernel, child.bias].forEach((w, i) =>
          expectClose(w, c.gradients.weights[3 * half + i]!.data, GOLDEN_TOLERANCE),
        ),
      );
      expectClose(g.x, c.gradients.inputs.data, GOLDEN_TOLERANCE);
      c.gradients.initialStates?.forEach((d, i) =>
        expectClose([...g.forward.initialStates, ...g.backward.initialStates][i]!, d.data, GOLDEN_TOLERANCE),
      );
    },
  );
});
