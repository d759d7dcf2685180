// SPDX-License-Identifier: MIT
// Layers against Keras: outputs, and gradients for a loss that is linear in the outputs, through the public API.
import { simpleRnn, type ArrayInput } from '../../lib';
import type { Activation } from '../reference/activations';
import { given, readGolden, type Packed } from '../reference/golden';
import type { OracleLayer } from '../reference/sequential';
import { activationTolerance } from '../support/tolerances';
import { engineGradients, engineModel, floats, ids, worstError } from '../unit/contract/engine_model';

// Single precision with polynomials for tanh, sigmoid and exp, after a few steps of recurrence: some units of 6e-8.
const OUTPUT_TOLERANCE = 2e-6;
// Sums over rows and timesteps in single precision, relative to the largest entry, as in gradients.test.ts.
const GRADIENT_TOLERANCE = 1e-4;

const shaped = (packed: Packed): { data: Float32Array; shape: number[] } => floats(given(packed), packed.shape);

/** The gradient of sum(r * outputs): that of the mean squared error for targets half a slope away from the outputs. */
async function gradientsOf(
  inputShape: number[],
  layers: OracleLayer[],
  weights: Packed[],
  x: ArrayInput,
  r: Packed,
): Promise<Float64Array[]> {
  const model = engineModel(inputShape, layers, weights.map(given));
  const { data, shape } = await model.predict(x);
  expect(shape).toEqual(r.shape);
  const scale = data.length / 2;
  const targets = { data: data.map((value, i) => value - r.data[i]! * scale), shape };
  return (await engineGradients(model, 'mse', x, targets)).weights;
}

function expectGradients(actual: Float64Array[], expected: Packed[]): void {
  expected.forEach((gradient, i) => expect(worstError(actual[i]!, gradient.data)).toBeLessThan(GRADIENT_TOLERANCE));
}

interface LayerCase {
  inputs: Packed;
  weights: Packed[];
  outputs: Packed;
  r: Packed;
  gradients: { weights: Packed[] };
}

describe('simple_rnn.json', () => {
  interface Case extends Omit<LayerCase, 'outputs' | 'r' | 'gradients'> {
    t: number;
    c: number;
    units: number;
    activation: Activation;
    useBias: boolean;
    initialState: Packed | null;
    outputs: { sequence: Packed; last: Packed };
    r: { sequence: Packed; last: Packed };
    gradients: { sequence: { weights: Packed[] }; last: { weights: Packed[] } };
  }
  const { cases } = readGolden<{ cases: Case[] }>('simple_rnn');

  test.each(['sequence', 'last'] as const)(
    'simpleRnn gives the %s that Keras gives, from any initial state',
    async (of) => {
      for (const { inputs, initialState, weights, activation, outputs } of cases) {
        const [kernel, recurrentKernel, bias] = weights.map(shaped);
        const got = await simpleRnn(shaped(inputs), {
          kernel: kernel!,
          recurrentKernel: recurrentKernel!,
          bias: bias ?? null,
          initialState: initialState && shaped(initialState),
          activation,
          returnSequences: of === 'sequence',
        });
        expect(got.shape).toEqual(outputs[of].shape);
        expect(worstError(got.data, outputs[of].data)).toBeLessThan(OUTPUT_TOLERANCE);
      }
    },
  );

  test.each(['sequence', 'last'] as const)('a model of one layer gives the %s and its gradients', async (of) => {
    const fromZeros = cases.filter(({ initialState }) => initialState === null);
    expect(fromZeros.length).toBeGreaterThan(10);
    for (const { t, c, units, activation, useBias, inputs, weights, outputs, r, gradients } of fromZeros) {
      const layer: OracleLayer = { kind: 'simple_rnn', units, activation, useBias, returnSequences: of === 'sequence' };
      const model = engineModel([t, c], [layer], weights.map(given));
      const got = await model.predict(shaped(inputs));
      expect(worstError(got.data, outputs[of].data)).toBeLessThan(OUTPUT_TOLERANCE);
      expectGradients(await gradientsOf([t, c], [layer], weights, shaped(inputs), r[of]), gradients[of].weights);
    }
  });
});

describe('dense.json', () => {
  type Case = LayerCase & { units: number; activation: Activation; useBias: boolean };

  test('outputs and gradients are those of Keras, for vectors and for sequences', async () => {
    const { cases } = readGolden<{ cases: Case[] }>('dense');
    expect(new Set(cases.map(({ inputs }) => inputs.shape.length))).toEqual(new Set([2, 3]));
    for (const { units, activation, useBias, inputs, weights, outputs, r, gradients } of cases) {
      const layer: OracleLayer = { kind: 'dense', units, activation, useBias };
      const inputShape = inputs.shape.slice(1);
      const got = await engineModel(inputShape, [layer], weights.map(given)).predict(shaped(inputs));
      expect(got.shape).toEqual(outputs.shape);
      expect(worstError(got.data, outputs.data)).toBeLessThan(OUTPUT_TOLERANCE);
      expectGradients(await gradientsOf(inputShape, [layer], weights, shaped(inputs), r), gradients.weights);
    }
  });
});

describe('embedding.json', () => {
  test('rows are copied as they are, and their gradients summed where a token comes again', async () => {
    const { cases } = readGolden<{ cases: (LayerCase & { inputDim: number; outputDim: number })[] }>('embedding');
    for (const { inputDim, outputDim, inputs, weights, outputs, r, gradients } of cases) {
      const layer: OracleLayer = { kind: 'embedding', inputDim, outputDim };
      const x = ids(inputs.data, inputs.shape);
      const got = await engineModel(inputs.shape.slice(1), [layer], weights.map(given)).predict(x);
      expect(got.shape).toEqual(outputs.shape);
      expect(got.data).toEqual(Float32Array.from(outputs.data));
      expectGradients(await gradientsOf(inputs.shape.slice(1), [layer], weights, x, r), gradients.weights);
    }
  });
});

describe('activations.json', () => {
  const golden = readGolden<{
    inputs: number[];
    cases: { activation: Activation; outputs: number[]; slopes: number[] }[];
    rows: { activation: Activation; inputs: Packed; outputs: Packed; r: Packed; gradient: Packed }[];
  }>('activations');
  const { inputs, cases, rows } = golden;

  test.each(cases.map(({ activation }, index) => [activation, index] as const))(
    '%s and its slope agree at every point',
    async (activation, index) => {
      const { outputs, slopes } = cases[index]!;
      const count = inputs.length;
      const layers: OracleLayer[] = [
        { kind: 'dense', units: count, activation: 'linear', useBias: false },
        { kind: 'activation', activation },
      ];
      // One row of a single 1: the kernel is what the activation reads, and its gradient is the slope.
      const model = engineModel([1], layers, [inputs]);
      const x = floats([1], [1, 1]);
      const got = await model.predict(x);
      // The stated bound, and the nine digits that are printed.
      outputs.forEach((value, i) => {
        const tolerance = activationTolerance(activation, value, inputs[i]) + 5e-9 * Math.abs(value);
        expect(Math.abs(got.data[i]! - value)).toBeLessThanOrEqual(tolerance);
      });
      const targets = { data: got.data.map((value) => value - count / 2), shape: got.shape };
      const { weights } = await engineGradients(model, 'mse', x, targets);
      // Targets of exponential, up to 1e8, leave no room for half a slope beside the output.
      const exact = outputs.map((value) => Math.abs(value) < 100);
      // At the ends of these two Keras takes the slope of the inside, or the middle: their values do not tell.
      const isEnd = (at: number): boolean => ['hard_tanh', 'sparse_sigmoid'].includes(activation) && Math.abs(at) === 1;
      slopes.forEach((slope, i) => {
        if (exact[i] && !isEnd(inputs[i]!))
          expect(Math.abs(weights[0]![i]! - slope)).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(slope)));
      });
    },
  );

  test.each(rows.map(({ activation, inputs: x }, index) => [activation, x.shape, index] as const))(
    '%s of %j and its gradient agree over the last axis',
    async (activation, shape, index) => {
      const { inputs: x, outputs, r, gradient } = rows[index]!;
      const columns = shape.at(-1)!;
      const model = engineModel(shape.slice(1), [{ kind: 'activation', activation }], []);
      expect(worstError((await model.predict(shaped(x))).data, outputs.data)).toBeLessThan(OUTPUT_TOLERANCE);
      // Unit vectors through a Dense: its kernel is what the activation reads, row by row.
      const count = x.data.length / columns;
      const one = Float32Array.from({ length: count * count }, (_, i) => Number(i % (count + 1) === 0));
      const layers: OracleLayer[] = [
        { kind: 'dense', units: columns, activation: 'linear', useBias: false },
        { kind: 'activation', activation },
      ];
      const flat = { shape: [count, columns], data: r.data };
      const input = { data: one, shape: [count, count] };
      const [got] = await gradientsOf([count], layers, [{ shape: flat.shape, data: x.data }], input, flat);
      expect(worstError(got!, gradient.data)).toBeLessThan(GRADIENT_TOLERANCE);
    },
  );
});
