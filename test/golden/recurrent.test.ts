// SPDX-License-Identifier: MIT
// LSTM, GRU and Bidirectional against Keras through `layer.call`: masks of every form, directions, initial states.
import { Bidirectional, GRU, LSTM, SimpleRNN, type ArrayInput, type Layer, type NdArray } from '../../lib';
import type { Activation } from '../reference/activations';
import { expectClose } from '../reference/closeness';
import { given, readGolden, type Packed } from '../reference/golden';
import { floats } from '../unit/contract/engine_model';

// Single precision with polynomials for tanh and sigmoid, after a few steps of recurrence: some units of 6e-8.
const TOLERANCE = 2e-6;

const shaped = (packed: Packed): { data: Float32Array; shape: number[] } => floats(given(packed), packed.shape);

interface Case {
  units: number;
  returnSequences: boolean;
  goBackwards: boolean;
  resetAfter: boolean;
  inputs: Packed;
  mask: number[] | null;
  initialStates: Packed[] | null;
  weights: Packed[];
  /** Output, or both of a bidirectional layer that does not merge, then the final states. */
  results: Packed[];
}

async function expectResults(layer: Layer, { inputs, mask, initialStates, weights, results }: Case): Promise<void> {
  layer.build([...inputs.shape]);
  layer.setWeights(weights.map(shaped));
  const steps: ArrayInput | null = mask && { data: Uint8Array.from(mask), shape: inputs.shape.slice(0, 2) };
  const initialState = initialStates && initialStates.map(shaped);
  const got = await layer.call<NdArray[]>(shaped(inputs), { initialState, mask: steps });
  expect(got.map(({ shape }) => shape)).toEqual(results.map(({ shape }) => shape));
  results.forEach(({ data }, i) => expectClose(got[i]!.data, data, TOLERANCE));
}

describe.each([
  ['lstm', LSTM],
  ['gru', GRU],
] as const)('%s.json', (name, Class) => {
  type Gated = Case & {
    activation: Activation;
    recurrentActivation: Activation;
    useBias: boolean;
    zeroOutputForMask: boolean;
    inputDropout: Packed[] | null;
    recurrentDropout: Packed[] | null;
  };
  // Dropout masks cannot be handed in: those cases are for the oracle, test/reference/recurrent.test.ts.
  const cases = readGolden<{ cases: Gated[] }>(name).cases.filter((c) => !c.inputDropout && !c.recurrentDropout);

  test.each(cases.map((c, index) => [index, c] as const))(
    'case %i: output and states are those of Keras',
    async (_, c) => {
      const { units, activation, recurrentActivation, useBias, returnSequences, goBackwards, zeroOutputForMask } = c;
      const options = { activation, recurrentActivation, useBias, returnSequences, goBackwards, zeroOutputForMask };
      const more = name === 'gru' ? { resetAfter: c.resetAfter } : {};
      await expectResults(new Class(units, { ...options, ...more, returnState: true }), c);
    },
  );
});

describe('bidirectional.json', () => {
  type Both = Case & { cell: 'SimpleRNN' | 'LSTM' | 'GRU'; mergeMode: 'concat' | 'sum' | 'mul' | 'ave' | null };
  const { cases } = readGolden<{ cases: Both[] }>('bidirectional');
  const classes = { SimpleRNN, LSTM, GRU };

  test.each(cases.map((c, index) => [index, c.cell, c.mergeMode, c] as const))(
    'case %i, %s merged by %s: outputs and states are those of Keras',
    async (_, cell, mergeMode, c) => {
      const { units, returnSequences, goBackwards, resetAfter } = c;
      const child = (backwards: boolean): SimpleRNN | LSTM | GRU =>
        new classes[cell](units, {
          returnSequences,
          goBackwards: backwards,
          returnState: true,
          ...(cell === 'GRU' && { resetAfter }),
        });
      const backwardLayer = goBackwards ? child(false) : null;
      await expectResults(new Bidirectional(child(goBackwards), { mergeMode, backwardLayer }), c);
    },
  );
});
