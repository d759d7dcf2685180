// SPDX-License-Identifier: MIT
// What other projects test of their recurrent layers, through `layer.call`: the operators of ONNX Runtime with random
// weights, and the settings of Keras' own unit tests (tools/golden/foreign.py).
import { Bidirectional, Constant, GRU, LSTM, SimpleRNN, type Layer, type NdArray } from '../../lib';
import { expectClose } from '../reference/closeness';
import { scenarios, type Scenario } from '../reference/foreign';
import { given, type Packed } from '../reference/golden';
import { floats } from '../unit/contract/engine_model';

// Single precision with polynomials for tanh and sigmoid on both sides, after a few steps of recurrence.
const TOLERANCE = 4e-6;

const shaped = (packed: Packed): { data: Float32Array; shape: number[] } => floats(given(packed), packed.shape);

const CLASSES = { SimpleRNN, LSTM, GRU };

/** The scenario's recurrent layer; with constant initializers where the scenario has them. */
function recurrentOf(
  { layer, options, calls, bidirectional }: Scenario,
  constants: number[] | null,
): SimpleRNN | LSTM | GRU {
  const { units, ...rest } = options;
  const results = calls[0]!.results.length;
  const outputs = bidirectional?.mergeMode === null ? 2 : 1;
  const [kernel, recurrent, bias] = constants ?? [];
  const initializers = constants && {
    kernelInitializer: new Constant(kernel!),
    recurrentInitializer: new Constant(recurrent!),
    biasInitializer: new Constant(bias!),
  };
  return new CLASSES[layer](units, { ...rest, ...initializers, returnState: results > outputs });
}

function layerOf(scenario: Scenario): Layer {
  const { bidirectional, constants, inputs, weights } = scenario;
  const recurrent = recurrentOf(scenario, constants && constants.forward);
  let layer: Layer = recurrent;
  if (bidirectional) {
    const second = constants?.backward ?? null;
    const backwards = { ...scenario, options: { ...scenario.options, goBackwards: true } };
    const backwardLayer = second && recurrentOf(backwards, second);
    layer = new Bidirectional(recurrent, { mergeMode: bidirectional.mergeMode, backwardLayer });
  }
  layer.build([...inputs.shape]);
  if (constants === null) layer.setWeights(weights.map(shaped));
  return layer;
}

describe('foreign.json', () => {
  const all = scenarios();

  test.each(all.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    const { inputs, mask, initialStates, weights, calls } = scenario;
    const layer = layerOf(scenario);
    // Constant initializers and unit forget bias make the weights that Keras makes.
    expect(layer.getWeights()).toHaveLength(weights.length);
    layer.getWeights().forEach(({ data, shape }, i) => expect({ data, shape }).toEqual(shaped(weights[i]!)));

    for (const { reset, results } of calls) {
      if (reset) layer.resetStates();
      const got = await layer.call<NdArray | NdArray[]>(shaped(inputs), {
        initialState: initialStates && initialStates.map(shaped),
        mask: mask && { data: Uint8Array.from(mask), shape: inputs.shape.slice(0, 2) },
      });
      const parts = Array.isArray(got) ? got : [got];
      expect(parts.map(({ shape }) => shape)).toEqual(results.map(({ shape }) => shape));
      results.forEach(({ data }, i) => expectClose(parts[i]!.data, data, TOLERANCE));
    }
  });

  test('states go on from call to call only where they should', () => {
    const stateful = all.filter(({ options }) => options.stateful);
    expect(stateful.length).toBeGreaterThanOrEqual(4);
    for (const { calls } of stateful) {
      const [first, second, third, fourth] = calls.map(({ results }) => results[0]!.data);
      expect(second).not.toEqual(first);
      expect(third).toEqual(first); // reset
      expect(fourth).toEqual(second);
    }
  });
});
