// SPDX-License-Identifier: MIT
// What every layer, initializer, regularizer, optimizer, loss and metric promises, whichever it is.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as lib from '../../../lib';
import { activationNames } from '../../../lib/activations';
import { resolveConstraint } from '../../../lib/constraints';
import { resolveInitializer } from '../../../lib/initializers';
import { layerFromConfig } from '../../../lib/layers';
import { getLoss, lossFromConfig } from '../../../lib/losses';
import { getMetric } from '../../../lib/metrics';
import { getOptimizer, optimizerFromConfig } from '../../../lib/optimizers';
import { resolveRegularizer } from '../../../lib/regularizers';
import { Model } from '../../../lib/models';
import { drawFrom } from '../../reference/random';
import { lowered } from '../../support/lowered';
import { floats, ids } from './engine_model';
import type { SymbolicTensor } from '../../../lib/graph/symbolic_tensor';

const { Activation, ActivityRegularization, Adam, AdditiveAttention, Attention, AveragePooling1D } = lib;
const { BatchNormalization, Bidirectional, Conv1D, Dot, MultiHeadAttention } = lib;
const {
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GaussianDropout,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalMaxPooling1D,
  GRU,
} = lib;
const { Input, LayerNormalization, LSTM, Masking, MaxPooling1D, Reshape, SpatialDropout1D } = lib;
const { RepeatVector, RMSprop, RNN, Sequential, SGD, SimpleRNN, SimpleRNNCell, TimeDistributed } = lib;
const { GRUCell, LSTMCell } = lib;
const { Add, Average, Concatenate, Cropping1D, ELU, LeakyReLU, Maximum, Minimum, Multiply, Normalization } = lib;
const { Permute, PReLU, ReLU, Rescaling, Slice, Softmax, Subtract, UnitNormalization, UpSampling1D, ZeroPadding1D } =
  lib;
const ROWS = 11;
const STEPS = 6;

beforeEach(() => {
  lib.clearSession();
  lib.setRandomSeed(5);
});

interface LayerCase {
  make: () => lib.Layer;
  /** Axes after the batch. */
  shape: number[];
  /** What the layer reads, of an input of that shape; default the input. */
  reads?: (x: SymbolicTensor) => SymbolicTensor[];
}

/** An input and a curve of it, which are joined. */
const withCurve = (x: SymbolicTensor): SymbolicTensor[] => [x, new Activation('tanh').apply(x)];

const CASES: Record<string, LayerCase> = {
  Embedding: { make: () => new Embedding(20, 5, { embeddingsRegularizer: 'l2', name: 'words' }), shape: [STEPS] },
  'SimpleRNN of the last state': {
    make: () => new SimpleRNN(7, { useBias: false, activation: 'relu' }),
    shape: [STEPS, 3],
  },
  'SimpleRNN of sequences': {
    make: () => new SimpleRNN(33, { returnSequences: true, kernelRegularizer: 'l1' }),
    shape: [STEPS, 3],
  },
  'SimpleRNN with dropout': {
    make: () => new SimpleRNN(7, { dropout: 0.1, recurrentDropout: 0.1, seed: 4, goBackwards: true }),
    shape: [STEPS, 3],
  },
  'LSTM of the last state': { make: () => new LSTM(7, { unitForgetBias: false }), shape: [STEPS, 3] },
  'LSTM of sequences': {
    make: () => new LSTM(17, { returnSequences: true, goBackwards: true, recurrentActivation: 'hardSigmoid' }),
    shape: [STEPS, 3],
  },
  'GRU of the last state': { make: () => new GRU(7, { resetAfter: false, useBias: false }), shape: [STEPS, 3] },
  'GRU of sequences': { make: () => new GRU(17, { returnSequences: true, recurrentDropout: 0.1 }), shape: [STEPS, 3] },
  'Bidirectional of the last states': { make: () => new Bidirectional(new LSTM(5)), shape: [STEPS, 3] },
  'Bidirectional of sequences': {
    make: () => new Bidirectional(new GRU(9, { returnSequences: true }), { mergeMode: 'ave' }),
    shape: [STEPS, 3],
  },
  TimeDistributed: { make: () => new TimeDistributed(new Dense(4, { activation: 'tanh' })), shape: [STEPS, 5] },
  'TimeDistributed of a recurrent layer': { make: () => new TimeDistributed(new LSTM(4)), shape: [2, 3, 5] },
  'TimeDistributed of an Embedding': { make: () => new TimeDistributed(new Embedding(20, 3)), shape: [2, 3] },
  RNN: { make: () => new RNN(new GRUCell(5, { resetAfter: false }), { goBackwards: true }), shape: [STEPS, 3] },
  'RNN of several cells': {
    make: () => new RNN([new LSTMCell(5), new SimpleRNNCell(4)], { returnSequences: true, zeroOutputForMask: true }),
    shape: [STEPS, 3],
  },
  Masking: { make: () => new Masking({ maskValue: 0.5 }), shape: [STEPS, 5] },
  RepeatVector: { make: () => new RepeatVector(3), shape: [5] },
  'Embedding that masks': { make: () => new Embedding(20, 5, { maskZero: true }), shape: [STEPS] },
  'Dense on vectors': { make: () => new Dense(4, { activation: 'softmax', trainable: false }), shape: [5] },
  'Dense on sequences': {
    make: () => new Dense(17, { kernelInitializer: 'heNormal', biasInitializer: 'ones' }),
    shape: [STEPS, 5],
  },
  LayerNormalization: {
    make: () => new LayerNormalization({ gammaConstraint: 'nonNeg', betaRegularizer: 'l2' }),
    shape: [STEPS, 5],
  },
  'BatchNormalization of vectors': { make: () => new BatchNormalization({ momentum: 0.5 }), shape: [5] },
  'BatchNormalization of sequences': {
    make: () => new BatchNormalization({ scale: false, movingMeanInitializer: 'ones' }),
    shape: [STEPS, 5],
  },
  Conv1D: {
    make: () => new Conv1D(6, 3, { groups: 2, padding: 'causal', dilationRate: 2, activation: 'tanh' }),
    shape: [STEPS, 4],
  },
  'Conv1D with strides': {
    make: () =>
      new Conv1D(5, 2, { strides: 2, padding: 'same', activityRegularizer: 'l2', kernelConstraint: 'maxNorm' }),
    shape: [STEPS, 3],
  },
  MaxPooling1D: { make: () => new MaxPooling1D(3, { strides: 2, padding: 'same' }), shape: [STEPS, 5] },
  AveragePooling1D: { make: () => new AveragePooling1D(2), shape: [STEPS, 5] },
  GlobalMaxPooling1D: { make: () => new GlobalMaxPooling1D(), shape: [STEPS, 5] },
  GlobalAveragePooling1D: { make: () => new GlobalAveragePooling1D({ keepdims: true }), shape: [STEPS, 5] },
  Reshape: { make: () => new Reshape([-1, 2]), shape: [STEPS, 5] },
  'Reshape of vectors': { make: () => new Reshape([2, 3]), shape: [6] },
  SpatialDropout1D: { make: () => new SpatialDropout1D(0.25, { seed: 3 }), shape: [STEPS, 5] },
  GaussianDropout: { make: () => new GaussianDropout(0.1, { seed: 3 }), shape: [STEPS, 5] },
  GaussianNoise: { make: () => new GaussianNoise(0.1, { seed: 3 }), shape: [STEPS, 5] },
  ActivityRegularization: { make: () => new ActivityRegularization({ l2: 0.001 }), shape: [STEPS, 5] },
  Add: { make: () => new Add(), shape: [STEPS, 5], reads: (x) => [...withCurve(x), x] },
  Subtract: { make: () => new Subtract({ name: 'less' }), shape: [5], reads: withCurve },
  Multiply: { make: () => new Multiply(), shape: [STEPS, 5], reads: withCurve },
  Average: { make: () => new Average(), shape: [5], reads: withCurve },
  Maximum: { make: () => new Maximum({ trainable: false }), shape: [STEPS, 5], reads: withCurve },
  Minimum: { make: () => new Minimum(), shape: [STEPS, 5], reads: withCurve },
  'Concatenate of features': { make: () => new Concatenate(), shape: [5], reads: withCurve },
  'Concatenate of timesteps': { make: () => new Concatenate({ axis: 1 }), shape: [STEPS, 5], reads: withCurve },
  Permute: { make: () => new Permute([2, 1]), shape: [STEPS, 5] },
  'Permute of vectors': { make: () => new Permute([1]), shape: [5] },
  Cropping1D: { make: () => new Cropping1D([1, 2]), shape: [STEPS, 5] },
  ZeroPadding1D: { make: () => new ZeroPadding1D([0, 2]), shape: [STEPS, 5] },
  UpSampling1D: { make: () => new UpSampling1D(3), shape: [STEPS, 5] },
  Slice: { make: () => new Slice({ steps: [-1, null, -2], features: [0, 3] }), shape: [STEPS, 5] },
  'Slice of a timestep': { make: () => new Slice({ steps: -1 }), shape: [STEPS, 5] },
  'Slice of features': { make: () => new Slice({ features: [1, null, 2] }), shape: [5] },
  Softmax: { make: () => new Softmax(), shape: [STEPS, 5] },
  'Softmax over timesteps': { make: () => new Softmax({ axis: 1 }), shape: [STEPS, 5] },
  ReLU: { make: () => new ReLU({ maxValue: 1, negativeSlope: 0.1, threshold: 0.2 }), shape: [STEPS, 5] },
  LeakyReLU: { make: () => new LeakyReLU({ negativeSlope: 0.1 }), shape: [5] },
  ELU: { make: () => new ELU({ alpha: 0.5 }), shape: [STEPS, 5] },
  PReLU: { make: () => new PReLU({ alphaInitializer: 'ones', alphaRegularizer: 'l2' }), shape: [STEPS, 5] },
  'PReLU of shared slopes': {
    make: () => new PReLU({ sharedAxes: [1], alphaConstraint: 'nonNeg' }),
    shape: [STEPS, 5],
  },
  UnitNormalization: { make: () => new UnitNormalization(), shape: [STEPS, 5] },
  Rescaling: { make: () => new Rescaling([1, 2, 3, 4, 5], { offset: -1 }), shape: [STEPS, 5] },
  Normalization: { make: () => new Normalization({ axis: [1, 2], invert: true }), shape: [STEPS, 5] },
  'Normalization by a given mean': {
    make: () => new Normalization({ mean: [0, 1, 0, 1, 0], variance: [1, 1, 2, 2, 0.5] }),
    shape: [5],
  },
  Activation: { make: () => new Activation('softsign'), shape: [STEPS, 5] },
  Flatten: { make: () => new Flatten(), shape: [STEPS, 5] },
  Dropout: { make: () => new Dropout(0.25, { seed: 3 }), shape: [5] },
  Dot: { make: () => new Dot([2, -1], { normalize: true }), shape: [STEPS, 5] },
  'Dot of vectors': { make: () => new Dot(1), shape: [5] },
  Attention: { make: () => new Attention({ useScale: true }), shape: [STEPS, 5] },
  'Attention by sums': { make: () => new Attention({ scoreMode: 'concat', dropout: 0.1, seed: 3 }), shape: [STEPS, 5] },
  AdditiveAttention: { make: () => new AdditiveAttention({ dropout: 0.1, seed: 3 }), shape: [STEPS, 5] },
  MultiHeadAttention: {
    make: () => new MultiHeadAttention(2, 3, { kernelRegularizer: 'l2', activityRegularizer: 'l1', trainable: false }),
    shape: [STEPS, 5],
  },
  'MultiHeadAttention with dropout': {
    make: () =>
      new MultiHeadAttention(3, 2, {
        ...{ valueDim: 4, outputShape: [7], dropout: 0.1, seed: 3, useBias: false },
        kernelConstraint: new lib.MaxNorm({ maxValue: 1, axis: 2 }),
      }),
    shape: [STEPS, 5],
  },
};

const valuesOf = (model: Model): Float32Array[] => model.getWeights().map(({ data }) => data);

function inputsOf(layer: lib.Layer, shape: readonly number[]): lib.ArrayInput {
  const draw = drawFrom(9);
  const sizes = [ROWS, ...shape];
  const count = sizes.reduce((a, b) => a * b, 1);
  return layer.inputKind === 'tokens' ? ids(draw.integers(count, 0, 20), sizes) : floats(draw.normal(count), sizes);
}

const outputRank = (layer: lib.Layer, shape: readonly number[]): number =>
  layer.computeOutputShape([ROWS, ...shape]).length;

describe.each(Object.entries(CASES))('%s', (_name, { make, shape, reads }) => {
  const inputsFor = (layer: lib.Layer, x: SymbolicTensor): SymbolicTensor[] =>
    reads?.(x) ?? Array<SymbolicTensor>(layer.inputCount[0]).fill(x);
  /** The layer on its own, but for what gives its inputs, and what `more` puts behind it. */
  const build = (layer: lib.Layer, more: lib.Layer[] = []): Model => {
    if (layer.inputCount[1] === 1) return new Sequential([new Input(shape), layer, ...more]);
    const x = new Input(shape);
    return new Model(
      x,
      [layer, ...more].reduce<SymbolicTensor[]>((tensors, next) => [next.apply(tensors)], inputsFor(layer, x)),
    );
  };

  test('a config is plain data that makes the same layer again', () => {
    const layer = make();
    const config = layer.getConfig();
    const copy = layerFromConfig('test', JSON.parse(JSON.stringify({ className: layer.className, config })));
    expect(copy).toBeInstanceOf(layer.constructor);
    expect(copy.getConfig()).toEqual(config);
  });

  test('a model of it is made again by its config, with the same shapes', () => {
    const model = build(make());
    const again = model instanceof Sequential ? Sequential : Model;
    const copy = again.fromConfig(JSON.parse(JSON.stringify(model.getConfig())) as lib.SequentialConfig);
    expect(copy.getConfig()).toEqual(model.getConfig());
    expect(copy.outputShape).toEqual(model.outputShape);
    expect(copy.weights.map(({ shape: s, trainable }) => [s, trainable])).toEqual(
      model.weights.map(({ shape: s, trainable }) => [s, trainable]),
    );
  });

  test('computeOutputShape tells the shape that predict gives', async () => {
    const layer = make();
    const model = build(layer);
    const { shape: got } = await model.predict(inputsOf(layer, shape));
    const inputs = inputsFor(layer, new Input(shape)).map((tensor) => [ROWS, ...tensor.shape.slice(1)]);
    expect(got).toEqual(layer.computeOutputShape((inputs.length === 1 ? inputs[0] : inputs) as lib.Shape));
    expect(model.outputShape).toEqual([null, ...got.slice(1)]);
  });

  test('setWeights(getWeights()) leaves every bit of the outputs as it was', async () => {
    const layer = make();
    const model = build(layer);
    const x = inputsOf(layer, shape);
    const before = await model.predict(x);
    model.setWeights(model.getWeights());
    layer.setWeights(layer.getWeights());
    expect((await model.predict(x)).data).toEqual(before.data);
  });

  test('countParams is the sum of the sizes of the weights', () => {
    const model = build(make());
    const sizes = model.getWeights().map(({ data }) => data.length);
    expect(model.countParams()).toBe(sizes.reduce((a, b) => a + b, 0));
    expect(model.layers.at(-1)!.countParams()).toBe(model.countParams());
  });

  test('steps of training lower the loss of a model that holds it', async () => {
    const layer = make();
    const head: lib.Layer[] = layer.computeOutputShape([ROWS, ...shape]).length > 2 ? [new Flatten()] : [];
    const model = build(layer, [...head, new Dense(1)]);
    model.compile({ optimizer: new Adam(0.01), loss: 'mse' });
    const x = inputsOf(layer, shape);
    const y = floats(drawFrom(4).normal(ROWS), [ROWS]);
    const first = await model.testOnBatch<number>(x, y);
    for (let step = 0; step < 30; step++) await model.trainOnBatch(x, y);
    expect(await model.testOnBatch<number>(x, y)).toBeLessThan(first * 0.9);
  });

  test('the engine reads the name that the layer has for it', () => {
    const source = readFileSync(path.join(__dirname, '../../../native/napi/layers.cc'), 'utf8');
    const layer = make();
    const kinds = lowered(layer, shape, (x) => inputsFor(layer, x)).nodes.map(({ config }) => config.kind);
    expect(kinds).not.toEqual([]);
    for (const kind of kinds) expect(source).toContain(`{"${kind}"`);
  });
});

describe('masks', () => {
  // What several inputs, or timesteps that are moved, come to is not told.
  const isTold = (layer: lib.Layer): boolean => layer.inputCount[1] === 1 && !(layer instanceof Slice);
  const sequences = Object.entries(CASES).filter(
    ([, { make, shape }]) =>
      isTold(make()) &&
      shape.length < 3 &&
      (shape.length > 1 || make().inputKind === 'tokens') &&
      outputRank(make(), shape) === 3,
  );
  const HIDDEN = [
    [0, 1],
    [0, 2],
    [1, 0],
    [1, STEPS - 1],
  ];

  test.each(sequences)(
    '%s tells which timesteps of its outputs count, as the engine has it',
    async (_name, { make, shape }) => {
      const layer = make();
      const masks = layer.inputKind === 'tokens' || layer instanceof Masking;
      const model = new Sequential([new Input(shape), ...(masks ? [] : [new Masking()]), layer]);
      const width = shape[1] ?? 1;
      const data = inputsOf(layer, shape) as { data: Float32Array | Int32Array };
      const x = data.data.slice(0, 2 * STEPS * width);
      if (layer.inputKind === 'tokens') x.forEach((id, i) => (x[i] = Math.max(1, id)));
      const hidden = layer instanceof Masking ? layer.maskValue : 0;
      for (const [row, step] of HIDDEN)
        x.fill(hidden, (row! * STEPS + step!) * width, (row! * STEPS + step! + 1) * width);
      const inputs = { data: x, shape: [2, ...shape] };
      model.compile({ loss: 'mse' });
      const [, steps, columns] = model.computeOutputShape(inputs.shape) as [number, number, number];
      const lossOf = async (row: number, step: number): Promise<number> => {
        const y = new Float32Array(2 * steps * columns);
        if (row >= 0) y.fill(1000, (row * steps + step) * columns, (row * steps + step + 1) * columns);
        return model.evaluate<number>(inputs, { data: y, shape: [2, steps, columns] }, { verbose: 0 });
      };
      const without = await lossOf(-1, 0);
      const told = model.outputMask([inputs], 0);
      const tokens = layer instanceof Embedding && !layer.maskZero;
      expect(told === undefined).toBe(layer.maskPassage === 'ended' && (tokens || !masks));
      for (let row = 0; row < 2; row++)
        for (let step = 0; step < steps; step++)
          expect([row, step, (await lossOf(row, step)) !== without]).toEqual([row, step, told?.(row, step) ?? true]);
    },
  );
});

test('every class of layers has a case here', () => {
  const classes = Object.values(lib.layers).filter(
    (value) => typeof value === 'function' && value.prototype instanceof lib.Layer,
  );
  const covered = new Set(Object.values(CASES).map(({ make }) => make().constructor));
  expect(classes.filter((value) => !covered.has(value))).toEqual([]);
});

describe('activations', () => {
  test.each(activationNames)('%s is computed by the engine under that name, in either spelling', async (name) => {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const x = floats([-2, -0.5, 0, 0.5, 2, 3], [2, 3]);
    const [snakes, camels] = await Promise.all(
      [name, camel].map((given) => new Sequential([new Activation(given)]).predict(x)),
    );
    expect(camels!.data).toEqual(snakes!.data);
    expect(camels!.data.every(Number.isFinite)).toBe(true);
  });
});

describe('initializers', () => {
  const classes = Object.entries(lib.initializers).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof lib.Initializer ? [name] : [],
  );

  test.each(classes)(
    '%s: made again by its config; found by its class name, in snake_case and in camelCase',
    (name) => {
      expect(classes.length).toBeGreaterThan(14);
      const made = resolveInitializer('test', 'initializer', name);
      expect(made.className).toBe(name);
      const seeded = made.getConfig()['seed'] === undefined ? {} : { seed: 12 };
      const config = { className: name, config: { ...made.getConfig(), ...seeded } };
      const again = resolveInitializer(
        'test',
        'initializer',
        JSON.parse(JSON.stringify(config)) as lib.InitializerConfig,
      );
      expect(again.toJSON()).toEqual(config);
      const snake = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
      const camel = name.charAt(0).toLowerCase() + name.slice(1);
      for (const alias of [snake, camel])
        expect(resolveInitializer('test', 'initializer', alias).toJSON()).toEqual(made.toJSON());
      expect(again.initialize([4, 4]).data).toEqual(made.initialize([4, 4], 12).data);
    },
  );
});

describe('regularizers', () => {
  test.each([
    ['l1', 'L1', { l1: 0.01 }],
    ['l2', 'L2', { l2: 0.01 }],
    ['l1_l2', 'L1L2', { l1: 0.01, l2: 0.01 }],
    ['l1L2', 'L1L2', { l1: 0.01, l2: 0.01 }],
    ['L1L2', 'L1L2', { l1: 0.01, l2: 0.01 }],
    ['orthogonal_regularizer', 'OrthogonalRegularizer', { factor: 0.01, mode: 'rows' }],
    ['orthogonalRegularizer', 'OrthogonalRegularizer', { factor: 0.01, mode: 'rows' }],
    ['OrthogonalRegularizer', 'OrthogonalRegularizer', { factor: 0.01, mode: 'rows' }],
  ])('%s is %s of %j, and made again by its config', (name, className, config) => {
    const made = resolveRegularizer('test', 'regularizer', name)!;
    expect(made.toJSON()).toEqual({ className, config });
    const again = resolveRegularizer('test', 'regularizer', JSON.parse(JSON.stringify(made)) as lib.RegularizerConfig)!;
    expect(again).toBeInstanceOf(made.constructor);
    expect(again.toNative()).toEqual(made.toNative());
  });
});

describe('constraints', () => {
  const classes = Object.entries(lib.constraints).flatMap(([name, value]) =>
    typeof value === 'function' && value.prototype instanceof lib.Constraint ? [name] : [],
  );

  test.each(classes)('%s: made again by its config; found by its name in any spelling; known to the engine', (name) => {
    expect(classes).toHaveLength(4);
    const made = resolveConstraint('test', 'constraint', name)!;
    expect(made.className).toBe(name);
    const again = resolveConstraint('test', 'constraint', JSON.parse(JSON.stringify(made)) as lib.ConstraintConfig)!;
    expect(again).toEqual(made);
    const snake = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
    const camel = name.charAt(0).toLowerCase() + name.slice(1);
    for (const alias of [snake, camel]) expect(resolveConstraint('test', 'constraint', alias)).toEqual(made);
    const source = readFileSync(path.join(__dirname, '../../../native/napi/layers.cc'), 'utf8');
    expect(source).toContain(`"${made.toNative().kind}"`);
  });
});

describe('optimizers', () => {
  const made: [string, lib.Optimizer][] = [
    ['sgd', new SGD(0.3, { momentum: 0.5, nesterov: true, name: 'mine' })],
    ['rmsprop', new RMSprop(0.3, { rho: 0.5, momentum: 0.1, epsilon: 1e-3, centered: true })],
    ['adam', new Adam(0.3, { beta1: 0.5, beta2: 0.6, epsilon: 1e-3, amsgrad: true })],
    ['adamw', new lib.AdamW(0.3, { weightDecay: 0.1, amsgrad: true, clipnorm: 2, name: 'mine' })],
    ['nadam', new lib.Nadam(0.3, { beta1: 0.5, beta2: 0.6, epsilon: 1e-3, globalClipnorm: 3 })],
    ['adamax', new lib.Adamax(0.3, { beta1: 0.5, beta2: 0.6, epsilon: 1e-3, clipvalue: 0.5 })],
    ['adagrad', new lib.Adagrad(0.3, { initialAccumulatorValue: 0.2, epsilon: 1e-3, lossScaleFactor: 8 })],
    ['adadelta', new lib.Adadelta(0.3, { rho: 0.5, epsilon: 1e-3, gradientAccumulationSteps: 4 })],
    [
      'lion',
      new lib.Lion(new lib.ExponentialDecay(0.1, 10, 0.5), {
        beta1: 0.5,
        beta2: 0.6,
        useEma: true,
        emaMomentum: 0.5,
        emaOverwriteFrequency: 2,
      }),
    ],
  ];

  test.each(made)('%s is made again by its config, and its own defaults by its name', (name, optimizer) => {
    const config = optimizer.getConfig();
    const again = optimizerFromConfig(optimizer.className, JSON.parse(JSON.stringify(config)) as typeof config);
    expect(again.getConfig()).toEqual(config);
    expect(again.toNative(['kernel'])).toEqual(optimizer.toNative(['kernel']));
    const byName = getOptimizer(name);
    expect(byName).toBeInstanceOf(optimizer.constructor);
    for (const alias of [optimizer.className, name.toUpperCase()])
      expect(getOptimizer(alias).getConfig()).toEqual(byName.getConfig());
  });
});

describe('losses', () => {
  test.each([
    ['binary_crossentropy', 'binaryCrossentropy', 'bce', 'BinaryCrossentropy'],
    ['categorical_crossentropy', 'categoricalCrossentropy', 'CategoricalCrossentropy', 'CategoricalCrossentropy'],
    [
      'sparse_categorical_crossentropy',
      'sparseCategoricalCrossentropy',
      'SparseCategoricalCrossentropy',
      'SparseCategoricalCrossentropy',
    ],
    ['mean_squared_error', 'meanSquaredError', 'mse', 'MeanSquaredError'],
    ['mean_absolute_error', 'meanAbsoluteError', 'mae', 'MeanAbsoluteError'],
  ])('%s, %s and %s are %s, made again by its config', (snake, camel, other, className) => {
    for (const alias of [snake, camel, other]) expect(getLoss(alias).className).toBe(className);
    const logits = className.endsWith('Crossentropy') ? { fromLogits: true } : {};
    const loss = lossFromConfig(className, { ...getLoss(snake).getConfig(), ...logits, reduction: 'sum' });
    expect(loss.toNative()).toMatchObject({ kind: snake, reduction: 'sum', ...logits });
    expect(lossFromConfig(className, loss.getConfig()).toNative()).toEqual(loss.toNative());
  });
});

describe('metrics', () => {
  const context = { lastAxis: 1, idTargets: false };

  test.each([
    ['binary_accuracy', 'binaryAccuracy', 'BinaryAccuracy'],
    ['categorical_accuracy', 'categoricalAccuracy', 'CategoricalAccuracy'],
    ['sparse_categorical_accuracy', 'sparseCategoricalAccuracy', 'SparseCategoricalAccuracy'],
  ])('%s and %s are %s, reported in camelCase and made again by its config', (snake, camel, className) => {
    for (const alias of [snake, camel]) {
      const metric = getMetric(alias, context);
      expect([metric.className, metric.name]).toEqual([className, camel]);
    }
    const metric = getMetric(snake, context);
    const Class = metric.constructor as new (config: object) => lib.Metric;
    expect(new Class(metric.getConfig()).toNative()).toEqual(metric.toNative());
  });
});

describe('a model and its data', () => {
  const make = (): lib.Sequential => {
    lib.setRandomSeed(21);
    return new Sequential([new Embedding(60, 6), new SimpleRNN(9), new Dense(1, { activation: 'sigmoid' })]);
  };
  const draw = drawFrom(77);
  const rows = 53;
  const steps = 14;
  // Lengths differ, and so does the order that the engine would like them in.
  const tokens = draw.integers(rows * steps, 1, 60);
  draw.integers(rows, 0, steps + 1).forEach((zeros, row) => tokens.fill(0, row * steps, row * steps + zeros));
  const x = ids(tokens, [rows, steps]);
  const y = ids(draw.integers(rows, 0, 2), [rows]);
  const rowOf = (row: number): lib.ArrayInput => ids(tokens.subarray(row * steps, (row + 1) * steps), [1, steps]);
  const compile = (model: lib.Sequential): lib.Sequential => {
    model.compile({ optimizer: new RMSprop(0.01), loss: 'binary_crossentropy', metrics: ['accuracy'] });
    return model;
  };
  const quiet = { verbose: 0 } as const;

  test('answers come in the order of the rows, whatever the batch size', async () => {
    const model = make();
    const alone: number[] = [];
    for (let row = 0; row < rows; row++) alone.push((await model.predictOnBatch(rowOf(row))).data[0]!);
    expect(new Set(alone).size).toBeGreaterThan(rows / 2);
    for (const batchSize of [1, 3, 8, 17, 32, 53, 100]) {
      const { data, shape } = await model.predict(x, { batchSize });
      expect(shape).toEqual([rows, 1]);
      data.forEach((value, row) => expect(value).toBeCloseTo(alone[row]!, 6));
    }
  });

  test('sequences of answers come in the order of rows and steps', async () => {
    const model = new Sequential([new Embedding(60, 4), new SimpleRNN(5, { returnSequences: true })]);
    const { data } = await model.predict(x, { batchSize: 20 });
    for (const row of [0, 19, 20, 41, 52]) {
      const one = await model.predictOnBatch(rowOf(row));
      one.data.forEach((value, i) => expect(data[row * steps * 5 + i]!).toBeCloseTo(value, 6));
    }
  });

  test.each([1, 7, 32, 53, 64])('evaluate with batches of %i is what the answers come to', async (batchSize) => {
    const model = compile(make());
    const p = (await model.predict(x)).data;
    let loss = 0;
    let right = 0;
    y.data.forEach((label, row) => {
      loss -= Math.log(label === 1 ? p[row]! : 1 - p[row]!) / rows;
      right += Number(p[row]! > 0.5 === (label === 1)) / rows;
    });
    const [gotLoss, gotRight] = await model.evaluate(x, y, { batchSize, ...quiet });
    expect(Math.abs(gotLoss! - loss) / loss).toBeLessThan(1e-6);
    expect(gotRight).toBeCloseTo(right, 10);
  });

  test('training goes on as if nothing had been predicted or evaluated in between', async () => {
    const [plain, disturbed] = [compile(make()), compile(make())];
    const options = { batchSize: 16, shuffle: false, ...quiet };
    await plain.fit(x, y, { ...options, epochs: 2 });
    await disturbed.fit(x, y, options);
    await disturbed.predict(rowOf(3));
    await disturbed.evaluate(x, y, { batchSize: 5, ...quiet });
    await disturbed.fit(x, y, options);
    expect(valuesOf(disturbed)).toEqual(valuesOf(plain));
  });

  test('weights that are set are those of the next prediction, also between predictions and steps', async () => {
    const model = compile(make());
    const other = make();
    const weights = other
      .getWeights()
      .map(({ data, shape }) => ({ data: data.map((w) => 3 * w + 0.1), shape: [...shape] }));
    other.setWeights(weights);
    const wanted = (await other.predict(x)).data;
    const first = (await model.predict(x)).data;
    expect(first).not.toEqual(wanted);
    model.setWeights(weights);
    expect((await model.predict(x)).data).toEqual(wanted);
    await model.trainOnBatch(x, y);
    expect((await model.predict(x)).data).not.toEqual(wanted);
    model.setWeights(weights);
    expect((await model.predict(x)).data).toEqual(wanted);
    // One layer alone, too.
    model.layers[1]!.setWeights(make().layers[1]!.getWeights());
    expect((await model.predict(x)).data).not.toEqual(wanted);
    model.layers[1]!.setWeights(weights.slice(1, 4));
    expect((await model.predict(x)).data).toEqual(wanted);
  });

  test('two models in turns, and at the same time, learn what each learns by itself', async () => {
    const step = async (model: lib.Sequential, count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await model.trainOnBatch(x, y);
    };
    const alone = compile(make());
    await step(alone, 6);
    const [a, b, c, d] = [compile(make()), compile(make()), compile(make()), compile(make())];
    for (let i = 0; i < 6; i++) {
      await step(a, 1);
      await step(b, 1);
    }
    await Promise.all([step(c, 6), step(d, 6)]);
    for (const model of [a, b, c, d]) expect(valuesOf(model)).toEqual(valuesOf(alone));
  });

  test('longer and shorter data after one another change no answer', async () => {
    const model = make();
    const short = ids([3, 1, 4, 1, 5, 9], [2, 3]);
    const before = (await model.predict(short)).data;
    await model.predict(x);
    await model.predict(rowOf(0));
    expect((await model.predict(short)).data).toEqual(before);
  });
});
