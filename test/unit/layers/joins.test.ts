// SPDX-License-Identifier: MIT
// Layers that join tensors: what is refused, what they say of shapes, and what no oracle tells. Their arithmetic is in
// contract/joins.test.ts and golden/joins.test.ts.
import * as lib from '../../../lib';
import { makeBatch, makeNative, runBatch } from '../../../lib/graph/executor';
import { Graph } from '../../../lib/graph/graph';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { codeOf, messageOf } from '../../support/error_code';

const { add, Add, average, Average, concatenate, Concatenate, Dense, Embedding, Flatten, Input, LSTM } = lib;
const { Masking, maximum, Maximum, minimum, Minimum, multiply, Multiply, NdArray, SGD, subtract, Subtract } = lib;

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(7);
});

const random = (seed: number, ...shape: number[]): lib.NdArray =>
  new NdArray(Float32Array.from(drawFrom(seed).normal(shape.reduce((a, b) => a * b, 1))), shape);

describe('misuse', () => {
  const vector = (features: number): lib.Input => new Input([features], { name: `v${features}` });
  const sequence = (steps: number | null, features: number): lib.Input => new Input([steps, features]);
  const ids = (): lib.Input => new Input([5], { dtype: 'int32' });

  test.each<[string, () => unknown, string]>([
    ['an unknown option', () => new Add({ axis: 1 } as never), 'ERR_UNKNOWN_OPTION'],
    ['another dtype', () => new Add({ dtype: 'float16' as never }), 'ERR_CONFIG'],
    ['an axis that is a text', () => new Concatenate({ axis: 'last' as never }), 'ERR_TYPE'],
    ['an axis of null', () => new Concatenate({ axis: null as never }), 'ERR_TYPE'],
    ['half an axis', () => new Concatenate({ axis: 1.5 }), 'ERR_CONFIG'],
    ['the axis of the batch', () => new Concatenate({ axis: 0 }), 'ERR_CONFIG'],
    ['the axis of the batch from the end', () => concatenate([vector(2), vector(3)], -2), 'ERR_SHAPE'],
    ['an axis that is not there', () => concatenate([vector(2), vector(3)], 2), 'ERR_SHAPE'],
    ['no tensor', () => add([]), 'ERR_TYPE'],
    ['an array of numbers', () => add([[1, 2]] as never), 'ERR_TYPE'],
    ['two tensors that are no list', () => new Add().apply(vector(2), vector(2) as never), 'ERR_UNKNOWN_OPTION'],
    ['one tensor to subtract', () => subtract([vector(2)]), 'ERR_CONFIG'],
    ['three tensors to subtract', () => subtract([vector(2), vector(3), vector(4)]), 'ERR_CONFIG'],
    ['a mask', () => new Add().apply([vector(2)], { mask: vector(3) }), 'ERR_CONFIG'],
    ['initial states', () => new Add().apply([vector(2)], { initialState: vector(3) }), 'ERR_CONFIG'],
    ['widths that differ', () => add([vector(2), vector(3)]), 'ERR_SHAPE'],
    ['timesteps that differ', () => add([sequence(5, 2), sequence(4, 2)]), 'ERR_SHAPE'],
    ['a vector of another width', () => multiply([sequence(5, 2), vector(3)]), 'ERR_SHAPE'],
    ['timesteps that differ, side by side', () => concatenate([sequence(5, 2), sequence(4, 2)]), 'ERR_SHAPE'],
    ['widths that differ, one after the other', () => concatenate([sequence(5, 2), sequence(5, 3)], 1), 'ERR_SHAPE'],
    ['a vector among sequences', () => concatenate([sequence(5, 2), vector(2)]), 'ERR_SHAPE'],
    ['ids to add', () => add([ids(), ids()]), 'ERR_CONFIG'],
    ['ids and numbers', () => concatenate([ids(), vector(5)]), 'ERR_CONFIG'],
    ['ids to multiply a vector by', () => multiply([vector(5), ids()]), 'ERR_CONFIG'],
    [
      'batches that differ',
      () =>
        new Add().computeOutputShape([
          [2, 3],
          [4, 3],
        ]),
      'ERR_SHAPE',
    ],
  ])('%s: refused', (_title, call, code) => {
    expect(codeOf(call)).toBe(code);
  });

  test('the message names the layer and all shapes', () => {
    expect(messageOf(() => new Add({ name: 'sum' }).apply([sequence(null, 2), vector(3)]))).toBe(
      'Add "sum": expected inputs of one shape, or whose axes of 1 stand for any size, received (None, None, 2) and (None, 3).',
    );
    expect(messageOf(() => new Concatenate({ axis: 1, name: 'c' }).apply([sequence(4, 2), sequence(4, 3)]))).toBe(
      'Concatenate "c": expected inputs alike in all axes but 1, received (None, 4, 2) and (None, 4, 3).',
    );
  });

  test('what is refused leaves the layer as it was', () => {
    const layer = new Add();
    expect(codeOf(() => layer.apply([vector(2), vector(3)]))).toBe('ERR_SHAPE');
    expect(layer.isBuilt).toBe(false);
    expect(layer.nodes).toEqual([]);
    expect(layer.apply([vector(2), vector(2)]).shape).toEqual([null, 2]);
  });

  test('an Input that an Embedding makes one of ids is refused by a merge', () => {
    const x = new Input([4]);
    const sum = add([new Dense(3).apply(x), new LSTM(3).apply(new Embedding(9, 2).apply(x))]);
    expect(codeOf(() => new Model(x, sum))).toBe('ERR_CONFIG');
  });

  test.each([
    ['add', (a: lib.Input, b: lib.Input) => add([a, b])],
    ['concatenate', (a: lib.Input, b: lib.Input) => concatenate([a, b])],
  ])('%s: sequences whose open timesteps turn out to differ are refused', async (_title, join) => {
    const [a, b] = [sequence(null, 2), sequence(null, 2)];
    const graph = new Graph('test', [a, b], [join(a, b)]);
    const native = makeNative('test', graph);
    const input = (steps: number) => ({ shape: [steps, 2], data: new Float32Array(3 * steps * 2) });
    const run = (first: number, second: number): Promise<lib.NdArray[]> =>
      runBatch(
        'test',
        native,
        makeBatch(3, [input(first), input(second)]),
        [[3, first, join === undefined ? 2 : graph.outputs[0]!.shape[2]!]],
        false,
      );
    await expect(run(5, 4)).rejects.toMatchObject({ message: expect.stringContaining('one number of steps') });
    expect((await run(5, 5))[0]!.shape[1]).toBe(5);
    native.dispose();
  });
});

describe('shapes and names', () => {
  test('functions make layers of their names', () => {
    const [a, b] = [new Input([3]), new Input([3])];
    const made = [add, subtract, multiply, average, maximum, minimum].map((join) => join([a, b]));
    const classes = [Add, Subtract, Multiply, Average, Maximum, Minimum];
    made.forEach((tensor, i) => expect(tensor.node!.layer).toBeInstanceOf(classes[i]!));
    expect(made.map(({ name }) => name)).toEqual([
      'add_1',
      'subtract_1',
      'multiply_1',
      'average_1',
      'maximum_1',
      'minimum_1',
    ]);
    expect(add([a, b], { name: 'sum' }).name).toBe('sum');
    const joined = concatenate([a, b], -1, { name: 'joined' });
    expect([joined.name, joined.shape]).toEqual(['joined', [null, 6]]);
  });

  test('ids stay ids where they are joined along the timesteps', () => {
    const [a, b] = [new Input([3], { dtype: 'int32' }), new Input([null], { dtype: 'int32' })];
    const joined = concatenate([a, b, a]);
    expect([joined.shape, joined.dtype]).toEqual([[null, null], 'int32']);
    expect(new Embedding(9, 4).apply(concatenate([a, a], 1)).shape).toEqual([null, 6, 4]);
  });

  test('outputShape is that of all inputs, and computeOutputShape takes them all', () => {
    const layer = new Multiply();
    expect(layer.outputShape).toBeUndefined();
    layer.apply([new Input([1]), new Input([7, 3])]);
    expect(layer.outputShape).toEqual([null, 7, 3]);
    expect(
      layer.computeOutputShape([
        [2, 1],
        [null, 7, 3],
      ]),
    ).toEqual([2, 7, 3]);
    expect(layer.computeOutputShape([null, 3])).toEqual([null, 3]);
  });

  test('a layer that joins is applied again to other shapes, for it has no weights', () => {
    const layer = new Concatenate();
    expect(layer.apply([new Input([1]), new Input([3])]).shape).toEqual([null, 4]);
    expect(layer.apply([new Input([2, 5]), new Input([2, 6])]).shape).toEqual([null, 2, 11]);
  });

  test('a model of joins is made again by its config', () => {
    const x = new Input([5, 3], { name: 'x' });
    const h = new LSTM(3, { returnSequences: true, name: 'h' }).apply(x);
    const y = concatenate([add([x, h], { name: 'sum' }), maximum([x, h], { name: 'most' })], 1, { name: 'joined' });
    const model = new Model(x, new Dense(2, { name: 'head' }).apply(y), { name: 'joins' });
    const copy = Model.fromConfig(JSON.parse(JSON.stringify(model.getConfig())) as object);
    expect(copy.getConfig()).toEqual(model.getConfig());
    expect(copy.outputShape).toEqual([null, 10, 2]);
  });
});

describe('numbers', () => {
  const constant = (...values: number[]): lib.NdArray => new NdArray(Float32Array.from(values), [1, values.length]);
  async function joined(
    join: (tensors: lib.Input[]) => ReturnType<typeof add>,
    ...values: number[][]
  ): Promise<number[]> {
    const inputs = values.map(({ length }) => new Input([length]));
    const graph = new Graph('test', inputs, [join(inputs)]);
    const native = makeNative('test', graph);
    const batch = makeBatch(
      1,
      values.map((row) => ({ shape: [row.length], data: Float32Array.from(row) })),
    );
    const [out] = await runBatch('test', native, batch, [[1, graph.outputs[0]!.shape[1]!]], false);
    native.dispose();
    return [...out!.data];
  }

  test('a value that is no number stays one in every merge', async () => {
    for (const join of [add, multiply, average, maximum, minimum]) {
      expect(await joined(join, [NaN, 1], [2, NaN])).toEqual([NaN, NaN]);
      expect(await joined(join, [1], [NaN])).toEqual([NaN]);
    }
  });

  test('the order of two is that of subtract', async () => {
    expect(await joined(subtract, [5, 1], [2, 4])).toEqual([3, -3]);
    expect(await joined(subtract, [5], [2, 4])).toEqual([3, 1]);
  });

  test.each([
    ['maximum', maximum],
    ['minimum', minimum],
  ])('%s: two that are equal share the gradient, of three the first two half of it', async (_title, join) => {
    const gradients = async (values: number[]): Promise<number[]> => {
      const x = new Input([1]);
      const parts = values.map((value) => {
        const layer = new Dense(1, { kernelInitializer: new lib.Constant(value), useBias: false });
        return { layer, tensor: layer.apply(x) };
      });
      const model = new Model(x, join(parts.map(({ tensor }) => tensor)));
      model.compile({ optimizer: new SGD(1), loss: 'mae' });
      await model.trainOnBatch(constant(1), constant(-100));
      return parts.map(({ layer }, i) => values[i]! - layer.getWeights()[0]!.data[0]!);
    };
    // The slope of the loss is 1.
    expect(await gradients([2, 2])).toEqual([0.5, 0.5]);
    expect(await gradients([2, 2, 2])).toEqual([0.25, 0.25, 0.5]);
  });

  test('one tensor twice has both gradients', async () => {
    const x = new Input([1]);
    const dense = new Dense(1, { kernelInitializer: 'ones', useBias: false });
    const h = dense.apply(x);
    const model = new Model(x, add([h, multiply([h, h])]));
    model.compile({ optimizer: new SGD(0.1), loss: 'mae' });
    await model.trainOnBatch(constant(1), constant(-100));
    // d(w + w^2)/dw = 3 at 1.
    expect(dense.getWeights()[0]!.data[0]).toBeCloseTo(0.7, 6);
  });

  test('a loss of joined timesteps counts those that count in any input', async () => {
    const x = new Input([2, 2]);
    const half = (features: lib.SliceRange): ReturnType<typeof add> => new Masking().apply(lib.slice(x, { features }));
    const model = new Model(x, add([half([0, 1]), half([1, 2])]));
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const data = new NdArray(Float32Array.of(1, 0, 0, 0, 3, 4, 0, 2), [2, 2, 2]);
    // Timesteps of row 0: 1 and masked; of row 1: 7 and 2. Targets are 0.
    expect(await model.testOnBatch<number>(data, new NdArray(new Float32Array(4), [2, 2, 1]))).toBeCloseTo(54 / 3, 5);
  });
});

describe('bits', () => {
  const { threads } = lib.cpuInfo();
  afterEach(() => lib.setThreads(threads));

  async function trained(count: number): Promise<Float32Array[]> {
    lib.setThreads(count);
    lib.setRandomSeed(17);
    const x = new Input([12], { dtype: 'int32' });
    const [first, second] = [lib.slice(x, { steps: [0, 6] }), lib.slice(x, { steps: [6, null] })];
    const embedding = new Embedding(30, 8, { maskZero: true });
    const lstm = new LSTM(8, { returnSequences: true });
    const [a, b] = [lstm.apply(embedding.apply(first)), lstm.apply(embedding.apply(second))];
    const last = new LSTM(8).apply(a);
    const joins = [add([a, b]), multiply([a, b, last]), maximum([b, a]), minimum([last, b]), average([a, b, a])];
    const both = concatenate([concatenate(joins), concatenate([subtract([a, b]), ...joins.slice(0, 4)])], 1);
    const model = new Model(x, new Dense(1).apply(new Flatten().apply(both)));
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const tokens = new NdArray(drawFrom(18).integers(90 * 12, 0, 30), [90, 12]);
    await model.fit(tokens, random(19, 90, 1), { epochs: 2, batchSize: 40, verbose: 0 });
    return model.getWeights().map(({ data }) => data as Float32Array);
  }

  test('do not depend on the number of threads', async () => {
    expect(await trained(3)).toEqual(await trained(1));
  });
});
