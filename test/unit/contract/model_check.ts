// SPDX-License-Identifier: MIT
// Any stack of layers against the oracle in double precision: outputs, loss and gradients, on each kind of input.
import { OPTIMIZER_DEFAULTS } from '../../reference/optimizers';
import { drawFrom, type Draw } from '../../reference/random';
import { OracleSequential, type OracleLayer } from '../../reference/sequential';
import { engineGradients, engineModel, floats, ids, worstError } from './engine_model';

// As in gradients.test.ts.
const TOLERANCE = 1e-4;
const OUTPUT_TOLERANCE = 1e-5;
/** A float's half unit over the step of engineGradients. */
const RESOLUTION = 2 ** -24 / 1024;
const CANCELLED = 1e-2;
const VOCABULARY = 23;

export const INPUTS = ['values', 'tokens', 'padded tokens', 'masked tokens', 'masked values'] as const;
export type Input = (typeof INPUTS)[number];

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => (Number.isNaN(value) ? Infinity : Math.max(most, Math.abs(value))), 0);

/** Which steps count: prefixes, suffixes, holes, all and none. */
function drawMask(draw: Draw, rows: number, steps: number): Uint8Array {
  const mask = new Uint8Array(rows * steps).fill(1);
  for (let row = 0; row < rows; row++) {
    const kind = draw.integers(1, 0, 6)[0]!;
    const cut = draw.integers(1, 0, steps + 1)[0]!;
    for (let t = 0; t < steps; t++) {
      const hides =
        kind === 0 ? t < cut : kind === 1 ? t >= cut : kind === 2 ? draw.integers(1, 0, 2)[0] === 1 : kind === 3;
      if (hides) mask[row * steps + t] = 0;
    }
  }
  return mask;
}

function drawInput(draw: Draw, input: Input, rows: number, steps: number, features: number): ArrayLike<number> {
  const mask = drawMask(draw, rows, steps);
  if (input === 'values' || input === 'masked values') {
    const x = Float32Array.from(draw.normal(rows * steps * features));
    if (input === 'masked values') mask.forEach((counts, i) => counts || x.fill(0, i * features, (i + 1) * features));
    return x;
  }
  const x = draw.integers(rows * steps, 1, VOCABULARY);
  if (input === 'masked tokens') mask.forEach((counts, i) => counts || (x[i] = 0));
  if (input === 'padded tokens') {
    const zeros = draw.integers(rows, 0, steps + 1);
    for (let row = 0; row < rows; row++) x.fill(0, row * steps, row * steps + zeros[row]!);
  }
  return x;
}

/**
 * Compares the engine with the oracle on `layers`, after an Embedding where the input is of tokens or a Masking where it
 * is of masked values, and before a Dense.
 */
export async function checkModel(
  layers: OracleLayer[],
  input: Input,
  seed: number,
  rows = 5,
  steps = 7,
  features = 3,
): Promise<void> {
  const draw = drawFrom(seed);
  const isTokens = input.endsWith('tokens');
  const first: OracleLayer[] = isTokens
    ? [{ kind: 'embedding', inputDim: VOCABULARY, outputDim: features, maskZero: input === 'masked tokens' }]
    : input === 'masked values'
      ? [{ kind: 'masking', maskValue: 0 }]
      : [];
  const all: OracleLayer[] = [...first, ...layers, { kind: 'dense', units: 2, activation: 'linear', useBias: true }];
  const isNormalized = layers.some(({ kind }) => kind === 'batch_normalization');
  const inputShape = isTokens ? [steps] : [steps, features];
  const oracle = new OracleSequential({
    inputShape,
    layers: all,
    loss: { kind: 'mean_squared_error' },
    optimizer: OPTIMIZER_DEFAULTS.sgd,
  });
  oracle.setWeights(
    oracle.weightShapes.map(([fan, units], i) =>
      Float64Array.from(
        draw.normal(oracle.weights[i]!.length, units === undefined ? 0.2 : 0.9 / Math.sqrt(fan!)),
        // A moving variance is positive.
        (value) => Math.fround(isNormalized && units === undefined ? 0.1 + Math.abs(value) : value),
      ),
    ),
  );
  const x = drawInput(draw, input, rows, steps, features);
  const outputs = oracle.predict({ rows, x });
  const y = Float32Array.from(draw.normal(outputs.length));
  const wanted = oracle.gradients({ rows, x, y });

  const model = engineModel(inputShape, all, oracle.weights);
  const shape = [rows, ...inputShape];
  const given = isTokens ? ids(x, shape) : floats(x, shape);
  const targetShape = [rows, ...(model.outputShape!.slice(1) as number[])];
  expect(worstError((await model.predict(given)).data, outputs)).toBeLessThan(OUTPUT_TOLERANCE);
  const got = await engineGradients(model, 'mse', given, floats(y, targetShape));
  expect(Math.abs(got.loss - wanted.loss)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted.loss)));
  const sizes = wanted.weights.map(largest);
  // What cancels, as a bias before a normalization, leaves the rounding of what it is made of.
  const floor = CANCELLED * Math.max(...sizes);
  model.weights.forEach(({ name, trainable }, i) => {
    // What moving averages become is no gradient.
    if (name.startsWith('moving')) return;
    const expected = trainable ? wanted.weights[i]! : new Float64Array(wanted.weights[i]!.length);
    const apart = largest(expected.map((value, k) => value - got.weights[i]![k]!));
    // A gradient is read from a weight: one that nearly vanishes is lost in the last bit of the weight.
    const resolution = RESOLUTION * largest(oracle.weights[i]!);
    expect(apart).toBeLessThanOrEqual(TOLERANCE * Math.max(sizes[i]!, floor) + resolution);
  });
  model.dispose();
}
