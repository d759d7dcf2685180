// SPDX-License-Identifier: MIT
// Activations with parameters, and normalizations by what is known: what is refused, weights, what is learnt, and what no
// oracle tells. Their arithmetic is in contract/parametric.test.ts and golden/joins.test.ts.
import * as lib from '../../../lib';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';
import type { Shape } from '../../../lib';

const { Dense, ELU, Input, LeakyReLU, NdArray, Normalization, PReLU, ReLU, Rescaling, Sequential, SGD, Softmax } = lib;
const { UnitNormalization } = lib;

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(9);
});

const random = (seed: number, ...shape: number[]): lib.NdArray =>
  new NdArray(Float32Array.from(drawFrom(seed).normal(shape.reduce((a, b) => a * b, 1))), shape);

describe('misuse', () => {
  test.each<[string, () => unknown, string]>([
    ['an axis that is a text', () => new Softmax({ axis: '1' as never }), 'ERR_TYPE'],
    ['several axes of a softmax', () => new Softmax({ axis: [1, 2] as never }), 'ERR_TYPE'],
    ['a negative limit', () => new ReLU({ maxValue: -1 }), 'ERR_CONFIG'],
    ['a negative slope', () => new ReLU({ negativeSlope: -0.1 }), 'ERR_CONFIG'],
    ['no slope', () => new ReLU({ negativeSlope: null as never }), 'ERR_TYPE'],
    ['a negative threshold', () => new ReLU({ threshold: -1 }), 'ERR_CONFIG'],
    ['an infinite threshold', () => new ReLU({ threshold: Infinity }), 'ERR_CONFIG'],
    ['a negative leak', () => new LeakyReLU({ negativeSlope: -1 }), 'ERR_CONFIG'],
    ["Keras 2's name of the leak", () => new LeakyReLU({ alpha: 0.2 } as never), 'ERR_UNKNOWN_OPTION'],
    ['an alpha that is no number', () => new ELU({ alpha: NaN }), 'ERR_CONFIG'],
    ['an unknown initializer', () => new PReLU({ alphaInitializer: 'zeroes' }), 'ERR_UNKNOWN_NAME'],
    ['the axis of the batch', () => new PReLU({ sharedAxes: [0] }), 'ERR_CONFIG'],
    ['an axis from the end', () => new PReLU({ sharedAxes: -1 }), 'ERR_CONFIG'],
    ['UnitNormalization over the batch', () => new UnitNormalization({ axis: 0 }), 'ERR_CONFIG'],
    ['no scale', () => new Rescaling(undefined as never), 'ERR_TYPE'],
    ['an empty scale', () => new Rescaling([]), 'ERR_CONFIG'],
    ['a scale with a hole', () => new Rescaling([1, NaN]), 'ERR_CONFIG'],
    ['an offset that is a text', () => new Rescaling(1, { offset: '1' as never }), 'ERR_TYPE'],
    ['the axis of the batch in Normalization', () => new Normalization({ axis: 0 }), 'ERR_CONFIG'],
    ['an axis twice', () => new Normalization({ axis: [1, 1] }), 'ERR_CONFIG'],
    ['a mean without a variance', () => new Normalization({ mean: 1 }), 'ERR_CONFIG'],
    ['a variance without a mean', () => new Normalization({ variance: 1 }), 'ERR_CONFIG'],
    ['a negative variance', () => new Normalization({ mean: [0, 0], variance: [1, -1] }), 'ERR_CONFIG'],
    ['a mean that is no number', () => new Normalization({ mean: [NaN], variance: [1] }), 'ERR_CONFIG'],
    ['a mean that is a text', () => new Normalization({ mean: 'a' as never, variance: 1 }), 'ERR_TYPE'],
    ['mean and variance of two shapes', () => new Normalization({ mean: [1, 2], variance: 1 }), 'ERR_SHAPE'],
    ['a mean of two axes for one', () => new Normalization({ mean: [[1, 2]], variance: [[1, 2]] }), 'ERR_SHAPE'],
    ['a mean of one axis for none', () => new Normalization({ axis: null, mean: [1], variance: [1] }), 'ERR_SHAPE'],
    ['an inversion by a number', () => new Normalization({ invert: 1 as never }), 'ERR_TYPE'],
  ])('%s: refused', (_title, make, code) => {
    expect(codeOf(make)).toBe(code);
  });

  test.each<[string, () => lib.Layer, Shape]>([
    ['Softmax of no axis', () => new Softmax(), [null]],
    ['Softmax over the batch', () => new Softmax({ axis: -2 }), [null, 3]],
    ['Softmax over an axis that is not there', () => new Softmax({ axis: 2 }), [null, 3]],
    ['Softmax over unknown timesteps', () => new Softmax({ axis: 1 }), [null, null, 3]],
    ['PReLU of unknown timesteps', () => new PReLU(), [null, null, 3]],
    ['PReLU of unknown features', () => new PReLU({ sharedAxes: [1] }), [null, 4, null]],
    ['PReLU shared along an axis that is not there', () => new PReLU({ sharedAxes: [2] }), [null, 3]],
    ['Rescaling of other features', () => new Rescaling([1, 2]), [null, 3]],
    ['Rescaling with an offset of other features', () => new Rescaling(1, { offset: [1, 2] }), [null, 5, 3]],
    ['Normalization over an axis that is not there', () => new Normalization({ axis: 2 }), [null, 3]],
    ['Normalization of unknown features', () => new Normalization(), [null, 4, null]],
    ['Normalization of unknown timesteps', () => new Normalization({ axis: [1, 2] }), [null, null, 3]],
    [
      'Normalization by a mean of other features',
      () => new Normalization({ mean: [1, 2], variance: [1, 1] }),
      [null, 3],
    ],
    ['UnitNormalization of no axis', () => new UnitNormalization(), [null]],
  ])('%s: refused', (_title, make, shape) => {
    const layer = make();
    expect(codeOf(() => layer.build(shape))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
  });

  test.each<[string, () => unknown, string]>([
    ['a mask of another width', () => new Softmax().apply(new Input([3]), { mask: new Input([2]) }), 'ERR_SHAPE'],
    ['a mask of timesteps', () => new Softmax().apply(new Input([4, 3]), { mask: new Input([4]) }), 'ERR_SHAPE'],
    ['an array for a mask', () => new Softmax().apply(new Input([3]), { mask: [1, 0, 1] as never }), 'ERR_TYPE'],
    [
      'ids for a mask',
      () => new Softmax().apply(new Input([3]), { mask: new Input([3], { dtype: 'int32' }) }),
      'ERR_CONFIG',
    ],
    [
      'a mask of a layer that reads none',
      () => new ReLU().apply(new Input([3]), { mask: new Input([3]) }),
      'ERR_CONFIG',
    ],
  ])('%s: refused', (_title, apply, code) => {
    expect(codeOf(apply)).toBe(code);
  });

  test('a mask over the timesteps, when the model is made', () => {
    const [x, mask] = [new Input([4, 3]), new Input([4, 3])];
    const model = new Model([x, mask], new Softmax({ axis: 1 }).apply(x, { mask }));
    expect(codeOf(() => model.nativeModel())).toBe('ERR_CONFIG');
  });

  test('a message says what would help', () => {
    expect(messageOf(() => new PReLU({ name: 'p' }).build([null, null, 3]))).toBe(
      'PReLU "p": expected input whose axis 1 is known, received (None, None, 3). Share the slopes along it: sharedAxes: [1].',
    );
  });
});

describe('weights and shapes', () => {
  const shapes = (layer: lib.Layer, input: Shape): unknown[] => {
    layer.build(input);
    return layer.weightSpecs.map(({ name, shape, trainable }) => [name, shape, trainable]);
  };

  test('PReLU has one slope for each element, or for those that share none', () => {
    expect(shapes(new PReLU(), [null, 5, 3])).toEqual([['alpha', [5, 3], true]]);
    expect(shapes(new PReLU({ sharedAxes: [1] }), [null, null, 3])).toEqual([['alpha', [1, 3], true]]);
    expect(shapes(new PReLU({ sharedAxes: 1 }), [null, 3])).toEqual([['alpha', [1], true]]);
    const layer = new PReLU();
    layer.build([null, 5, 3]);
    expect(codeOf(() => layer.build([null, 6, 3]))).toBe('ERR_SHAPE');
  });

  test('Normalization has weights that nothing trains, or none where its mean is given', () => {
    const three = (shape: number[]): unknown[] => [
      ['mean', shape, false],
      ['variance', shape, false],
      ['count', [1], false],
    ];
    expect(shapes(new Normalization(), [null, null, 3])).toEqual(three([3]));
    expect(shapes(new Normalization({ axis: null }), [null, 5, 3])).toEqual(three([1]));
    expect(shapes(new Normalization({ axis: 1 }), [null, 5, 3])).toEqual(three([5]));
    expect(shapes(new Normalization({ axis: [-1, 1] }), [null, 5, 3])).toEqual(three([5, 3]));
    expect(shapes(new Normalization({ mean: 1, variance: 2 }), [null, 5, 3])).toEqual([]);
    expect(new Sequential([new Input([4]), new Normalization()]).countParams()).toBe(9);
  });

  test('training moves the slopes of PReLU and leaves the moments of Normalization', async () => {
    const [normalize, prelu] = [new Normalization(), new PReLU()];
    await normalize.adapt(random(1, 30, 4));
    const model = new Sequential([new Input([4]), normalize, new Dense(3), prelu]);
    model.compile({ optimizer: new SGD(0.1), loss: 'mse' });
    const before = normalize.getWeights();
    await model.trainOnBatch(random(2, 20, 4), random(3, 20, 3));
    expect(normalize.getWeights()).toEqual(before);
    expect(prelu.getWeights()[0]!.data.every((slope) => slope !== 0)).toBe(true);
  });

  test('a regularizer and a constraint of PReLU act', async () => {
    const layer = new PReLU({ alphaInitializer: 'ones', alphaRegularizer: 'l2', alphaConstraint: 'nonNeg' });
    const model = new Sequential([new Input([4]), layer]);
    model.compile({ optimizer: new SGD(100), loss: 'mse' });
    const x = random(4, 20, 4);
    const loss = await model.trainOnBatch<number>(x, x);
    expect(loss).toBeCloseTo(0.04, 6);
    expect(Math.min(...layer.getWeights()[0]!.data)).toBe(0);
  });

  test('a softmax in the place of an activation is fused with a loss as one', async () => {
    const make = (...last: lib.Layer[]): lib.Sequential => {
      lib.setRandomSeed(4);
      const model = new Sequential([new Input([4]), ...last]);
      model.compile({ optimizer: 'sgd', loss: 'categorical_crossentropy' });
      return model;
    };
    const far = new NdArray(Float32Array.of(1e3, 0, 0, 0), [1, 4]);
    const wrong = new NdArray(Float32Array.of(0, 1, 0), [1, 3]);
    const kernel = { kernelInitializer: new lib.Identity() };
    const [layer, activation] = [
      make(new Dense(3, kernel), new Softmax()),
      make(new Dense(3, { ...kernel, activation: 'softmax' })),
    ];
    // From the logits the loss is 1000; from a share of 0, clipped, 16.
    expect(await layer.testOnBatch<number>(far, wrong)).toBe(await activation.testOnBatch<number>(far, wrong));
    expect(await layer.testOnBatch<number>(far, wrong)).toBeGreaterThan(900);
  });
});

describe('numbers', () => {
  const row = (...values: number[]): lib.NdArray => new NdArray(Float32Array.from(values), [1, values.length]);

  test('NaN stays NaN', async () => {
    for (const layer of [new ReLU(), new ReLU({ maxValue: 1 }), new LeakyReLU(), new ELU(), new PReLU()])
      expect([...(await layer.call(row(NaN, 1))).data]).toEqual([NaN, 1]);
    expect([...(await new UnitNormalization().call(row(NaN, 1))).data]).toEqual([NaN, NaN]);
  });

  test('a vector of zeros has no direction, and no gradient', async () => {
    const dense = new Dense(2, { kernelInitializer: 'zeros' });
    const model = new Sequential([new Input([1]), dense, new UnitNormalization()]);
    expect([...(await model.predict(row(1))).data]).toEqual([0, 0]);
    model.compile({ optimizer: new SGD(1), loss: 'mse' });
    await model.trainOnBatch(row(1), row(1, 1));
    expect(dense.getWeights().flatMap(({ data }) => [...data])).toEqual([0, 0, 0, 0]);
    expect([...(await new UnitNormalization().call(row(1e-20, 0))).data]).toEqual([Math.fround(1e-20 * 1e12), 0]);
  });

  test('a feature that does not vary is not divided by zero', async () => {
    const layer = new Normalization();
    await layer.adapt([[3], [3]]);
    expect((await layer.call([[3], [4]])).data[0]).toBe(0);
    expect((await layer.call([[4]])).data[0]).toBeCloseTo(1e7, -1);
  });

  test('inverse turns what was normalized into what it was', async () => {
    const x = random(5, 40, 3);
    const [there, back] = [new Normalization(), new Normalization({ invert: true })];
    await there.adapt(x);
    await back.adapt(x);
    const normal = await there.call(x);
    (await back.call(normal)).data.forEach((value, i) => expect(value).toBeCloseTo(x.data[i]!, 5));
  });

  test('a mask of a call keeps features', async () => {
    const mask = [
      [true, false, true],
      [false, false, false],
    ];
    const { data } = await new Softmax().call(
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      { mask },
    );
    const share = 1 / (1 + Math.exp(2));
    [share, 0, 1 - share, 0, 0, 0].forEach((value, i) => expect(data[i]).toBeCloseTo(value, 6));
  });
});

describe('Normalization.adapt', () => {
  const x = random(6, 50, 4, 3);
  const learnt = async (data: lib.AdaptSource, options?: { steps?: number | null }): Promise<number[][]> => {
    const layer = new Normalization();
    await layer.adapt(data, options);
    return layer.getWeights().map(({ data: values }) => [...values]);
  };
  const part = (begin: number, end: number): lib.NdArray =>
    new NdArray(x.data.slice(begin * 12, end * 12) as Float32Array, [end - begin, 4, 3]);

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'ERR_TYPE'],
    ['a number', 3, 'ERR_TYPE'],
    ['a text', 'abc', 'ERR_TYPE'],
    ['an object', {}, 'ERR_TYPE'],
    ['an empty array', [], 'ERR_DATA'],
    ['no batch', new Set(), 'ERR_DATA'],
    ['ragged rows', [[1, 2], [3]], 'ERR_SHAPE'],
    ['four axes', [[[[1]]]], 'ERR_SHAPE'],
    ['batches of texts', new Set(['a']), 'ERR_TYPE'],
    ['batches of two widths', new Set([part(0, 1), random(1, 2, 4, 2)]), 'ERR_SHAPE'],
    ['a function that gives nothing', () => undefined, 'ERR_TYPE'],
  ])('%s: refused, and the layer learns nothing', async (_title, data, code) => {
    const layer = new Normalization();
    expect(await codeOfAsync(layer.adapt(data as never))).toBe(code);
    expect(layer.isBuilt ? layer.getWeights()[0]!.data : new Float32Array(3)).toEqual(new Float32Array(3));
  });

  test('unknown options, and a layer whose mean is given', async () => {
    expect(await codeOfAsync(new Normalization().adapt(x, { step: 1 } as never))).toBe('ERR_UNKNOWN_OPTION');
    expect(await codeOfAsync(new Normalization().adapt(x, { steps: 0 }))).toBe('ERR_CONFIG');
    expect(await codeOfAsync(new Normalization({ mean: 0, variance: 1 }).adapt(x))).toBe('ERR_STATE');
  });

  test('data of other features than the layer was built for', async () => {
    const layer = new Normalization();
    layer.build([null, 2]);
    expect(await codeOfAsync(layer.adapt(x))).toBe('ERR_SHAPE');
  });

  test('while a model computes with the layer', async () => {
    const layer = new Normalization();
    const model = new Sequential([new Input([4, 3]), layer, new lib.LSTM(64), new Dense(1)]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const running = model.fit(random(7, 2000, 4, 3), random(8, 2000, 1), { verbose: 0 });
    while (!model.nativeModel().busy) await new Promise(setImmediate);
    expect(await codeOfAsync(layer.adapt(x))).toBe('ERR_BUSY');
    await running;
    expect(await codeOfAsync(layer.adapt(x))).toBe('nothing thrown');
  });

  test('an array, its batches, pairs with targets, and functions and generators of them teach the same', async () => {
    const whole = await learnt(x);
    const batches = [part(0, 7), part(7, 8), part(8, 50)];
    async function* later(): AsyncGenerator<lib.NdArray> {
      for (const batch of batches) yield await Promise.resolve(batch);
    }
    const pairs = (): Set<lib.AdaptBatch> => new Set(batches.map((batch) => [batch, [[1]]] as const));
    for (const data of [new Set(batches), () => new Set(batches), later(), later, pairs()] as lib.AdaptSource[])
      (await learnt(data)).forEach((values, w) =>
        values.forEach((value, i) => expect(value).toBeCloseTo(whole[w]![i]!, 5)),
      );
  });

  test('steps end it, and a generator is read no further', async () => {
    let given = 0;
    function* endless(): Generator<lib.NdArray> {
      for (;;) {
        given++;
        yield part(0, 7);
      }
    }
    const some = await learnt(endless(), { steps: 2 });
    (await learnt(part(0, 7))).forEach((values, w) =>
      values.forEach((value, i) => expect(some[w]![i]).toBeCloseTo(value, 5)),
    );
    expect(given).toBe(2);
  });

  test('numbers [N] are one feature', async () => {
    expect(await learnt([1, 2, 3, 4])).toEqual([[2.5], [1.25], [0]]);
    expect(await learnt(Float64Array.of(1, 2, 3, 4))).toEqual([[2.5], [1.25], [0]]);
  });

  test('what was learnt before is forgotten, and what the caller writes meanwhile is not seen', async () => {
    const layer = new Normalization();
    await layer.adapt([[100], [200]]);
    const data = new Float32Array(2 ** 20).fill(1);
    const learning = layer.adapt({ data, shape: [2 ** 20, 1] });
    data.fill(7);
    await learning;
    expect(layer.getWeights().map(({ data: values }) => values[0])).toEqual([1, 0, 0]);
  });

  test('a long array leaves the event loop alone between its parts', async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await new Normalization().adapt({ data: new Float32Array(2 ** 21), shape: [2 ** 20, 2] });
    isDone = true;
    expect(turns).toBeGreaterThan(4);
  });

  test('numbers far from zero keep their variance', async () => {
    const data = Float32Array.from({ length: 2 ** 20 }, (_, i) => 1e6 + (i % 2));
    const [, [variance]] = (await learnt({ data, shape: [2 ** 20, 1] })) as [number[], [number]];
    expect(variance).toBeCloseTo(0.25, 5);
  });

  test('a model that learnt it is made again by its config and its weights', async () => {
    const layer = new Normalization();
    await layer.adapt(x);
    const model = new Sequential([new Input([4, 3]), layer, new Rescaling(2, { offset: [1, 2, 3] }), new PReLU()]);
    const copy = Sequential.fromConfig(JSON.parse(JSON.stringify(model.getConfig())) as lib.SequentialConfig);
    copy.setWeights(model.getWeights());
    expect((await copy.predict(x)).data).toEqual((await model.predict(x)).data);
  });
});

test('bits do not depend on the number of threads', async () => {
  const { threads } = lib.cpuInfo();
  const train = async (count: number): Promise<Float32Array[]> => {
    lib.setThreads(count);
    lib.setRandomSeed(3);
    const model = new Sequential([
      new Input([20, 5]),
      new Normalization({ axis: [1, 2] }),
      new Dense(6),
      new PReLU(),
      new UnitNormalization(),
      new Dense(6),
      new PReLU({ sharedAxes: [1] }),
      new Rescaling(2),
      new ELU({ alpha: 0.3 }),
      new LeakyReLU(),
      new Softmax({ axis: 1 }),
      new lib.LSTM(4),
      new ReLU({ negativeSlope: 0.1 }),
      new Dense(1),
    ]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(random(1, 300, 20, 5), random(2, 300, 1), { epochs: 2, batchSize: 128, verbose: 0 });
    return model.getWeights().map(({ data }) => data as Float32Array);
  };
  const [one, three] = [await train(1), await train(3)];
  lib.setThreads(threads);
  expect(three).toEqual(one);
});
