// SPDX-License-Identifier: MIT
// The layers beside the recurrent ones: what is refused, what they say of shapes and weights, and what they do that no
// oracle tells, for it is random, or a matter of models. Their arithmetic is in contract/beside_gradients.test.ts.
import {
  Activation,
  ActivityRegularization,
  AveragePooling1D,
  BatchNormalization,
  clearSession,
  Conv1D,
  cpuInfo,
  Dense,
  Embedding,
  Flatten,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  Input,
  L1L2,
  LayerNormalization,
  LSTM,
  MaxPooling1D,
  NdArray,
  RepeatVector,
  Reshape,
  Sequential,
  setRandomSeed,
  setThreads,
  SGD,
  SpatialDropout1D,
  TimeDistributed,
  UnitNormalization,
  type Layer,
  type Shape,
} from '../../../lib';
import { drawFrom } from '../../reference/random';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';

beforeEach(() => {
  clearSession();
  setRandomSeed(3);
});

function random(seed: number, ...shape: number[]): NdArray {
  return new NdArray(Float32Array.from(drawFrom(seed).normal(shape.reduce((a, b) => a * b, 1))), shape);
}
const ones = (...shape: number[]) => new NdArray(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);

describe('misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['no filters', () => new Conv1D(undefined as never, 3), 'ERR_TYPE'],
    ['no kernel size', () => new Conv1D(4, undefined as never), 'ERR_TYPE'],
    ['a kernel of no tap', () => new Conv1D(4, 0), 'ERR_CONFIG'],
    ['a kernel of two axes', () => new Conv1D(4, [3, 3] as never), 'ERR_CONFIG'],
    ['strides of zero', () => new Conv1D(4, 3, { strides: 0 }), 'ERR_CONFIG'],
    ['strides with dilation', () => new Conv1D(4, 3, { strides: 2, dilationRate: 2 }), 'ERR_CONFIG'],
    ['filters that groups do not divide', () => new Conv1D(4, 3, { groups: 3 }), 'ERR_CONFIG'],
    ['an unknown padding', () => new Conv1D(4, 3, { padding: 'full' as never }), 'ERR_CONFIG'],
    ['features first', () => new Conv1D(4, 3, { dataFormat: 'channels_first' as never }), 'ERR_CONFIG'],
    ['an unknown option of a convolution', () => new Conv1D(4, 3, { stride: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['an unknown constraint', () => new Conv1D(4, 3, { kernelConstraint: 'tight' }), 'ERR_UNKNOWN_NAME'],
    ['causal pooling', () => new MaxPooling1D(2, { padding: 'causal' as never }), 'ERR_CONFIG'],
    ['pooling of nothing', () => new MaxPooling1D(0), 'ERR_CONFIG'],
    ['averages of no size', () => new AveragePooling1D(undefined as never), 'ERR_TYPE'],
    ['strides of zero in pooling', () => new AveragePooling1D(2, { strides: 0 }), 'ERR_CONFIG'],
    ['features first in pooling', () => new MaxPooling1D(2, { dataFormat: 'channels_first' as never }), 'ERR_CONFIG'],
    ['keepdims as a number', () => new GlobalMaxPooling1D({ keepdims: 1 as never }), 'ERR_TYPE'],
    ['a shape that is a number', () => new Reshape(4 as never), 'ERR_TYPE'],
    ['a shape of no axis', () => new Reshape([]), 'ERR_CONFIG'],
    ['a shape of four axes', () => new Reshape([2, 2, 2, 2]), 'ERR_CONFIG'],
    ['two axes left open', () => new Reshape([-1, -1]), 'ERR_CONFIG'],
    ['an axis of zero', () => new Reshape([0, 4]), 'ERR_CONFIG'],
    ['LayerNormalization over the batch', () => new LayerNormalization({ axis: 0 }), 'ERR_CONFIG'],
    ['BatchNormalization of two axes', () => new BatchNormalization({ axis: [1, 2] as never }), 'ERR_TYPE'],
    ['a negative epsilon', () => new LayerNormalization({ epsilon: -1 }), 'ERR_CONFIG'],
    ['a momentum above 1', () => new BatchNormalization({ momentum: 1.5 }), 'ERR_CONFIG'],
    ['renormalization', () => new BatchNormalization({ renorm: true as never }), 'ERR_CONFIG'],
    ['a rate of 1', () => new SpatialDropout1D(1), 'ERR_CONFIG'],
    ['no rate', () => new SpatialDropout1D(undefined as never), 'ERR_TYPE'],
    ['a seed of one half', () => new SpatialDropout1D(0.5, { seed: 0.5 }), 'ERR_CONFIG'],
    ['a negative deviation', () => new GaussianNoise(-0.1), 'ERR_CONFIG'],
    ['a deviation above 1, as in Keras', () => new GaussianNoise(1.1), 'ERR_CONFIG'],
    ['a negative penalty', () => new ActivityRegularization({ l1: -1 }), 'ERR_CONFIG'],
    ['an orthogonal output', () => new Conv1D(4, 3, { activityRegularizer: 'orthogonalRegularizer' }), 'ERR_CONFIG'],
    ['TimeDistributed of a batch', () => new TimeDistributed(new BatchNormalization()), 'ERR_CONFIG'],
  ])('%s: refused', (_, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test.each<[string, () => Layer, Shape]>([
    ['Conv1D of vectors', () => new Conv1D(4, 3), [null, 8]],
    ['Conv1D of unknown features', () => new Conv1D(4, 3), [null, 8, null]],
    ['Conv1D of features that groups do not divide', () => new Conv1D(4, 3, { groups: 2 }), [null, 8, 3]],
    ['Conv1D of fewer timesteps than its window', () => new Conv1D(4, 3, { dilationRate: 4 }), [null, 8, 2]],
    ['MaxPooling1D of fewer timesteps than its window', () => new MaxPooling1D(4), [null, 3, 2]],
    ['AveragePooling1D of vectors', () => new AveragePooling1D(2), [null, 3]],
    ['GlobalAveragePooling1D of vectors', () => new GlobalAveragePooling1D(), [null, 3]],
    ['SpatialDropout1D of vectors', () => new SpatialDropout1D(0.5), [null, 3]],
    ['Reshape to another size', () => new Reshape([5]), [null, 2, 3]],
    ['Reshape with a rest', () => new Reshape([-1, 4]), [null, 2, 3]],
    ['Reshape of unknown timesteps', () => new Reshape([-1, 4]), [null, null, 4]],
    ['LayerNormalization of unknown features', () => new LayerNormalization(), [null, 2, null]],
    ['BatchNormalization of no features', () => new BatchNormalization(), [null]],
    ['BatchNormalization of timesteps', () => new BatchNormalization({ axis: 1 }), [null, 2, 3]],
    ['LayerNormalization of an axis that is not there', () => new LayerNormalization({ axis: 3 }), [null, 2, 3]],
    ['UnitNormalization of timesteps', () => new UnitNormalization({ axis: 1 }), [null, 2, 3]],
  ])('%s: refused', (_, make, shape) => {
    const layer = make();
    expect(codeOf(() => layer.build(shape))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
  });

  test('a sequence that is too short says how long it must be', () => {
    expect(messageOf(() => new Conv1D(4, 5, { name: 'c' }).build([null, 4, 2]))).toBe(
      `Conv1D "c": expected input of at least 5 timesteps, received (None, 4, 2). ` +
        `Pad the sequences, or set padding: 'same'.`,
    );
  });

  test('a model of open timesteps refuses data that a window does not fit in', async () => {
    const model = new Sequential([new Input([null, 2]), new Conv1D(3, 4)]);
    expect((await model.predict(random(1, 2, 4, 2))).shape).toEqual([2, 1, 3]);
    expect(await codeOfAsync(model.predict(random(1, 2, 3, 2)))).toBe('ERR_SHAPE');
  });

  test('BatchNormalization takes no mask by itself: within a model it comes with the data', async () => {
    const call = new BatchNormalization().call(ones(2, 3, 4), { mask: ones(2, 3) });
    expect(await codeOfAsync(call)).toBe('ERR_CONFIG');
  });
});

describe('BatchNormalization without scale and center, which has no weight that is learned', () => {
  /** The moving moments after a step on 1 and 3, whose mean is 2 and whose variance is 1; at first they are 0 and 1. */
  async function momentsAfter(x: number[][], trainable: boolean): Promise<number[]> {
    const layer = new BatchNormalization({ center: false, scale: false, momentum: 0.5 });
    layer.trainable = trainable;
    const model = new Sequential([new Input([1]), layer]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.fit(x, [[0], [0]], { verbose: 0 });
    return model.getWeights().map(({ data }) => data[0]!);
  }

  test('learns its moments from batches', async () => {
    expect(await momentsAfter([[1], [3]], true)).toEqual([1, 1]);
    expect(await momentsAfter([[1], [5]], true)).toEqual([1.5, 2.5]);
  });

  test('keeps them where it is not trainable', async () => {
    expect(await momentsAfter([[1], [5]], false)).toEqual([0, 1]);
  });
});

describe('shapes', () => {
  test.each<[string, () => Layer, Shape, Shape]>([
    ['Conv1D', () => new Conv1D(5, 3), [null, 8, 2], [null, 6, 5]],
    ['Conv1D, sizes in arrays', () => new Conv1D(5, [3], { strides: [2] }), [null, 8, 2], [null, 3, 5]],
    ['Conv1D of open timesteps', () => new Conv1D(5, 3), [null, null, 2], [null, null, 5]],
    ['Conv1D, same', () => new Conv1D(5, 3, { padding: 'same', strides: 3 }), [null, 8, 2], [null, 3, 5]],
    ['Conv1D, causal', () => new Conv1D(5, 9, { padding: 'causal' }), [null, 8, 2], [null, 8, 5]],
    ['Conv1D, dilated', () => new Conv1D(5, 3, { dilationRate: 3 }), [null, 8, 2], [null, 2, 5]],
    ['MaxPooling1D', () => new MaxPooling1D(), [null, 7, 2], [null, 3, 2]],
    ['MaxPooling1D, same', () => new MaxPooling1D(2, { padding: 'same' }), [null, 7, 2], [null, 4, 2]],
    ['AveragePooling1D', () => new AveragePooling1D(3, { strides: 1 }), [null, null, 2], [null, null, 2]],
    [
      'LayerNormalization of the last axis by its number',
      () => new LayerNormalization({ axis: 2 }),
      [null, 7, 2],
      [null, 7, 2],
    ],
    [
      'UnitNormalization of the last axis by its number',
      () => new UnitNormalization({ axis: 1 }),
      [null, 7],
      [null, 7],
    ],
    ['GlobalMaxPooling1D', () => new GlobalMaxPooling1D(), [null, null, 2], [null, 2]],
    ['GlobalAveragePooling1D', () => new GlobalAveragePooling1D({ keepdims: true }), [4, 7, 2], [4, 1, 2]],
    ['Reshape of a sequence', () => new Reshape([-1]), [null, 7, 2], [null, 14]],
    ['Reshape of a vector', () => new Reshape([3, -1]), [null, 12], [null, 3, 4]],
    ['LayerNormalization', () => new LayerNormalization(), [null, null, 2], [null, null, 2]],
    ['BatchNormalization', () => new BatchNormalization(), [null, 2], [null, 2]],
    ['SpatialDropout1D', () => new SpatialDropout1D(0.5), [null, 7, 2], [null, 7, 2]],
    ['GaussianNoise', () => new GaussianNoise(0.5), [null, 2], [null, 2]],
    ['ActivityRegularization', () => new ActivityRegularization(), [null, 7, 2], [null, 7, 2]],
  ])('%s', (_, make, input, output) => {
    expect(make().computeOutputShape(input)).toEqual(output);
  });

  test('a model tells the shape of its output for any input', () => {
    const model = new Sequential([new Conv1D(4, 3), new MaxPooling1D(2), new LSTM(5, { returnSequences: true })]);
    expect(model.computeOutputShape([null, 10, 8])).toEqual([null, 4, 5]);
    expect(model.computeOutputShape([null, null, 8])).toEqual([null, null, 5]);
    expect(codeOf(() => model.computeOutputShape([null, 2, 8]))).toBe('ERR_SHAPE');
  });

  test.each([7, 12, 30])('a model of open timesteps takes %i of them', async (steps) => {
    const layers = [new Conv1D(4, 3), new MaxPooling1D(2), new LSTM(5, { returnSequences: true })];
    const model = new Sequential([new Input([null, 2]), ...layers, new Dense(3)]);
    const x = random(4, 5, steps, 2);
    const windows = Math.floor((steps - 2) / 2);
    expect((await model.predict(x)).shape).toEqual([5, windows, 3]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const first = await model.trainOnBatch<number>(x, ones(5, windows, 3));
    expect(await model.trainOnBatch<number>(x, ones(5, windows, 3))).toBeLessThan(first);
  });

  test('Reshape in a model without an input is built by its first data', async () => {
    const model = new Sequential([new Reshape([-1, 2])]);
    const { data, shape } = await model.predict(random(5, 3, 4, 3));
    expect(shape).toEqual([3, 6, 2]);
    expect(data).toEqual(random(5, 3, 4, 3).data);
  });
});

describe('weights', () => {
  test('Conv1D has a kernel for each group and a bias', () => {
    const layer = new Conv1D(6, 3, { groups: 2 });
    layer.build([null, null, 4]);
    expect(layer.weightSpecs.map(({ name, shape }) => [name, shape])).toEqual([
      ['kernel', [3, 2, 6]],
      ['bias', [6]],
    ]);
  });

  test('BatchNormalization has two weights that training moves and two that follow', () => {
    const layer = new BatchNormalization();
    layer.build([null, 3]);
    expect(layer.weightSpecs.map(({ name, trainable }) => [name, trainable])).toEqual([
      ['gamma', true],
      ['beta', true],
      ['movingMean', false],
      ['movingVariance', false],
    ]);
    expect(layer.getWeights().map(({ data }) => data[0])).toEqual([1, 0, 0, 1]);
    expect(layer.countParams()).toBe(12);
  });

  test('constraints of a convolution hold after a step', async () => {
    const layer = new Conv1D(4, 2, { kernelConstraint: 'nonNeg', biasConstraint: 'nonNeg' });
    const model = new Sequential([new Input([5, 3]), layer]);
    model.compile({ optimizer: new SGD(1), loss: 'mse' });
    await model.trainOnBatch(random(6, 7, 5, 3), random(7, 7, 4, 4));
    for (const { data } of layer.getWeights()) expect(Math.min(...data)).toBe(0);
  });
});

describe('BatchNormalization', () => {
  const x = random(8, 9, 4, 3);
  const y = random(9, 9, 4, 3);

  test('a frozen one infers in training, and its averages stay', async () => {
    const layer = new BatchNormalization({ trainable: false });
    const model = new Sequential([new Input([4, 3]), new Dense(3), layer]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const evaluated = await model.evaluate<number>(x, y, { verbose: 0 });
    expect(await model.trainOnBatch<number>(x, y)).toBeCloseTo(evaluated, 6);
    expect(layer.getWeights().map(({ data }) => [...data])).toEqual([
      [1, 1, 1],
      [0, 0, 0],
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  test('evaluate and predict read the averages and leave them', async () => {
    const layer = new BatchNormalization();
    const model = new Sequential([new Input([4, 3]), layer]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    await model.trainOnBatch(x, y);
    const [, , mean] = layer.getWeights();
    expect(mean!.data.every((value) => value !== 0)).toBe(true);
    await model.evaluate(x, y, { verbose: 0 });
    await model.predict(x);
    expect(layer.getWeights()[2]!.data).toEqual(mean!.data);
  });

  test('called by itself in training it normalizes the batch and leaves its weights', async () => {
    const layer = new BatchNormalization({ epsilon: 0 });
    const { data } = await layer.call(x, { training: true });
    for (let feature = 0; feature < 3; feature++) {
      const column = data.filter((_, i) => i % 3 === feature);
      const mean = column.reduce((a, b) => a + b, 0) / column.length;
      expect(mean).toBeCloseTo(0, 5);
      expect(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length).toBeCloseTo(1, 5);
    }
    expect(layer.getWeights()[2]!.data).toEqual(new Float32Array(3));
  });
});

describe('pooling', () => {
  test('the maximum of NaN is NaN', async () => {
    const x = new NdArray(Float32Array.of(1, NaN, 3, 4), [1, 4, 1]);
    expect([...(await new MaxPooling1D(2).call(x)).data]).toEqual([NaN, 4]);
    expect([...(await new GlobalMaxPooling1D().call(x)).data]).toEqual([NaN]);
  });

  test('timesteps that share the maximum of a row share its gradient', async () => {
    const embedding = new Embedding(3, 1, { weights: [Float32Array.of(1, 2, 2)] });
    const model = new Sequential([embedding, new GlobalMaxPooling1D()]);
    model.compile({ optimizer: new SGD(0.1), loss: 'mse' });
    await model.trainOnBatch([[0, 1, 2]], [[0]]);
    const [moved] = embedding.getWeights();
    // The gradient of (2 - 0)^2 is 4: half of it each, times the rate.
    [1, 1.8, 1.8].forEach((value, i) => expect(moved!.data[i]).toBeCloseTo(value, 6));
  });

  test('the average of a row without a timestep that counts is 0', async () => {
    const { data } = await new GlobalAveragePooling1D().call(random(1, 2, 3, 2), {
      mask: [
        [0, 0, 0],
        [0, 1, 0],
      ],
    });
    expect([...data]).toEqual([0, 0, ...random(1, 2, 3, 2).data.slice(8, 10)]);
  });
});

describe('noise', () => {
  const [rows, steps, features] = [40, 6, 50];
  const x = ones(rows, steps, features);

  test('SpatialDropout1D drops whole features of a row and makes up for them', async () => {
    const { data } = await new SpatialDropout1D(0.25, { seed: 1 }).call(x, { training: true });
    expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    let dropped = 0;
    for (let row = 0; row < rows; row++)
      for (let feature = 0; feature < features; feature++) {
        const at = (t: number): number => data[(row * steps + t) * features + feature]!;
        for (let t = 1; t < steps; t++) expect(at(t)).toBe(at(0));
        dropped += Number(at(0) === 0);
      }
    // 2000 draws: five deviations are 97.
    expect(Math.abs(dropped - 500)).toBeLessThan(97);
  });

  test('GaussianNoise has the mean and the deviation that it says', async () => {
    const { data } = await new GaussianNoise(0.5, { seed: 1 }).call(x, { training: true });
    const mean = data.reduce((a, b) => a + b, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    // 12000 draws: five deviations of the mean are 0.023, of the deviation 0.016.
    expect(Math.abs(mean - 1)).toBeLessThan(0.023);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.016);
    expect(new Set(data).size).toBeGreaterThan(11000);
  });

  test.each<[string, (seed: number) => Layer]>([
    ['SpatialDropout1D', (seed) => new SpatialDropout1D(0.5, { seed })],
    ['GaussianNoise', (seed) => new GaussianNoise(0.5, { seed })],
  ])('%s: the seed says which, and inference sees none', async (_, make) => {
    const inTraining = async (seed: number): Promise<Float32Array> =>
      (await make(seed).call(x, { training: true })).data as Float32Array;
    expect(await inTraining(4)).toEqual(await inTraining(4));
    expect(await inTraining(4)).not.toEqual(await inTraining(5));
    expect((await make(4).call(x)).data).toEqual(x.data);
  });

  /** What a step at targets far away moves: the offset before a layer, and the kernel after it. */
  function gradientsAround(layer: Layer): { step: () => Promise<[Float32Array, Float32Array]> } {
    const around = [new Dense(features), layer, new Dense(1, { useBias: false })];
    const model = new Sequential([new Input([steps, 1]), ...around]);
    model.compile({ optimizer: new SGD(1), loss: 'mean_absolute_error' });
    const before = [new Float32Array(features), new Float32Array(features).fill(1), new Float32Array(features).fill(1)];
    const far = new NdArray(new Float32Array(rows * steps).fill(1e6), [rows, steps, 1]);
    return {
      // All slopes of the loss are -1 / (rows * steps), so that each weight grows by the mean of its factors.
      step: async () => {
        model.setWeights(before);
        await model.trainOnBatch(ones(rows, steps, 1), far);
        const [, offset, kernel] = model.getWeights();
        return [offset!.data.map((value) => value - 1), kernel!.data.map((value) => value - 1)] as [
          Float32Array,
          Float32Array,
        ];
      },
    };
  }

  test('SpatialDropout1D: the gradient goes through the features that were kept, and steps draw anew', async () => {
    const { step } = gradientsAround(new SpatialDropout1D(0.5, { seed: 2 }));
    const [offset, kernel] = await step();
    expect(new Set(offset).size).toBeGreaterThan(5);
    offset.forEach((value, feature) => expect(value).toBeCloseTo(kernel[feature]!, 5));
    expect((await step())[1]).not.toEqual(kernel);
  });

  test('GaussianNoise: the gradient passes it by, and steps draw anew', async () => {
    const { step } = gradientsAround(new GaussianNoise(0.5, { seed: 2 }));
    const [offset, kernel] = await step();
    offset.forEach((value) => expect(value).toBeCloseTo(1, 5));
    expect(new Set(kernel).size).toBeGreaterThan(features / 2);
    expect((await step())[1]).not.toEqual(kernel);
  });
});

describe('penalties on outputs', () => {
  const x = random(12, 6, 5, 3);
  const y = random(13, 6, 5, 4);
  const loss = async (...layers: Layer[]): Promise<number> => {
    setRandomSeed(1);
    const model = new Sequential([new Input([5, 3]), ...layers]);
    const kernel = random(14, 3, 4);
    model.setWeights([kernel, new Float32Array(4)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model.evaluate<number>(x, y, { batchSize: 6, verbose: 0 });
  };

  test('are added to the loss, divided by the rows of the batch', async () => {
    const dense = new Dense(4);
    const plain = await loss(dense);
    const outputs = (await dense.call(x)).data;
    const l1 = outputs.reduce((sum, value) => sum + Math.abs(value), 0) / 6;
    const l2 = outputs.reduce((sum, value) => sum + value * value, 0) / 6;
    const penalized = await loss(new Dense(4), new ActivityRegularization({ l1: 0.01, l2: 0.02 }));
    expect(penalized - plain).toBeCloseTo(0.01 * l1 + 0.02 * l2, 5);
  });

  test('are the same as an option of the layer, which is no layer of the model', async () => {
    const activityRegularizer = new L1L2({ l1: 0.01, l2: 0.02 });
    const layer = new Dense(4, { activityRegularizer });
    const optional = await loss(layer);
    expect(optional).toBe(await loss(new Dense(4), new ActivityRegularization({ l1: 0.01, l2: 0.02 })));
    expect((await layer.call(x)).shape).toEqual([6, 5, 4]);
  });

  test('of a convolution and of an embedding are learnt from', async () => {
    const make = (activityRegularizer: string | null) => {
      setRandomSeed(2);
      const layers = [
        new Embedding(9, 4, { activityRegularizer, maskZero: true }),
        new LSTM(3, { returnSequences: true }),
        new Conv1D(3, 2, { activityRegularizer }),
        new Flatten(),
        new Dense(1),
      ];
      const model = new Sequential([new Input([4]), ...layers]);
      model.compile({ optimizer: new SGD(0.1), loss: 'mse' });
      return model;
    };
    const [free, held] = [make(null), make('l2')];
    const ids = new NdArray(Int32Array.of(1, 2, 3, 0, 4, 5, 6, 7), [2, 4]);
    for (let i = 0; i < 20; i++) for (const model of [free, held]) await model.trainOnBatch(ids, ones(2, 1));
    const size = (model: Sequential): number =>
      model.getWeights()[0]!.data.reduce((sum, value) => sum + value * value, 0);
    expect(size(held)).toBeLessThan(size(free));
  });
});

test('the bits of training do not depend on the number of threads', async () => {
  const { threads } = cpuInfo();
  const train = async (count: number): Promise<Float32Array[]> => {
    setThreads(count);
    setRandomSeed(17);
    const model = new Sequential([
      new Embedding(30, 9, { maskZero: true }),
      new LayerNormalization(),
      new SpatialDropout1D(0.2),
      new Conv1D(12, 3, { padding: 'same', groups: 3, activation: 'relu', activityRegularizer: 'l1' }),
      new BatchNormalization(),
      new MaxPooling1D(2, { strides: 1 }),
      new GaussianNoise(0.1),
      new AveragePooling1D(2),
      new GlobalMaxPooling1D(),
      new RepeatVector(3),
      new LSTM(6, { returnSequences: true }),
      new GlobalAveragePooling1D(),
      new Activation('tanh'),
      new Reshape([2, 3]),
      new Flatten(),
      new Dense(1),
    ]);
    const tokens = new NdArray(drawFrom(18).integers(90 * 25, 0, 30), [90, 25]);
    model.build([null, 25]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(tokens, random(19, 90, 1), { epochs: 2, batchSize: 40, verbose: 0 });
    return model.getWeights().map(({ data }) => data as Float32Array);
  };
  const [one, three] = [await train(1), await train(3)];
  setThreads(threads);
  expect(three).toEqual(one);
});
