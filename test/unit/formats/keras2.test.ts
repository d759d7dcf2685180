// SPDX-License-Identifier: MIT
// What files of Keras 2 mean. Masked timesteps of a Bidirectional: Keras 2 repeats the last output there, tf.keras and Keras 3
// say zero. Layers of CuDNN: LSTM and GRU, whose weights lie otherwise. What Keras 2 computes is in test/golden/formats/keras2.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { codeOfAsync } from '../../support/error_code';
import { Dense, GRU, Input, loadModel, LSTM, Sequential } from '../../../lib';
import { asOfTensorflow, isOfTensorflow } from '../../../lib/formats/keras/older';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const golden = (name: string): string => path.join(__dirname, '../../golden/formats/keras2', name);
const GOLDEN = golden('bidirectional_masked.h5');
const ids = { data: Int32Array.of(3, 1, 0, 0, 0), shape: [1, 5] };

test('a model of Keras 2 is not written for Keras 3, which would compute something else', async () => {
  const model = await loadModel<Sequential>(GOLDEN);
  for (const end of ['.keras', '.h5']) expect(await codeOfAsync(model.save(at(`m${end}`)))).toBe('ERR_CONFIG');
});

test('it is in a file of this library what it was, and in a model that takes it over', async () => {
  const model = await loadModel<Sequential>(GOLDEN);
  const expected = await model.predict(ids);
  await model.save(at('m.safetensors'));
  const same = await loadModel(at('m.safetensors'));
  expect(await same.predict(ids)).toEqual(expected);
  model.add(new Dense(1));
  expect(expected.data.slice(2 * 8, 2 * 8 + 4)).toEqual(expected.data.slice(8, 8 + 4));
  expect(expected.data[2 * 8]).not.toBe(0);
});

test.each([
  ['2.2.4-tf', true],
  ['2.4.0', true],
  ['2.15.0', true],
  ['2.3.1', false],
  ['2.2.4', false],
  ['1.2.2', false],
  [undefined, false],
])('a file of version %s: tf.keras is %s', (version, expected) => {
  expect(isOfTensorflow(version)).toBe(expected);
});

test('in files of tf.keras masked timesteps are zero where a direction returns sequences', () => {
  const direction = (returns: boolean) => ({ zero_output_for_mask: false, return_sequences: returns });
  expect(asOfTensorflow({ layers: [{ config: direction(true) }, { config: direction(false) }] })).toEqual({
    layers: [{ config: { ...direction(true), zero_output_for_mask: true } }, { config: direction(false) }],
  });
});

test.each([
  ['cudnn_lstm.h5', () => new LSTM(4)],
  ['cudnn_gru.h5', () => new GRU(4)],
] as const)('weights of %s go into a layer that is none of CuDNN', async (name, layer) => {
  const expected = await loadModel(golden(name));
  const model = new Sequential([new Input([5, 3]), layer()]);
  await model.loadWeights(golden(name));
  expect(model.getWeights()).toEqual(expected.getWeights());
});

interface Step {
  readonly x: number[][];
  readonly y: number[][];
  readonly after: readonly unknown[];
  readonly iterations: number;
}
const { steps } = JSON.parse(readFileSync(golden('predictions.json'), 'utf8')) as { steps: Record<string, Step> };

test.each(Object.entries(steps))('%s: training goes on where it stopped', async (name, { x, y, after, iterations }) => {
  const model = await loadModel<Sequential>(golden(name));
  expect(model.optimizer!.iterations).toBe(iterations);
  await model.trainOnBatch(x, y);
  model.getWeights().forEach(({ data }, index) => {
    const expected = (after[index] as number[]).flat();
    data.forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 6));
  });
});

test('weights of CuDNN in a layer of another size are refused', async () => {
  const model = new Sequential([new Input([5, 3]), new LSTM(5)]);
  const before = model.getWeights();
  expect(await codeOfAsync(model.loadWeights(golden('cudnn_lstm.h5')))).toBe('ERR_SHAPE');
  expect(model.getWeights()).toEqual(before);
});
