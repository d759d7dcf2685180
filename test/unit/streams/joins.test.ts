// SPDX-License-Identifier: MIT
// Streams of models that join, slice and rescale: a step gives what predict gives on the sequence so far.
import * as lib from '../../../lib';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { codeOf } from '../../support/error_code';
import { lastSteps } from './cases';
import type { SymbolicTensor } from '../../../lib/graph/symbolic_tensor';

const { add, average, concatenate, Dense, ELU, Embedding, Input, LeakyReLU, LSTM, Masking, maximum, minimum } = lib;
const { multiply, Normalization, PReLU, ReLU, Rescaling, slice, Softmax, subtract, UnitNormalization } = lib;

const [ROWS, STEPS, FEATURES] = [3, 6, 4];
const sequences = { returnSequences: true } as const;
/** float32 sums in another order, through some layers. */
const CLOSE = 2e-6;

/** A mask of its own for each half of the features. */
const halves = (x: SymbolicTensor): [SymbolicTensor, SymbolicTensor] => [
  new LSTM(5, sequences).apply(new Masking().apply(slice(x, { features: [0, 2] }))),
  new Dense(5).apply(new Masking().apply(slice(x, { features: [2, null] }))),
];

const MODELS: Record<string, (x: SymbolicTensor) => SymbolicTensor> = {
  'a residual sum': (x) => new Dense(2).apply(add([x, new LSTM(FEATURES, sequences).apply(x)])),
  'a difference of branches': (x) =>
    new LSTM(3).apply(subtract([new LSTM(5, sequences).apply(x), new Dense(5).apply(x)])),
  'a product of masked branches': (x) => multiply(halves(x)),
  'a mean of masked branches': (x) => new LSTM(3).apply(average(halves(x))),
  'a maximum of masked branches': (x) => new Dense(2).apply(maximum(halves(x))),
  'a minimum of masked branches, behind which a layer skips': (x) => new LSTM(3).apply(minimum(halves(x))),
  'branches side by side': (x) => new LSTM(3).apply(concatenate([x, ...halves(x)])),
  'a product with one feature': (x) => multiply([x, slice(x, { features: [1, 2] })]),
  'one tensor twice': (x) => add([x, x]),
  'activations with parameters': (x) =>
    new PReLU({ sharedAxes: [1] }).apply(
      new ELU({ alpha: 0.4 }).apply(
        new LeakyReLU().apply(new Dense(6).apply(new ReLU({ threshold: 0.1, negativeSlope: 0.3 }).apply(x))),
      ),
    ),
  normalizations: (x) =>
    new Softmax().apply(
      new UnitNormalization().apply(
        new Normalization({ invert: true }).apply(new Rescaling(0.5, { offset: [1, 2, 3, 4] }).apply(x)),
      ),
    ),
};

function input(): Float32Array {
  const x = Float32Array.from(drawFrom(3).normal(ROWS * STEPS * FEATURES));
  // Halves of timesteps, and whole ones, that are masked.
  for (let i = 0; i < ROWS * STEPS; i++) {
    if (i % 3 === 0) x.fill(0, i * FEATURES, i * FEATURES + 2);
    if (i % 4 === 0) x.fill(0, i * FEATURES + 2, (i + 1) * FEATURES);
  }
  return x;
}

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(5);
});

test.each(Object.entries(MODELS))('%s', async (_name, build) => {
  const x = new Input([null, FEATURES]);
  const model = new Model(x, build(x));
  model.setWeights(
    model
      .getWeights()
      .map(({ data, shape }, w) => ({ data: data.map((value, i) => value + 0.1 * Math.sin(i + w)), shape })),
  );
  const data = input();
  const group = model.openStreams(ROWS);
  for (let end = 1; end <= STEPS; end++) {
    const prefix = data.filter((_, i) => Math.floor(i / FEATURES) % STEPS < end);
    const wanted = lastSteps(await model.predict({ data: prefix, shape: [ROWS, end, FEATURES] }));
    const got = group.step(data.filter((_, i) => Math.floor(i / FEATURES) % STEPS === end - 1));
    expect(got).toHaveLength(wanted.length);
    wanted.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThan(CLOSE * Math.max(1, Math.abs(value))));
  }
});

test.each<[string, (x: SymbolicTensor) => SymbolicTensor, RegExp]>([
  ['timesteps that are joined', (x) => concatenate([x, x], 1, { name: 'c' }), /Concatenate "c".*joins timesteps/],
  ['timesteps that are moved', (x) => slice(x, { steps: [1, null], name: 's' }), /Slice "s".*moves timesteps/],
  ['timesteps that become features', (x) => new lib.Permute([2, 1]).apply(x), /Permute.*whole sequence/],
  ['slopes for each timestep', (x) => new PReLU().apply(x), /PReLU.*each timestep/],
  ['moments of each timestep', (x) => new Normalization({ axis: 1 }).apply(x), /Normalization.*each timestep/],
  ['shares of timesteps', (x) => new Softmax({ axis: 1 }).apply(x), /Softmax.*whole sequence/],
])('%s: refused by name, with the reason', (_name, build, message) => {
  const x = new Input([6, 4]);
  const model = new Model(x, build(x));
  expect(codeOf(() => model.openStream())).toBe('ERR_CONFIG');
  expect(() => model.openStream()).toThrow(message);
});

test('tokens, their branches and their mask', async () => {
  const x = new Input([null], { dtype: 'int32' });
  const words = new Embedding(9, 5, { maskZero: true }).apply(x);
  const model = new Model(x, maximum([words, new LSTM(5, sequences).apply(words)]));
  const ids = Int32Array.of(1, 0, 3, 0, 0, 5, 6, 7);
  const group = model.openStreams(2);
  for (let end = 1; end <= 4; end++) {
    const prefix = ids.filter((_, i) => i % 4 < end);
    const wanted = lastSteps(await model.predict({ data: prefix, shape: [2, end] }));
    group.step(ids.filter((_, i) => i % 4 === end - 1)).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
  }
});
