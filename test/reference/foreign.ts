// SPDX-License-Identifier: MIT
// test/golden/foreign.json: scenarios of other projects' tests (tools/golden/foreign.py), and the oracle's replay of them.
import type { Activation } from './activations';
import { bidirectionalForward, type MergeMode } from './bidirectional';
import { given, readGolden, type Packed } from './golden';
import { gruCell } from './gru';
import { lstmCell } from './lstm';
import { recurrentForward, type RecurrentProblem } from './recurrent';
import { simpleRnnCell } from './simple_rnn';

export interface Scenario {
  name: string;
  layer: 'SimpleRNN' | 'LSTM' | 'GRU';
  /** The layer's options by their names in the API; what is missing has its default. */
  options: {
    units: number;
    activation?: Activation;
    recurrentActivation?: Activation;
    useBias?: boolean;
    unitForgetBias?: boolean;
    resetAfter?: boolean;
    returnSequences?: boolean;
    goBackwards?: boolean;
    stateful?: boolean;
    unroll?: boolean;
    zeroOutputForMask?: boolean;
  };
  /** Of the layer wrapped in Bidirectional, otherwise null. */
  bidirectional: { mergeMode: MergeMode | null } | null;
  inputs: Packed;
  /** [N,T], 1 where a step counts. */
  mask: number[] | null;
  initialStates: Packed[] | null;
  weights: Packed[];
  /** Where the weights came from constant initializers: their values for kernel, recurrent kernel and bias. */
  constants: { forward: number[]; backward: number[] | null } | null;
  /** One call after the other with the same inputs: whether states are reset before, and output, then final states. */
  calls: { reset: boolean; results: Packed[] }[];
}

export const scenarios = (): Scenario[] => readGolden<{ scenarios: Scenario[] }>('foreign').scenarios;

/** Results of ONNX Runtime are of single precision, those of Keras here of double. */
export const isSinglePrecision = ({ name }: Scenario): boolean => name.startsWith('ONNX');

const CELLS = { SimpleRNN: simpleRnnCell, LSTM: lstmCell, GRU: gruCell };

/** For each call: the output, or both of a bidirectional layer that does not merge, then the final states. */
export function replay(scenario: Scenario): Float64Array[][] {
  const { layer, options, inputs, weights, bidirectional, initialStates, mask, calls } = scenario;
  const [batch, steps, features] = inputs.shape as [number, number, number];
  const cell = CELLS[layer];
  const problem = (weightsOf: Packed[], goBackwards: boolean, states: Float64Array[] | null): RecurrentProblem => {
    const [kernel, recurrentKernel, bias] = weightsOf.map(given);
    return {
      batch,
      steps,
      inputs: features,
      units: options.units,
      activation: options.activation ?? 'tanh',
      recurrentActivation: options.recurrentActivation ?? 'sigmoid',
      resetAfter: options.resetAfter ?? true,
      zeroOutputForMask: options.zeroOutputForMask ?? false,
      x: given(inputs),
      kernel: kernel!,
      recurrentKernel: recurrentKernel!,
      bias: bias ?? null,
      mask,
      goBackwards,
      initialStates: states,
    };
  };
  let states = initialStates?.map(given) ?? null;
  return calls.map(({ reset }) => {
    if (reset) states = null;
    const goBackwards = options.goBackwards ?? false;
    const returnSequences = options.returnSequences ?? false;
    let outputs: Float64Array[];
    let after: Float64Array[];
    if (bidirectional) {
      const half = weights.length / 2;
      const result = bidirectionalForward({
        mergeMode: bidirectional.mergeMode,
        returnSequences,
        forward: {
          cell,
          problem: problem(weights.slice(0, half), goBackwards, states && states.slice(0, cell.states)),
        },
        backward: {
          cell,
          problem: problem(weights.slice(half), !goBackwards, states && states.slice(cell.states)),
        },
      });
      outputs = result.outputs;
      after = result.states;
    } else {
      const result = recurrentForward(cell, problem(weights, goBackwards, states));
      outputs = [returnSequences ? result.outputs : result.last];
      after = result.states;
    }
    if (options.stateful) states = after;
    return [...outputs, ...after];
  });
}
