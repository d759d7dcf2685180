// SPDX-License-Identifier: MIT
import type { Activation } from './activations';
import { DIFFERENCE_TOLERANCE, expectClose, GOLDEN_TOLERANCE } from './closeness';
import { finiteDifferences } from './finite_differences';
import { describeGolden, given, readGolden, type Packed } from './golden';
import { drawFrom } from './random';
import { simpleRnnBackward, simpleRnnForward, takeStep, type SimpleRnnProblem } from './simple_rnn';

describe('simple_rnn oracle', () => {
  test.each(['tanh', 'sigmoid', 'linear', 'softsign'] as const)(
    '%s: gradients agree with finite differences',
    (activation) => {
      const draw = drawFrom(4);
      const [batch, steps, inputs, units] = [2, 4, 3, 5];
      const p = {
        batch,
        steps,
        inputs,
        units,
        activation,
        x: draw.normal(batch * steps * inputs),
        kernel: draw.normal(inputs * units, 0.5),
        recurrentKernel: draw.normal(units * units, 0.4),
        bias: draw.normal(units, 0.3),
        initialState: draw.normal(batch * units, 0.5),
      } satisfies SimpleRnnProblem;
      const r = draw.normal(batch * steps * units);
      const last = draw.normal(batch * units);
      const f = (): number => {
        const states = simpleRnnForward(p);
        const lastState = takeStep(states, steps - 1, steps, units);
        return (
          states.reduce((sum, v, i) => sum + v * r[i]!, 0) + lastState.reduce((sum, v, i) => sum + v * last[i]!, 0)
        );
      };
      const g = simpleRnnBackward(p, r, last);
      expectClose(g.kernel, finiteDifferences(f, p.kernel), DIFFERENCE_TOLERANCE);
      expectClose(g.recurrentKernel, finiteDifferences(f, p.recurrentKernel), DIFFERENCE_TOLERANCE);
      expectClose(g.bias, finiteDifferences(f, p.bias), DIFFERENCE_TOLERANCE);
      expectClose(g.x, finiteDifferences(f, p.x), DIFFERENCE_TOLERANCE);
      expectClose(g.initialState, finiteDifferences(f, p.initialState), DIFFERENCE_TOLERANCE);
    },
  );
});

describeGolden('simple_rnn', () => {
  type Modes<T> = Record<'sequence' | 'last', T>;
  interface Golden {
    cases: {
      n: number;
      t: number;
      c: number;
      units: number;
      activation: Activation;
      useBias: boolean;
      inputs: Packed;
      initialState: Packed | null;
      weights: Packed[];
      outputs: Modes<Packed>;
      r: Modes<Packed>;
      gradients: Modes<{ weights: Packed[]; inputs: Packed; initialState: Packed | null }>;
    }[];
  }

  test('outputs and gradients agree with Keras', () => {
    for (const c of readGolden<Golden>('simple_rnn').cases) {
      const p: SimpleRnnProblem = {
        batch: c.n,
        steps: c.t,
        inputs: c.c,
        units: c.units,
        activation: c.activation,
        x: given(c.inputs),
        kernel: given(c.weights[0]!),
        recurrentKernel: given(c.weights[1]!),
        bias: c.weights[2] ? given(c.weights[2]) : null,
        initialState: c.initialState ? given(c.initialState) : null,
      };
      const states = simpleRnnForward(p);
      expectClose(states, c.outputs.sequence.data, GOLDEN_TOLERANCE);
      expectClose(takeStep(states, c.t - 1, c.t, c.units), c.outputs.last.data, GOLDEN_TOLERANCE);
      for (const mode of ['sequence', 'last'] as const) {
        const r = given(c.r[mode]);
        const g = mode === 'sequence' ? simpleRnnBackward(p, r, null) : simpleRnnBackward(p, null, r);
        const expected = c.gradients[mode];
        expectClose(g.kernel, expected.weights[0]!.data, GOLDEN_TOLERANCE);
        expectClose(g.recurrentKernel, expected.weights[1]!.data, GOLDEN_TOLERANCE);
        if (p.bias) expectClose(g.bias, expected.weights[2]!.data, GOLDEN_TOLERANCE);
        expectClose(g.x, expected.inputs.data, GOLDEN_TOLERANCE);
        if (expected.initialState) expectClose(g.initialState, expected.initialState.data, GOLDEN_TOLERANCE);
      }
    }
  });
});
