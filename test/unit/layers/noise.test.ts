// SPDX-License-Identifier: MIT
// GaussianDropout: what is refused, the distribution of what it draws, and the way back. It is random: no oracle tells.
import * as lib from '../../../lib';
import { codeOf } from '../../support/error_code';

const { Dense, GaussianDropout, Input, NdArray, Sequential, SGD } = lib;
const [ROWS, STEPS, FEATURES] = [40, 6, 50];
const ones = (...shape: number[]): lib.NdArray =>
  new NdArray(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);

test.each<[string, () => unknown, string]>([
  ['no rate', () => new GaussianDropout(undefined as never), 'ERR_TYPE'],
  ['a negative rate', () => new GaussianDropout(-0.1), 'ERR_CONFIG'],
  ['a rate of 1', () => new GaussianDropout(1), 'ERR_CONFIG'],
  ['half a seed', () => new GaussianDropout(0.1, { seed: 0.5 }), 'ERR_CONFIG'],
  ['an unknown option', () => new GaussianDropout(0.1, { noiseShape: null } as never), 'ERR_UNKNOWN_OPTION'],
])('%s: refused', (_title, make, code) => {
  expect(codeOf(make)).toBe(code);
});

test('factors have the mean 1 and the deviation sqrt(rate / (1 - rate))', async () => {
  const x = ones(ROWS, STEPS, FEATURES);
  const { data } = await new GaussianDropout(0.2, { seed: 1 }).call(x, { training: true });
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  // 12000 draws: five deviations of the mean are 0.023, of the deviation 0.016.
  expect(Math.abs(mean - 1)).toBeLessThan(0.023);
  expect(Math.abs(deviation - 0.5)).toBeLessThan(0.016);
  expect(new Set(data).size).toBeGreaterThan(11000);
});

test('zero stays zero, the seed says which factors, and inference sees none', async () => {
  const x = ones(ROWS, STEPS, FEATURES);
  const inTraining = async (seed: number): Promise<unknown> =>
    (await new GaussianDropout(0.5, { seed }).call(x, { training: true })).data;
  expect(await inTraining(4)).toEqual(await inTraining(4));
  expect(await inTraining(4)).not.toEqual(await inTraining(5));
  expect((await new GaussianDropout(0.5).call(x)).data).toEqual(x.data);
  const zeros = new NdArray(new Float32Array(6), [2, 3]);
  expect([...(await new GaussianDropout(0.5).call(zeros, { training: true })).data].map(Math.abs)).toEqual([
    ...zeros.data,
  ]);
});

test('the gradient goes through the same factors, and steps draw anew', async () => {
  const around = [new Dense(FEATURES), new GaussianDropout(0.4, { seed: 2 }), new Dense(1, { useBias: false })];
  const model = new Sequential([new Input([STEPS, 1]), ...around]);
  model.compile({ optimizer: new SGD(1), loss: 'mean_absolute_error' });
  const before = [new Float32Array(FEATURES), new Float32Array(FEATURES).fill(1), new Float32Array(FEATURES).fill(1)];
  const far = new NdArray(new Float32Array(ROWS * STEPS).fill(1e6), [ROWS, STEPS, 1]);
  // All slopes of the loss are -1 / (rows * steps), so that each weight grows by the mean of its factors.
  const step = async (): Promise<number[][]> => {
    model.setWeights(before);
    await model.trainOnBatch(ones(ROWS, STEPS, 1), far);
    return model
      .getWeights()
      .slice(1)
      .map(({ data }) => [...data].map((value) => value - 1));
  };
  const [offset, kernel] = (await step()) as [number[], number[]];
  expect(new Set(kernel).size).toBeGreaterThan(FEATURES / 2);
  offset.forEach((value, feature) => expect(value).toBeCloseTo(kernel[feature]!, 5));
  expect((await step())[1]).not.toEqual(kernel);
});
