// SPDX-License-Identifier: MIT
// Permute, Cropping1D, ZeroPadding1D, UpSampling1D and Slice: what is refused, shapes, ids, masks. Their arithmetic is in
// contract/moving_steps.test.ts and golden/joins.test.ts.
import * as lib from '../../../lib';
import { Model } from '../../../lib/models';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';
import type { Shape } from '../../../lib';

const { Cropping1D, Dense, Embedding, Input, LSTM, Masking, NdArray, Permute, Sequential, slice, Slice } = lib;
const { UpSampling1D, ZeroPadding1D } = lib;

beforeEach(() => lib.clearSession());

describe('misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['dims that are a number', () => new Permute(2 as never), 'ERR_TYPE'],
    ['no dims', () => new Permute([]), 'ERR_CONFIG'],
    ['dims from 0', () => new Permute([0, 1]), 'ERR_CONFIG'],
    ['an axis twice', () => new Permute([1, 1]), 'ERR_CONFIG'],
    ['three axes', () => new Permute([1, 2, 3]), 'ERR_CONFIG'],
    ['an axis that is a text', () => new Permute(['2', '1'] as never), 'ERR_CONFIG'],
    ['a negative crop', () => new Cropping1D(-1), 'ERR_CONFIG'],
    ['a crop of three sizes', () => new Cropping1D([1, 2, 3] as never), 'ERR_CONFIG'],
    ['a crop of half a timestep', () => new Cropping1D([1, 0.5]), 'ERR_CONFIG'],
    ['a crop that is a text', () => new Cropping1D('1' as never), 'ERR_TYPE'],
    ['a negative padding', () => new ZeroPadding1D([-1, 0]), 'ERR_CONFIG'],
    ['features first', () => new ZeroPadding1D(1, { dataFormat: 'channels_first' as never }), 'ERR_CONFIG'],
    ['a size of 0', () => new UpSampling1D(0), 'ERR_CONFIG'],
    ['a size that is a text', () => new UpSampling1D('2' as never), 'ERR_TYPE'],
    ['an unknown option', () => new UpSampling1D(2, { axis: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['a slice of nothing', () => new Slice({}), 'ERR_CONFIG'],
    ['a slice without options', () => new Slice(undefined as never), 'ERR_CONFIG'],
    ['an unknown axis', () => new Slice({ step: [0, 1] } as never), 'ERR_UNKNOWN_OPTION'],
    ['a range of no number', () => new Slice({ steps: [] as never }), 'ERR_CONFIG'],
    ['a range of four numbers', () => new Slice({ steps: [0, 1, 1, 1] as never }), 'ERR_CONFIG'],
    ['a range of texts', () => new Slice({ steps: ['0', '1'] as never }), 'ERR_TYPE'],
    ['a stride of 0', () => new Slice({ steps: [0, 4, 0] }), 'ERR_CONFIG'],
    ['half a timestep', () => new Slice({ steps: 0.5 }), 'ERR_CONFIG'],
    ['one feature', () => new Slice({ features: 1 as never }), 'ERR_TYPE'],
  ])('%s: refused', (_title, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test.each<[string, () => lib.Layer, Shape]>([
    ['Permute of vectors', () => new Permute([2, 1]), [null, 3]],
    ['Permute of unknown timesteps', () => new Permute([2, 1]), [null, null, 3]],
    ['Cropping1D of too few timesteps', () => new Cropping1D([2, 2]), [null, 4, 3]],
    ['ZeroPadding1D of too many axes', () => new ZeroPadding1D(1), [null, 4, 3, 2]],
    ['UpSampling1D of no axis', () => new UpSampling1D(2), [null]],
    ['Slice of no timestep', () => new Slice({ steps: [3, 3] }), [null, 5, 2]],
    ['Slice the wrong way round', () => new Slice({ steps: [3, 1] }), [null, 5, 2]],
    ['Slice of a timestep that is not there', () => new Slice({ steps: 5 }), [null, 5, 2]],
    ['Slice of a timestep that is not there, from the end', () => new Slice({ steps: -6 }), [null, 5, 2]],
    ['Slice of an id alone', () => new Slice({ steps: 0 }), [null, 5]],
    ['Slice of no feature', () => new Slice({ features: [2, null] }), [null, 5, 2]],
    ['Slice of unknown features', () => new Slice({ features: [0, 1] }), [null, 5, null]],
    ['Slice of both of vectors', () => new Slice({ steps: [0, 1], features: [0, 1] }), [null, 5]],
  ])('%s: refused', (_title, make, shape) => {
    const layer = make();
    expect(codeOf(() => layer.build(shape))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
  });

  test('timesteps of a vector of numbers, and features of ids', () => {
    const [numbers, ids] = [new Input([5], { dtype: 'float32' }), new Input([5], { dtype: 'int32' })];
    for (const layer of [new Cropping1D(1), new ZeroPadding1D(1), new UpSampling1D(2), new Slice({ steps: [0, 2] })])
      expect(codeOf(() => layer.apply(numbers))).toBe('ERR_SHAPE');
    expect(codeOf(() => slice(ids, { features: [0, 2] }))).toBe('ERR_CONFIG');
  });

  test('data with too few timesteps for a model of open timesteps', async () => {
    const make = (layer: lib.Layer): lib.Sequential => new Sequential([new Input([null, 2]), layer]);
    const data = new NdArray(new Float32Array(2 * 3 * 2), [2, 3, 2]);
    for (const layer of [new Cropping1D([1, 2]), new Slice({ steps: [3, null] }), new Slice({ steps: 3 })])
      expect(await codeOfAsync(make(layer).predict(data))).toBe('ERR_SHAPE');
  });

  test('messages say what is missing', () => {
    expect(messageOf(() => slice(new Input([4, 2]), { steps: 4, name: 's' }))).toBe(
      'Slice "s": expected input that has timestep 4, received (None, 4, 2).',
    );
    expect(messageOf(() => new Cropping1D(2, { name: 'c' }).apply(new Input([4, 2])))).toBe(
      'Cropping1D "c": expected input of which some timestep is left, received (None, 4, 2).',
    );
  });
});

describe('shapes', () => {
  test.each<[string, lib.Layer, Shape, Shape]>([
    ['Permute', new Permute([2, 1]), [null, 7, 3], [null, 3, 7]],
    ['Permute of nothing', new Permute([1, 2]), [null, null, 3], [null, null, 3]],
    ['Permute of ids', new Permute([1]), [null, null], [null, null]],
    ['Cropping1D', new Cropping1D(), [2, 7, 3], [2, 5, 3]],
    ['Cropping1D of ids', new Cropping1D([0, 2]), [null, 7], [null, 5]],
    ['ZeroPadding1D', new ZeroPadding1D(), [null, 7, 3], [null, 9, 3]],
    ['UpSampling1D', new UpSampling1D(), [null, 7, 3], [null, 14, 3]],
    ['UpSampling1D of any length', new UpSampling1D(), [null, null, 3], [null, null, 3]],
    ['Slice of a range', new Slice({ steps: [-3] }), [null, 7, 3], [null, 3, 3]],
    ['Slice with a stride', new Slice({ steps: [null, null, 3] }), [null, 7, 3], [null, 3, 3]],
    ['Slice turned round', new Slice({ steps: [null, 2, -2] }), [null, 7, 3], [null, 2, 3]],
    ['Slice of any length', new Slice({ steps: [1, -1] }), [null, null, 3], [null, null, 3]],
    ['Slice of a timestep', new Slice({ steps: -1 }), [null, null, 3], [null, 3]],
    ['Slice of features', new Slice({ features: [1, null] }), [null, null, 3], [null, null, 2]],
    ['Slice of a vector', new Slice({ features: [0, 2] }), [null, 3], [null, 2]],
    ['Slice of ids', new Slice({ steps: [0, 4] }), [null, 9], [null, 4]],
  ])('%s', (_title, layer, input, output) => {
    expect(layer.computeOutputShape(input)).toEqual(output);
  });

  test('an Input of two axes whose timesteps are moved is one of ids', async () => {
    const x = new Input([6]);
    const moved = new UpSampling1D(2).apply(new Cropping1D(1).apply(slice(x, { steps: [null, null, -1] })));
    expect([moved.shape, moved.dtype]).toEqual([[null, 8], 'int32']);
    const embedding = new Embedding(9, 1, { weights: [Float32Array.from({ length: 9 }, (_, id) => id)] });
    const model = new Model(x, embedding.apply(moved));
    expect([...(await model.predict([[1, 2, 3, 4, 5, 6]])).data]).toEqual([5, 5, 4, 4, 3, 3, 2, 2]);
    expect(await codeOfAsync(model.predict([[1, 2, 3, 4, 5, 9]]))).toBe('ERR_RANGE');
  });
});

describe('masks', () => {
  const steps = 4;
  const x = new NdArray(Float32Array.of(1, 0, 3, 4, 0, 6, 7, 0), [2, steps, 1]);

  /** Which timesteps behind a layer count: those of which an LSTM that only adds up knows. */
  async function counted(layer: lib.Layer): Promise<number[]> {
    const input = new Input([steps, 1]);
    // Masked timesteps are no longer zero.
    const shifted = new Dense(1, { kernelInitializer: 'zeros', biasInitializer: 'ones' }).apply(
      new Masking().apply(input),
    );
    const sum = new lib.SimpleRNN(1, {
      activation: 'linear',
      kernelInitializer: 'ones',
      recurrentInitializer: 'ones',
    }).apply(layer.apply(shifted));
    return [...(await new Model(input, sum).predict(x)).data];
  }

  test('a slice keeps that of what is left', async () => {
    expect(await counted(new Slice({ steps: [0, 3] }))).toEqual([2, 2]);
    expect(await counted(new Slice({ steps: [1, null] }))).toEqual([2, 2]);
    expect(await counted(new Slice({ steps: [3, null, -2] }))).toEqual([1, 1]);
    expect(await counted(new Slice({ features: [0, 1] }))).toEqual([3, 2]);
  });

  test('other layers end it, as in Keras', async () => {
    expect(await counted(new Cropping1D([0, 1]))).toEqual([3, 3]);
    expect(await counted(new UpSampling1D(2))).toEqual([8, 8]);
    expect(await counted(new ZeroPadding1D(1))).toEqual([4, 4]);
    expect(await counted(new Permute([1, 2]))).toEqual([4, 4]);
  });
});

test('bits do not depend on the number of threads', async () => {
  const { threads } = lib.cpuInfo();
  const train = async (count: number): Promise<Float32Array[]> => {
    lib.setThreads(count);
    lib.setRandomSeed(3);
    const model = new Sequential([
      new Input([20, 4]),
      new Masking(),
      new LSTM(6, { returnSequences: true }),
      new Slice({ steps: [1, null, 2], features: [0, 5] }),
      new ZeroPadding1D([2, 1]),
      new UpSampling1D(2),
      new Cropping1D([1, 3]),
      new Permute([2, 1]),
      new LSTM(5),
      new Dense(1),
    ]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const x = Float32Array.from({ length: 90 * 80 }, (_, i) => (i % 7 === 0 ? 0 : Math.sin(i)));
    const y = Float32Array.from({ length: 90 }, (_, i) => Math.cos(i));
    await model.fit(new NdArray(x, [90, 20, 4]), new NdArray(y, [90, 1]), { epochs: 2, verbose: 0 });
    return model.getWeights().map(({ data }) => data as Float32Array);
  };
  const [one, three] = [await train(1), await train(3)];
  lib.setThreads(threads);
  expect(three).toEqual(one);
});
