// SPDX-License-Identifier: MIT
// Outputs, loss and gradients of every recurrent layer against the oracle in double precision, over options, sizes
// around the blocks, masks and both directions. Tolerances as in gradients.test.ts.
import { OPTIMIZER_DEFAULTS } from '../../reference/optimizers';
import { drawFrom, type Draw } from '../../reference/random';
import { OracleSequential, type OracleLayer, type OracleRecurrent } from '../../reference/sequential';
import { engineGradients, engineModel, floats, ids, worstError } from './engine_model';

const TOLERANCE = 1e-4;
const OUTPUT_TOLERANCE = 1e-5;
const VOCABULARY = 23;
/** A float's half unit over the step of engineGradients. */
const RESOLUTION = 2 ** -24 / 1024;

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);

type Input = 'values' | 'tokens' | 'padded tokens' | 'masked tokens' | 'masked values';
type Options = Partial<Omit<OracleRecurrent, 'kind'>>;

const recurrent = (kind: OracleRecurrent['kind'], options: Options = {}): OracleRecurrent => ({
  kind,
  units: 5,
  activation: 'tanh',
  useBias: true,
  returnSequences: false,
  ...options,
});

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

async function check(layers: OracleLayer[], input: Input, seed: number, rows = 5, steps = 7): Promise<void> {
  const draw = drawFrom(seed);
  const features = 3;
  const isTokens = input.endsWith('tokens');
  const first: OracleLayer[] = isTokens
    ? [{ kind: 'embedding', inputDim: VOCABULARY, outputDim: features, maskZero: input === 'masked tokens' }]
    : input === 'masked values'
      ? [{ kind: 'masking', maskValue: 0 }]
      : [];
  const all: OracleLayer[] = [...first, ...layers, { kind: 'dense', units: 2, activation: 'linear', useBias: true }];
  const inputShape = isTokens ? [steps] : [steps, features];
  const oracle = new OracleSequential({
    inputShape,
    layers: all,
    loss: { kind: 'mean_squared_error', fromLogits: false },
    optimizer: OPTIMIZER_DEFAULTS.sgd,
  });
  oracle.setWeights(
    oracle.weightShapes.map(([fan, units], i) =>
      Float64Array.from(
        draw.normal(oracle.weights[i]!.length, units === undefined ? 0.2 : 0.9 / Math.sqrt(fan!)),
        Math.fround,
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
  const targetShape = outputs.length === rows * 2 ? [rows, 2] : [rows, outputs.length / rows / 2, 2];
  expect(worstError((await model.predict(given)).data, outputs)).toBeLessThan(OUTPUT_TOLERANCE);
  const got = await engineGradients(model, 'mse', given, floats(y, targetShape));
  expect(Math.abs(got.loss - wanted.loss)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted.loss)));
  got.weights.forEach((gradient, i) => {
    // A gradient is read from a weight: one that nearly vanishes is lost in the last bit of the weight.
    const resolution = RESOLUTION * largest(oracle.weights[i]!);
    expect(worstError(gradient, wanted.weights[i]!)).toBeLessThan(TOLERANCE + resolution / largest(wanted.weights[i]!));
  });
  model.dispose();
}

const KINDS = ['simple_rnn', 'lstm', 'gru'] as const;
const INPUTS: Input[] = ['values', 'tokens', 'padded tokens', 'masked tokens', 'masked values'];

const CELLS: [string, OracleRecurrent['kind'], Options][] = [
  ...KINDS.map((kind): [string, OracleRecurrent['kind'], Options] => [kind, kind, {}]),
  ['gru that resets before the product', 'gru', { resetAfter: false }],
  ['lstm without bias', 'lstm', { useBias: false }],
  ['gru without bias', 'gru', { useBias: false }],
  ['lstm of relu and hard_sigmoid', 'lstm', { activation: 'relu', recurrentActivation: 'hard_sigmoid' }],
  ['lstm of silu gates', 'lstm', { activation: 'softsign', recurrentActivation: 'silu' }],
  ['gru of gelu', 'gru', { activation: 'gelu', recurrentActivation: 'sigmoid' }],
  ['gru that resets before, of mish', 'gru', { activation: 'mish', resetAfter: false }],
  ['simple_rnn of silu', 'simple_rnn', { activation: 'silu' }],
];

describe.each(CELLS)('%s', (_, kind, options) => {
  describe.each(INPUTS)('%s', (input) => {
    test.each([
      ['the last output', { returnSequences: false }],
      ['all outputs', { returnSequences: true }],
      ['the last output backwards', { returnSequences: false, goBackwards: true }],
      ['the last output, zero where masked', { returnSequences: false, zeroOutputForMask: true }],
      ['all outputs, zero where masked', { returnSequences: true, zeroOutputForMask: true }],
    ])('%s', async (_name, more) => {
      await check([recurrent(kind, { ...options, ...more })], input, 100);
    });

    test('a stack of two', async () => {
      const below = recurrent(kind, { ...options, returnSequences: true });
      await check([below, recurrent(kind, { ...options, units: 4 })], input, 200);
    });
  });

  test.each([1, 7, 16, 17, 33, 48])('%d units', async (units) => {
    await check([recurrent(kind, { ...options, units })], 'tokens', 310 + units, 9, 5);
    await check([recurrent(kind, { ...options, units, returnSequences: true })], 'masked values', 400 + units, 13, 4);
  });

  test.each([1, 2, 3, 8, 31, 64])('%d rows', async (rows) => {
    await check([recurrent(kind, { ...options, units: 18 })], 'padded tokens', 500 + rows, rows, 9);
  });

  test('all outputs backwards, without masks', async () => {
    await check([recurrent(kind, { ...options, returnSequences: true, goBackwards: true })], 'values', 600);
    await check([recurrent(kind, { ...options, returnSequences: true, goBackwards: true })], 'tokens', 601);
  });
});

describe.each(KINDS)('both directions of %s', (kind) => {
  describe.each(INPUTS)('%s', (input) => {
    test.each(['concat', 'sum', 'mul', 'ave'] as const)('%s', async (mergeMode) => {
      for (const returnSequences of [false, true]) {
        const forward = recurrent(kind, { returnSequences });
        const backward = recurrent(kind, { returnSequences, goBackwards: true });
        await check([{ kind: 'bidirectional', mergeMode, forward, backward }], input, 700);
      }
    });
  });

  test('stacked, with a recurrent layer behind', async () => {
    const direction = (goBackwards: boolean) => recurrent(kind, { returnSequences: true, goBackwards, units: 6 });
    const both: OracleLayer = {
      kind: 'bidirectional',
      mergeMode: 'concat',
      forward: direction(false),
      backward: direction(true),
    };
    for (const input of INPUTS) await check([both, both, recurrent('lstm', { units: 4 })], input, 800);
  });
});
