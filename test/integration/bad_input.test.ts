// SPDX-License-Identifier: MIT
// Entry point x argument x hostile value: each cell is refused with a typed error of a stable code, in the house's words,
// and nothing is lost: two live models predict and evaluate to the same bits after every cell.
import * as ostinato from '../../lib';
import { OstinatoError, type ErrorCode, type NdArray } from '../../lib';
import { detach, hostileTo, KINDS, nullable, resizableBuffer, type Kind } from '../support/hostile';

const { Sequential, Embedding, SimpleRNN, Dense, Activation, Flatten, Dropout, Input } = ostinato;

/** Calls are made wrongly on purpose, so that the types of the arguments are left behind here. */
type Wrong = never;
type Call = (value: Wrong) => unknown;

const GOOD_TOKENS = [
  [1, 2, 3, 4],
  [0, 0, 9, 6],
];
const GOOD_LABELS = [0, 1];
/** For the bad rows, which come alone where only an id in them is bad. */
const ONE_LABEL = [1];
const GOOD_VALUES = [
  [
    [1, 2],
    [3, 4],
  ],
  [
    [0, -1],
    [0.5, 2],
  ],
];
const GOOD_IDS = [0, 2];
const QUIET = { verbose: 0 } as const;

ostinato.clearSession();
ostinato.setRandomSeed(3);
const words = new Sequential([new Embedding(10, 4), new SimpleRNN(3), new Dense(1, { activation: 'sigmoid' })]);
words.compile({ optimizer: 'sgd', loss: 'binary_crossentropy', metrics: ['acc'] });
const numbers = new Sequential([new Input([2, 2]), new SimpleRNN(3), new Dense(3, { activation: 'softmax' })]);
numbers.compile({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy', metrics: ['acc'] });

async function fingerprint(): Promise<string> {
  const results: unknown[] = [
    await words.evaluate(GOOD_TOKENS, GOOD_LABELS, QUIET),
    await numbers.evaluate(GOOD_VALUES, GOOD_IDS, QUIET),
  ];
  for (const outputs of [await words.predict(GOOD_TOKENS), await numbers.predict(GOOD_VALUES)])
    results.push(Buffer.from(outputs.data.buffer).toString('hex'));
  return JSON.stringify(results);
}

let before = '';
beforeAll(async () => {
  await words.fit(GOOD_TOKENS, GOOD_LABELS, { ...QUIET, epochs: 2 });
  await numbers.fit(GOOD_VALUES, GOOD_IDS, { ...QUIET, epochs: 2 });
  before = await fingerprint();
});
afterEach(async () => expect(await fingerprint()).toBe(before));

const HOUSE_FORM = /^[^\n]+?: expected [^\n]+, received [^\n]+\.( [^\n]+)?$/;

async function failureOf(call: () => unknown): Promise<OstinatoError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(OstinatoError);
    return error as OstinatoError;
  }
  throw new Error('nothing was thrown');
}

async function expectRefusal(call: () => unknown, code: ErrorCode): Promise<string> {
  const error = await failureOf(call);
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `));
  expect(error.message).toMatch(HOUSE_FORM);
  return error.message;
}

type Cell = readonly [title: string, call: () => unknown, code: ErrorCode];

/** One row of the table: an argument of an entry point, and all that is hostile to its kind. */
function cellsOf(title: string, kind: Kind, call: Call): Cell[] {
  return hostileTo(kind).map(({ name, value, code }) => [`${title} given ${name}`, () => call(value as Wrong), code]);
}

/** Every option of an options object. */
function optionCells(title: string, kinds: Readonly<Record<string, Kind>>, call: (options: Wrong) => unknown): Cell[] {
  return Object.entries(kinds).flatMap(([option, kind]) =>
    cellsOf(`${title}, ${option}`, kind, (value) => call({ [option]: value } as Wrong)),
  );
}

const { size, count, seed, number, amount, positive, share, flag, text, layerName, name, choice } = KINDS;
const axis: Kind = { ...count, legal: ['-1', '0'] };
const { verbose, object, list, options, notYet } = KINDS;

/** A shape given as an option: its type first, then its sizes. */
const inputShape: Kind = { legal: ['null', '[]'], code: (value) => (Array.isArray(value) ? 'ERR_SHAPE' : 'ERR_TYPE') };
const dtype: Kind = { ...notYet };
const ofLayer = { name: nullable(layerName), automaticName: nullable(text), trainable: flag, inputShape, dtype };
const off = nullable(notYet);
const penalty = nullable(name);
const activation = nullable(name);
const ofRecurrent = {
  ...ofLayer,
  activation,
  useBias: flag,
  kernelInitializer: name,
  recurrentInitializer: name,
  biasInitializer: name,
  kernelRegularizer: penalty,
  recurrentRegularizer: penalty,
  biasRegularizer: penalty,
  activityRegularizer: penalty,
  kernelConstraint: penalty,
  recurrentConstraint: penalty,
  biasConstraint: penalty,
  dropout: share,
  recurrentDropout: share,
  seed: nullable(seed),
  returnSequences: flag,
  returnState: flag,
  goBackwards: flag,
  stateful: flag,
  unroll: flag,
  zeroOutputForMask: flag,
};
const ofGates = { recurrentActivation: activation, useCudnn: choice };

const ofPass = {
  batchSize: size,
  verbose,
  callbacks: list,
  signal: object,
};
const ofFit = {
  ...ofPass,
  epochs: size,
  initialEpoch: count,
  validationSplit: share,
  validationData: nullable(object),
  shuffle: flag,
  seed,
};

const pathOf = (value: unknown): unknown =>
  ostinato.datasets.imdb.loadData({ path: '/nonexistent', ...(value as object) });
const kernels = { kernel: [[1, 2], [3, 4]], recurrentKernel: [[1, 0], [0, 1]] }; // prettier-ignore

const table: Cell[] = [
  ...cellsOf('new Sequential', list, (value) => new Sequential(value)),
  ...cellsOf('new Sequential, an item', object, (value) => new Sequential([value])),
  ...cellsOf('new Sequential, options', options, (value) => new Sequential([], value)),
  ...optionCells('new Sequential', { name: nullable(text) }, (o) => new Sequential([], o)),
  ...cellsOf('add', object, (value) => words.add(value)),
  ...cellsOf('build', { ...inputShape, legal: [] }, (value) => new Sequential([new Dense(1)]).build(value)),
  ...cellsOf('build of a built model', { ...inputShape, legal: [] }, (value) => words.build(value)),
  ...cellsOf('compile', options, (value) => words.compile(value)),
  ['compile without a loss', () => words.compile({} as Wrong), 'ERR_CONFIG'],
  ...cellsOf('compile, loss', { ...name, legal: ["['a']", '{}'] }, (value) => words.compile({ loss: value })),
  ['compile, loss a list with an unknown name', () => words.compile({ loss: ['a'] }), 'ERR_UNKNOWN_NAME'],
  ['compile, losses of no output', () => words.compile({ loss: {} }), 'ERR_CONFIG'],
  ...cellsOf('compile, optimizer', { ...name, legal: ['null'] }, (value) =>
    words.compile({ loss: 'mse', optimizer: value }),
  ),
  ...cellsOf('compile, metrics', { ...list, legal: ['[]', 'null', "['a']", '{}'] }, (value) =>
    words.compile({ loss: 'mse', metrics: value }),
  ),
  ...cellsOf('compile, a metric', name, (value) => words.compile({ loss: 'mse', metrics: [value] })),
  ...cellsOf('setWeights', { ...object, legal: ['[]', "['a']"] }, (value) => words.setWeights(value)),
  ...cellsOf('getLayer', { ...object, legal: ['NaN', 'Infinity', '-Infinity', '-1', '0', '1.5', '2 ** 31', '2 ** 53', "'3'", "''"] }, (value) =>
    words.getLayer(value),
  ), // prettier-ignore
  ...['NaN', 'Infinity', '-1', '1.5', '3', '2 ** 31'].map((index): Cell => {
    const value = index === '2 ** 31' ? 2 ** 31 : Number(index);
    return [`getLayer given ${index}`, () => words.getLayer(value), 'ERR_RANGE'];
  }),
  ...cellsOf('fromConfig', object, (value) => Sequential.fromConfig(value)),
  ...cellsOf('fromConfig, a layer', object, (value) => Sequential.fromConfig({ layers: [value] } as Wrong)),
  ...cellsOf('fromConfig, a class name', { legal: [], code: (v) => (typeof v === 'string' ? 'ERR_UNKNOWN_NAME' : 'ERR_TYPE') }, (value) =>
    Sequential.fromConfig({ layers: [{ className: value, config: {} }] } as Wrong),
  ), // prettier-ignore
  ...cellsOf('fromConfig, a layer config', { ...object, legal: [] }, (value) =>
    Sequential.fromConfig({ layers: [{ className: 'Dense', config: value }] } as Wrong),
  ),
  ...cellsOf('summary', options, (value) => words.summary(value)),
  ...optionCells('summary', { printFn: { ...object, legal: ['a function'] }, style: choice, lineLength: nullable(size) }, (o) =>
    words.summary({ printFn: () => undefined, ...(o as object) }),
  ), // prettier-ignore

  ...cellsOf('fit, options', options, (value) => words.fit(GOOD_TOKENS, GOOD_LABELS, value)),
  ...optionCells('fit', ofFit, (o) => words.fit(GOOD_TOKENS, GOOD_LABELS, { verbose: 0, ...(o as object) })),
  ...cellsOf('fit, a callback', object, (value) => words.fit(GOOD_TOKENS, GOOD_LABELS, { verbose: 0, callbacks: [value] })),
  ...cellsOf('evaluate, options', options, (value) => words.evaluate(GOOD_TOKENS, GOOD_LABELS, value)),
  ...optionCells('evaluate', { ...ofPass, returnDict: flag }, (o) =>
    words.evaluate(GOOD_TOKENS, GOOD_LABELS, { verbose: 0, ...(o as object) }),
  ),
  ...cellsOf('predict, options', options, (value) => words.predict(GOOD_TOKENS, value)),
  ...optionCells('predict', ofPass, (o) => words.predict(GOOD_TOKENS, o)),
  ...cellsOf('trainOnBatch, options', options, (value) => words.trainOnBatch(GOOD_TOKENS, GOOD_LABELS, value)),
  ...optionCells('trainOnBatch', { returnDict: flag }, (o) => words.trainOnBatch(GOOD_TOKENS, GOOD_LABELS, o)),
  ...cellsOf('testOnBatch, options', options, (value) => words.testOnBatch(GOOD_TOKENS, GOOD_LABELS, value)),
  ...optionCells('testOnBatch', { returnDict: flag }, (o) => words.testOnBatch(GOOD_TOKENS, GOOD_LABELS, o)),

  ...cellsOf('new Embedding, inputDim', size, (value) => new Embedding(value, 2)),
  ...cellsOf('new Embedding, outputDim', size, (value) => new Embedding(2, value)),
  ...cellsOf('new Embedding, options', options, (value) => new Embedding(2, 2, value)),
  ...optionCells(
    'new Embedding',
    { ...ofLayer, embeddingsInitializer: name, embeddingsRegularizer: penalty, inputLength: nullable(size), maskZero: flag, embeddingsConstraint: penalty, activityRegularizer: penalty },
    (o) => new Embedding(2, 2, o),
  ), // prettier-ignore
  ...([['SimpleRNN', {}], ['LSTM', { ...ofGates, unitForgetBias: flag }], ['GRU', { ...ofGates, resetAfter: flag }]] as const).flatMap(([className, own]) => {
    const Class = ostinato[className] as new (units: Wrong, options?: Wrong) => unknown;
    return [
      ...cellsOf(`new ${className}, units`, size, (value) => new Class(value)),
      ...cellsOf(`new ${className}, options`, options, (value) => new Class(2 as Wrong, value)),
      ...optionCells(`new ${className}`, { ...ofRecurrent, ...own }, (o) => new Class(2 as Wrong, o)),
    ];
  }), // prettier-ignore
  ...cellsOf('new Bidirectional, layer', object, (value) => new ostinato.Bidirectional(value)),
  ...cellsOf('new Bidirectional, options', options, (value) => new ostinato.Bidirectional(new ostinato.GRU(2), value)),
  ...optionCells(
    'new Bidirectional',
    { ...ofLayer, mergeMode: nullable(choice), backwardLayer: nullable(object), weights: { ...object, legal: ['null', '[]', "['a']"] } },
    (o) => new ostinato.Bidirectional(new ostinato.GRU(2), o),
  ), // prettier-ignore
  ...cellsOf('new TimeDistributed, layer', object, (value) => new ostinato.TimeDistributed(value)),
  ...cellsOf('new TimeDistributed, options', options, (value) => new ostinato.TimeDistributed(new Dense(2), value)),
  ...optionCells('new TimeDistributed', ofLayer, (o) => new ostinato.TimeDistributed(new Dense(2), o)),
  ...cellsOf('new Masking, options', options, (value) => new ostinato.Masking(value)),
  ...optionCells('new Masking', { ...ofLayer, maskValue: number }, (o) => new ostinato.Masking(o)),
  ...cellsOf('new RepeatVector, n', size, (value) => new ostinato.RepeatVector(value)),
  ...cellsOf('new RepeatVector, options', options, (value) => new ostinato.RepeatVector(2, value)),
  ...optionCells('new RepeatVector', ofLayer, (o) => new ostinato.RepeatVector(2, o)),
  ...cellsOf('call', { ...object, legal: ['[]'] }, (value) => new SimpleRNN(2).call(value)),
  ...cellsOf('call, options', options, (value) => new SimpleRNN(2).call(GOOD_VALUES, value)),
  ...optionCells(
    'call',
    {
      training: nullable(flag),
      initialState: { ...object, legal: ['null', '[]'] },
      mask: { ...object, legal: ['null', '[]'] },
    },
    (o) => new SimpleRNN(2).call(GOOD_VALUES, o),
  ),
  ...cellsOf('new Dense, units', size, (value) => new Dense(value)),
  ...cellsOf('new Dense, options', options, (value) => new Dense(2, value)),
  ...optionCells(
    'new Dense',
    {
      ...ofLayer,
      activation,
      useBias: flag,
      kernelInitializer: name,
      biasInitializer: name,
      kernelRegularizer: penalty,
      biasRegularizer: penalty,
      activityRegularizer: penalty,
      kernelConstraint: penalty,
      biasConstraint: penalty,
      loraRank: off,
    },
    (o) => new Dense(2, o),
  ),
  ...cellsOf('new Activation', activation, (value) => new Activation(value)),
  ...optionCells('new Activation', ofLayer, (o) => new Activation('relu', o)),
  ...cellsOf('new Flatten, options', options, (value) => new Flatten(value)),
  ...optionCells('new Flatten', { ...ofLayer, dataFormat: off }, (o) => new Flatten(o)),
  ...cellsOf('new Dropout, rate', share, (value) => new Dropout(value)),
  ...cellsOf('new Dropout, options', options, (value) => new Dropout(0.5, value)),
  ...optionCells('new Dropout', { ...ofLayer, seed: nullable(seed), noiseShape: off }, (o) => new Dropout(0.5, o)),
  ...cellsOf('new Input, a size', { ...KINDS.shape, legal: ['null', '2 ** 31'] }, (value) => new Input([value])),
  ...optionCells('new Input', { name: nullable(text) }, (o) => new Input({ shape: [2], ...(o as object) })),

  ...(['SGD', 'RMSprop', 'Adam', 'AdamW', 'Nadam', 'Adamax', 'Adagrad', 'Adadelta', 'Lion'] as const).flatMap((className) => {
    const Optimizer = ostinato[className] as new (first: unknown, second?: unknown) => unknown;
    const own = {
      SGD: { momentum: share, nesterov: flag },
      RMSprop: { rho: share, momentum: share, epsilon: positive, centered: flag },
      Adam: { beta1: share, beta2: share, epsilon: positive, amsgrad: flag },
      AdamW: { beta1: share, beta2: share, epsilon: positive, amsgrad: flag },
      Nadam: { beta1: share, beta2: share, epsilon: positive },
      Adamax: { beta1: share, beta2: share, epsilon: positive },
      Adagrad: { initialAccumulatorValue: amount, epsilon: positive },
      Adadelta: { rho: share, epsilon: positive },
      Lion: { beta1: { ...share, legal: share.legal.filter((legal) => legal !== '0') }, beta2: share },
    }[className];
    const around = {
      weightDecay: className === 'AdamW' ? amount : nullable(amount),
      clipnorm: nullable(positive),
      clipvalue: nullable(positive),
      globalClipnorm: nullable(positive),
      useEma: flag,
      emaMomentum: share,
      emaOverwriteFrequency: nullable(size),
      lossScaleFactor: nullable(positive),
      gradientAccumulationSteps: nullable(size),
    };
    return [
      ...cellsOf(`new ${className}, first argument`, { ...amount, legal: [...amount.legal, '{}', 'a Proxy'] }, (value) => new Optimizer(value)),
      ...cellsOf(`new ${className}, options`, options, (value) => new Optimizer(0.1, value)),
      ...optionCells(`new ${className}`, { learningRate: amount, ...own, ...around, name: text }, (o) => new Optimizer(o)),
    ]; // prettier-ignore
  }),
  ...cellsOf('excludeFromWeightDecay', options, (value) => new ostinato.AdamW().excludeFromWeightDecay(value)),
  ...optionCells('excludeFromWeightDecay', { varNames: { ...list, legal: [...list.legal, "['a']"] } }, (o) => new ostinato.AdamW().excludeFromWeightDecay(o)),
  ...optionCells('new ExponentialDecay', { initialLearningRate: amount, decaySteps: positive, decayRate: amount, staircase: flag, name: text }, (o) => new ostinato.ExponentialDecay({ initialLearningRate: 1, decaySteps: 1, decayRate: 1, ...(o as object) })),
  ...optionCells('new InverseTimeDecay', { initialLearningRate: amount, decaySteps: positive, decayRate: amount, staircase: flag, name: text }, (o) => new ostinato.InverseTimeDecay({ initialLearningRate: 1, decaySteps: 1, decayRate: 1, ...(o as object) })),
  ...optionCells('new PiecewiseConstantDecay', { name: text }, (o) => new ostinato.PiecewiseConstantDecay({ boundaries: [1], values: [1, 2], ...(o as object) })),
  ...optionCells('new PolynomialDecay', { initialLearningRate: amount, decaySteps: positive, endLearningRate: amount, power: amount, cycle: flag, name: text }, (o) => new ostinato.PolynomialDecay({ initialLearningRate: 1, decaySteps: 1, ...(o as object) })),
  ...optionCells('new CosineDecay', { initialLearningRate: amount, decaySteps: positive, alpha: share, warmupTarget: nullable(amount), warmupSteps: amount, name: text }, (o) => new ostinato.CosineDecay({ initialLearningRate: 1, decaySteps: 1, ...(o as object) })),
  ...optionCells('new CosineDecayRestarts', { initialLearningRate: amount, firstDecaySteps: positive, mMul: amount, alpha: share, name: text }, (o) => new ostinato.CosineDecayRestarts({ initialLearningRate: 1, firstDecaySteps: 1, ...(o as object) })),
  ...cellsOf('learningRate of an optimizer', amount, (value) => (words.optimizer!.learningRate = value)),

  ...(['BinaryCrossentropy', 'CategoricalCrossentropy', 'SparseCategoricalCrossentropy'] as const).flatMap((className) => {
    const Loss = ostinato[className] as new (options: unknown) => unknown;
    return [
      ...cellsOf(`new ${className}`, options, (value) => new Loss(value)),
      ...optionCells(`new ${className}`, { fromLogits: { ...flag, legal: ['true', 'null'] }, name: nullable(text) }, (o) => new Loss(o)),
    ];
  }), // prettier-ignore
  ...(['MeanSquaredError', 'MeanAbsoluteError'] as const).flatMap((className) => {
    const Loss = ostinato[className] as new (options: unknown) => unknown;
    return cellsOf(`new ${className}`, options, (value) => new Loss(value));
  }),
  ...cellsOf('new BinaryAccuracy', options, (value) => new ostinato.BinaryAccuracy(value)),
  ...optionCells('new BinaryAccuracy', { threshold: share, name: text }, (o) => new ostinato.BinaryAccuracy(o)),

  ...cellsOf('new Constant', { ...number, code: (value) => (Array.isArray(value) && value.length === 0 ? 'ERR_DATA' : number.code(value)) }, (value) => new ostinato.Constant(value)),
  ...optionCells('new Identity', { gain: number }, (o) => new ostinato.Identity(o)),
  ...optionCells('new RandomUniform', { minval: { ...number, legal: ['-1', '0'] }, maxval: { ...amount, legal: ['0', '1.5', '2 ** 31', '2 ** 53'] }, seed: nullable(seed) }, (o) => new ostinato.RandomUniform(o)),
  ...optionCells('new RandomNormal', { mean: number, stddev: amount, seed: nullable(seed) }, (o) => new ostinato.RandomNormal(o)),
  ...optionCells('new TruncatedNormal', { mean: number, stddev: amount, seed: nullable(seed) }, (o) => new ostinato.TruncatedNormal(o)),
  ...optionCells('new VarianceScaling', { scale: positive, mode: choice, distribution: choice, seed: nullable(seed) }, (o) => new ostinato.VarianceScaling(o)),
  ...optionCells('new Orthogonal', { gain: number, seed: nullable(seed) }, (o) => new ostinato.Orthogonal(o)),
  ...optionCells('new GlorotUniform', { seed: nullable(seed) }, (o) => new ostinato.GlorotUniform(o)),
  ...cellsOf('initialize', { ...KINDS.shape, legal: ['[]'] }, (value) => new ostinato.GlorotUniform().initialize(value)),
  ...cellsOf('initialize, a size', { ...KINDS.shape, legal: ['2 ** 31', '2 ** 53'] }, (value) => new ostinato.Zeros().initialize([value])),
  ...cellsOf('initialize, seed', seed, (value) => new ostinato.GlorotUniform().initialize([2, 2], value)),
  ...cellsOf('new L1', amount, (value) => new ostinato.L1(value)),
  ...cellsOf('new L2', amount, (value) => new ostinato.L2(value)),
  ...optionCells('new L1L2', { l1: amount, l2: amount }, (o) => new ostinato.L1L2(o)),
  ...optionCells('new OrthogonalRegularizer', { factor: amount, mode: choice }, (o) => new ostinato.OrthogonalRegularizer(o)),
  ...optionCells('new MaxNorm', { maxValue: amount, axis }, (o) => new ostinato.MaxNorm(o)),
  ...optionCells('new UnitNorm', { axis }, (o) => new ostinato.UnitNorm(o)),
  ...optionCells('new MinMaxNorm', { minValue: { ...amount, legal: ['0'] }, maxValue: amount, rate: { ...share, legal: ['0'] }, axis }, (o) => new ostinato.MinMaxNorm(o)),

  ...optionCells(
    'new EarlyStopping',
    { monitor: text, minDelta: number, patience: count, mode: choice, baseline: nullable(number), restoreBestWeights: flag, startFromEpoch: count },
    (o) => new ostinato.EarlyStopping(o),
  ),
  ...cellsOf('new ProgbarLogger', options, (value) => new ostinato.ProgbarLogger(value)),

  ...cellsOf('padSequences', { ...object, legal: ['[]', "['a']"] }, (value) => ostinato.padSequences(value)),
  ...cellsOf('padSequences, a sequence', { ...object, legal: ['[]', "['a']"] }, (value) => ostinato.padSequences([value])),
  ...cellsOf('padSequences, an element', { legal: ['true', '-1', '0', '1.5'], code: (value) => (typeof value === 'number' ? 'ERR_RANGE' : 'ERR_TYPE') }, (value) => ostinato.padSequences([[1, value]])).filter(([title]) => !/\[|\{|Proxy|Array/.test(title)),
  ...cellsOf('padSequences, options', options, (value) => ostinato.padSequences([[1]], value)),
  ...optionCells('padSequences', { maxlen: nullable({ ...size, legal: [] }), dtype: nullable(choice), padding: nullable(choice), truncating: nullable(choice), value: { ...number, legal: ['null', '-1', '0', '1.5'] } }, (o) => ostinato.padSequences([[1]], o)),

  ...cellsOf('loadData', options, (value) => ostinato.datasets.imdb.loadData(value)),
  ...optionCells('loadData', { numWords: nullable(size), skipTop: nullable(count), maxlen: nullable(size), seed: { ...seed, legal: ['0', 'null', '2 ** 31'] }, startChar: nullable(count), oovChar: nullable(count), indexFrom: nullable(count), onProgress: { ...object, legal: ['a function'] } }, pathOf),
  ...cellsOf('loadData, path', { legal: ["'3'"], code: (value) => (typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE') }, (value) => ostinato.datasets.imdb.loadData({ path: value })),
  ...cellsOf('getWordIndex', { legal: ["'3'"], code: (value) => (typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE') }, (value) => ostinato.datasets.imdb.getWordIndex(value)),
  ...optionCells('syntheticReviews', { train: nullable(size), test: nullable(size), numWords: nullable(size), seed: { ...seed, legal: ['0', 'null', '2 ** 31'] } }, (o) => ostinato.datasets.syntheticReviews({ train: 1, test: 1, ...(o as object) })),

  ...cellsOf('simpleRnn, parameters', { ...options, legal: [] }, (value) => ostinato.simpleRnn([[1, 2]], value)),
  ...(['kernel', 'recurrentKernel', 'bias', 'initialState'] as const).flatMap((option) =>
    cellsOf(`simpleRnn, ${option}`, { ...object, legal: ['[]', "['a']", ...(option.endsWith('ernel') ? [] : ['null'])] }, (value) =>
      ostinato.simpleRnn([[1, 2]], { ...kernels, [option]: value }),
    ),
  ),
  ...optionCells('simpleRnn', { activation, returnSequences: flag, returnState: flag }, (o) => ostinato.simpleRnn([[1, 2]], { ...kernels, ...(o as object) })),

  ...cellsOf('setThreads', { ...size, legal: [] }, (value) => ostinato.setThreads(value)),
  ['setThreads given 257', () => ostinato.setThreads(257), 'ERR_CONFIG'],
  ...cellsOf('setRandomSeed', seed, (value) => ostinato.setRandomSeed(value)),
  ...cellsOf('new NdArray, data', object, (value) => new ostinato.NdArray(value, [1])),
  ...cellsOf('new NdArray, shape', { ...KINDS.shape, legal: [] }, (value) => new ostinato.NdArray(new Float32Array(2), value)),
  ...cellsOf('new NdArray, a size', { ...KINDS.shape, legal: [] }, (value) => new ostinato.NdArray(new Float32Array(3), [value])),
  ...cellsOf('row', { legal: ['0'], code: () => 'ERR_RANGE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1]).row(value)),
  ...cellsOf('get', { legal: ['0'], code: () => 'ERR_RANGE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1]).get(value)),
  ...cellsOf('slice', { legal: ['0'], code: () => 'ERR_RANGE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1]).slice(value)),
  ...cellsOf('take', { legal: ['[]', "['a']"], code: () => 'ERR_TYPE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1]).take(value)),
  ...cellsOf('take, an index', { legal: ['0'], code: () => 'ERR_RANGE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1]).take([value])),
  ...(['argmax', 'max', 'sum', 'mean'] as const).flatMap((name) =>
    cellsOf(name, { legal: ['-1', '0'], code: () => 'ERR_RANGE' }, (value) => new ostinato.NdArray(new Float32Array(1), [1])[name](value)),
  ),
  ...cellsOf('toCategorical', { ...object, legal: ['[]', "['a']"] }, (value) => ostinato.toCategorical(value)),
  ...cellsOf('toCategorical, numClasses', nullable(size), (value) => ostinato.toCategorical([0], value)),
  ...cellsOf('ctcDecode', { ...object, legal: ['[]', "['a']"] }, (value) => ostinato.ctcDecode(value, [1])),
  ...cellsOf('ctcDecode, sequenceLengths', { ...object, legal: ['[]', "['a']"] }, (value) => ostinato.ctcDecode([[[1, 2]]], value)),
  ...cellsOf('ctcDecode, options', options, (value) => ostinato.ctcDecode([[[1, 2]]], [1], value)),
  ...optionCells('ctcDecode', { beamWidth: size, topPaths: size, mergeRepeated: flag, maskIndex: nullable({ ...count, legal: ['0'] }) }, (o) => ostinato.ctcDecode([[[1, 2]]], [1], o)),
  ...cellsOf('reshape', { ...KINDS.shape, legal: [] }, (value) => new ostinato.NdArray(new Float32Array(2), [2]).reshape(value)),
]; // prettier-ignore

describe('options and sizes', () => {
  test.each(table)('%s: refused', async (_title, call, code) => {
    await expectRefusal(call, code);
  });
});

/** The same row without the element `index`. */
function hole(row: readonly number[], index: number): number[] {
  const sparse = new Array<number>(row.length);
  row.forEach((value, i) => {
    if (i !== index) sparse[i] = value;
  });
  return sparse;
}
const cyclic: unknown[] = [];
cyclic.push(cyclic);
const shrunk = (): Int32Array => {
  const buffer = resizableBuffer(32);
  const view = new Int32Array(buffer);
  (buffer as ArrayBuffer & { resize(bytes: number): void }).resize(16);
  return view;
};

type BadArray = readonly [title: string, make: () => unknown, code: ErrorCode];

/** Wrong wherever an array of numbers is taken. */
const badArrays: readonly BadArray[] = [
  ['undefined', () => undefined, 'ERR_TYPE'],
  ['null', () => null, 'ERR_TYPE'],
  ['true', () => true, 'ERR_TYPE'],
  ['a number', () => 3, 'ERR_TYPE'],
  ['a string', () => '1234', 'ERR_TYPE'],
  ['a symbol', () => Symbol('x'), 'ERR_TYPE'],
  ['a BigInt', () => 3n, 'ERR_TYPE'],
  ['a function', () => () => 1, 'ERR_TYPE'],
  ['an object', () => ({}), 'ERR_TYPE'],
  ['a Proxy', () => new Proxy({}, {}), 'ERR_TYPE'],
  ['a Map', () => new Map([[0, 1]]), 'ERR_TYPE'],
  ['a promise', () => Promise.resolve([[1, 2, 3, 4]]), 'ERR_TYPE'],
  ['an ArrayBuffer', () => new ArrayBuffer(16), 'ERR_TYPE'],
  ['a DataView', () => new DataView(new ArrayBuffer(16)), 'ERR_TYPE'],
  ['a BigInt64Array', () => new BigInt64Array(4), 'ERR_TYPE'],
  ['a BigUint64Array with a shape', () => ({ data: new BigUint64Array(8), shape: [2, 4] }), 'ERR_TYPE'],
  ['plain numbers with a shape', () => ({ data: [1, 2], shape: [1, 2] }), 'ERR_TYPE'],
  ['an empty array', () => [], 'ERR_DATA'],
  ['an empty typed array', () => new Int32Array(0), 'ERR_DATA'],
  ['empty rows', () => [[], []], 'ERR_DATA'],
  ['no rows of four', () => ({ data: new Int32Array(0), shape: [0, 4] }), 'ERR_DATA'],
  ['an array that contains itself', () => cyclic, 'ERR_SHAPE'],
  ['a shape that is null', () => ({ data: new Int32Array(8), shape: null }), 'ERR_SHAPE'],
  ['a shape without axes', () => ({ data: new Int32Array(1), shape: [] }), 'ERR_SHAPE'],
  ['a shape for other data', () => ({ data: new Int32Array(8), shape: [2, 5] }), 'ERR_SHAPE'],
  ['a negative shape', () => ({ data: new Int32Array(8), shape: [-2, -4] }), 'ERR_SHAPE'],
  ['a shape of fractions', () => ({ data: new Int32Array(8), shape: [2.5, 3.2] }), 'ERR_SHAPE'],
  ['a shape of strings', () => ({ data: new Int32Array(8), shape: ['2', '4'] }), 'ERR_SHAPE'],
  ['a shape of NaN', () => ({ data: new Int32Array(8), shape: [NaN, 4] }), 'ERR_SHAPE'],
  ['a shape of 2 ** 53', () => ({ data: new Int32Array(8), shape: [2 ** 53, 1] }), 'ERR_SHAPE'],
  ['a shape that overflows', () => ({ data: new Int32Array(8), shape: [2 ** 40, 2 ** 40] }), 'ERR_SHAPE'],
  ['a detached array', () => detach(new Int32Array(8)), 'ERR_DATA'],
  ['a detached array with a shape', () => ({ data: detach(new Float32Array(8)), shape: [2, 4] }), 'ERR_DATA'],
  ['shared memory', () => ({ data: new Int32Array(new SharedArrayBuffer(32)), shape: [2, 4] }), 'ERR_DATA'],
  ['resizable memory', () => ({ data: new Int32Array(resizableBuffer(32)), shape: [2, 4] }), 'ERR_DATA'],
  ['memory that shrank', () => ({ data: shrunk(), shape: [1, 4] }), 'ERR_DATA'],
  ['rows in shared memory', () => [new Int32Array(new SharedArrayBuffer(16))], 'ERR_DATA'],
  ['rows in resizable memory', () => [new Int32Array(resizableBuffer(16))], 'ERR_DATA'],
];

/** Wrong for the tokens [N,4] of ids from 0 to 9. */
const badTokens: readonly BadArray[] = [
  ...badArrays,
  ['rows of two lengths', () => [[1, 2, 3, 4], [1, 2]], 'ERR_SHAPE'],
  ['a row that is a number', () => [[1, 2, 3, 4], 5], 'ERR_TYPE'],
  ['strings', () => [['1', '2', '3', '4']], 'ERR_TYPE'],
  ['one string', () => [[1, 2, 3, '4']], 'ERR_TYPE'],
  ['null inside', () => [[1, null, 3, 4]], 'ERR_TYPE'],
  ['a BigInt inside', () => [[1, 2n, 3, 4]], 'ERR_TYPE'],
  ['a hole', () => [hole([1, 2, 3, 4], 2)], 'ERR_TYPE'],
  ['a hole for a row', () => hole([[1, 2, 3, 4], [1, 2, 3, 4]] as never, 1), 'ERR_TYPE'],
  ['uneven depth', () => [[1, [2], 3, 4]], 'ERR_SHAPE'],
  ['one axis', () => [1, 2, 3, 4], 'ERR_SHAPE'],
  ['one axis, typed', () => new Int32Array(4), 'ERR_SHAPE'],
  ['three axes', () => [[[1, 2, 3, 4]]], 'ERR_SHAPE'],
  ['NaN for an id', () => [[1, NaN, 3, 4]], 'ERR_DATA'],
  ['a fraction for an id', () => [[1, 1.5, 3, 4]], 'ERR_DATA'],
  ['a subnormal for an id', () => [[1, 5e-324, 3, 4]], 'ERR_DATA'],
  ['infinity for an id', () => [[1, Infinity, 3, 4]], 'ERR_DATA'],
  ['an id of -1', () => [[1, -1, 3, 4]], 'ERR_RANGE'],
  ['an id beyond the vocabulary', () => [[1, 10, 3, 4]], 'ERR_RANGE'],
  ['an id of 2 ** 31 - 1', () => [[1, 2 ** 31 - 1, 3, 4]], 'ERR_RANGE'],
  ['an id of 2 ** 31', () => [[1, 2 ** 31, 3, 4]], 'ERR_RANGE'],
  ['an id of 2 ** 32', () => [[1, 2 ** 32, 3, 4]], 'ERR_RANGE'],
  ['an id of 2 ** 53', () => [[1, 2 ** 53, 3, 4]], 'ERR_RANGE'],
  ['NaN in typed ids', () => ({ data: new Float64Array([1, NaN, 3, 4]), shape: [1, 4] }), 'ERR_DATA'],
  ['fractions in typed ids', () => ({ data: new Float32Array([1, 0.5, 3, 4]), shape: [1, 4] }), 'ERR_DATA'],
  ['typed ids below 0', () => ({ data: new Int8Array([1, -2, 3, 4]), shape: [1, 4] }), 'ERR_RANGE'],
  ['typed ids beyond the vocabulary', () => ({ data: new Uint8Array([1, 200, 3, 4]), shape: [1, 4] }), 'ERR_RANGE'],
  ['typed ids of 2 ** 32 - 1', () => ({ data: new Uint32Array([1, -1, 3, 4]), shape: [1, 4] }), 'ERR_RANGE'],
]; // prettier-ignore

/** Wrong for the labels of two rows, each from 0 to 1. */
const badLabels: readonly BadArray[] = [
  ...badArrays.filter(([title]) => !title.includes('rows in')),
  ['strings', () => ['0', '1'], 'ERR_TYPE'],
  ['a hole', () => hole([0, 1], 1), 'ERR_TYPE'],
  ['one row too few', () => [1], 'ERR_SHAPE'],
  ['one row too many', () => [1, 0, 1], 'ERR_SHAPE'],
  ['two columns', () => [[0, 1], [1, 0]], 'ERR_SHAPE'],
  ['three axes', () => [[[0]], [[1]]], 'ERR_SHAPE'],
  ['rows of two lengths', () => [[0], [0, 1]], 'ERR_SHAPE'],
  ['NaN', () => [0, NaN], 'ERR_DATA'],
  ['infinity', () => [0, Infinity], 'ERR_DATA'],
  ['-1', () => [-1, 1], 'ERR_RANGE'],
  ['2', () => [0, 2], 'ERR_RANGE'],
  ['NaN, typed', () => new Float64Array([0, NaN]), 'ERR_DATA'],
]; // prettier-ignore

/** Wrong for the values [N,2,2]. */
const badValues: readonly BadArray[] = [
  ...badArrays,
  ['strings', () => [[['1', '2'], ['3', '4']]], 'ERR_TYPE'],
  ['a hole', () => [[hole([1, 2], 1), [3, 4]]], 'ERR_TYPE'],
  ['rows of two lengths', () => [[[1, 2], [3]]], 'ERR_SHAPE'],
  ['another number of features', () => [[[1, 2, 3], [4, 5, 6]]], 'ERR_SHAPE'],
  ['another number of timesteps', () => [[[1, 2]]], 'ERR_SHAPE'],
  ['two axes', () => [[1, 2], [3, 4]], 'ERR_SHAPE'],
  ['one axis', () => [1, 2], 'ERR_SHAPE'],
  ['four axes', () => [[[[1, 2], [3, 4]]]], 'ERR_SHAPE'],
]; // prettier-ignore

/** Wrong for the class ids of two rows, from 0 to 2. */
const badIds: readonly BadArray[] = [
  ['strings', () => ['0', '1'], 'ERR_TYPE'],
  ['a fraction', () => [0, 1.5], 'ERR_DATA'],
  ['NaN', () => [0, NaN], 'ERR_DATA'],
  ['infinity', () => [0, Infinity], 'ERR_DATA'],
  ['-1', () => [0, -1], 'ERR_RANGE'],
  ['a class too many', () => [0, 3], 'ERR_RANGE'],
  ['2 ** 31', () => [0, 2 ** 31], 'ERR_RANGE'],
  ['one row too few', () => [0], 'ERR_SHAPE'],
  ['one-hot rows', () => [[1, 0, 0], [0, 0, 1]], 'ERR_SHAPE'],
]; // prettier-ignore

function dataCells(entry: string, bad: readonly BadArray[], call: Call): Cell[] {
  return bad.map(([title, make, code]) => [`${entry} given ${title}`, () => call(make() as Wrong), code]);
}

/** For a model an object holds arrays by name. */
const byName = (cells: Cell[]): Cell[] =>
  cells.map(([title, call, code]) => [title, call, title.endsWith(' given an object') ? 'ERR_CONFIG' : code]);

describe('data', () => {
  const cells: Cell[] = [
    ...byName([
      ...dataCells('fit, x', badTokens, (x) => words.fit(x, ONE_LABEL, QUIET)),
      ...dataCells('fit, y', badLabels, (y) => words.fit(GOOD_TOKENS, y, QUIET)),
      ...dataCells('fit, x of validationData', badTokens, (x) =>
        words.fit(GOOD_TOKENS, GOOD_LABELS, { verbose: 0, validationData: [x, ONE_LABEL] }),
      ),
      ...dataCells('fit, y of validationData', badLabels, (y) =>
        words.fit(GOOD_TOKENS, GOOD_LABELS, { verbose: 0, validationData: [GOOD_TOKENS, y] }),
      ),
      ...dataCells('evaluate, x', badTokens, (x) => words.evaluate(x, ONE_LABEL, QUIET)),
      ...dataCells('evaluate, y', badLabels, (y) => words.evaluate(GOOD_TOKENS, y, QUIET)),
      ...dataCells('trainOnBatch, x', badTokens, (x) => words.trainOnBatch(x, ONE_LABEL)),
      ...dataCells('trainOnBatch, y', badLabels, (y) => words.trainOnBatch(GOOD_TOKENS, y)),
      ...dataCells('testOnBatch, x', badTokens, (x) => words.testOnBatch(x, ONE_LABEL)),
      ...dataCells('testOnBatch, y', badLabels, (y) => words.testOnBatch(GOOD_TOKENS, y)),
      ...dataCells('predict', badTokens, (x) => words.predict(x)),
      ...dataCells('predictOnBatch', badTokens, (x) => words.predictOnBatch(x)),
      ...dataCells('predict of values', badValues, (x) => numbers.predict(x)),
      ...dataCells('fit of values, x', badValues, (x) => numbers.fit(x, GOOD_IDS, QUIET)),
      ...dataCells('fit of values, class ids', badIds, (y) => numbers.fit(GOOD_VALUES, y, QUIET)),
      ...dataCells('trainOnBatch of values, class ids', badIds, (y) => numbers.trainOnBatch(GOOD_VALUES, y)),
    ]),
    ...dataCells('simpleRnn, inputs', badArrays, (x) => ostinato.simpleRnn(x, kernels)),
    ...dataCells('setWeights, the first weight', badArrays, (weight) => {
      words.setWeights([weight, ...words.getWeights().slice(1)] as Wrong);
    }),
    ...dataCells('setWeights, the last weight', badArrays, (weight) => {
      words.setWeights([
        ...words
          .getWeights()
          .slice(0, -1)
          .map((kept: NdArray) => kept.data.fill(7)),
        weight,
      ] as Wrong);
    }),
  ];

  test.each(cells)('%s: refused', async (_title, call, code) => {
    await expectRefusal(call, code);
  });

  test('an id out of the vocabulary is named with its place and the remedy', async () => {
    const message = await expectRefusal(() => words.predict([[1, 2, 3, 4], [1, 2, 10, 4]]), 'ERR_RANGE'); // prettier-ignore
    expect(message).toContain('received 10 at [1, 2].');
    expect(message).toContain('larger inputDim');
  });
});

describe('misspelt names', () => {
  test.each<[string, () => unknown, ErrorCode, string]>([
    ['an option of Sequential', () => new Sequential([], { nme: 'a' } as Wrong), 'ERR_UNKNOWN_OPTION', 'name'],
    ['an option of compile', () => words.compile({ los: 'mse' } as Wrong), 'ERR_UNKNOWN_OPTION', 'loss'],
    ['an option of fit', () => words.fit(GOOD_TOKENS, GOOD_LABELS, { batchsize: 1 } as Wrong), 'ERR_UNKNOWN_OPTION', 'batchSize'],
    ['a snake_case option of fit', () => words.fit(GOOD_TOKENS, GOOD_LABELS, { validation_split: 0.5 } as Wrong), 'ERR_UNKNOWN_OPTION', 'validationSplit'],
    ['an option of evaluate', () => words.evaluate(GOOD_TOKENS, GOOD_LABELS, { verbos: 0 } as Wrong), 'ERR_UNKNOWN_OPTION', 'verbose'],
    ['an option of predict', () => words.predict(GOOD_TOKENS, { batchSise: 1 } as Wrong), 'ERR_UNKNOWN_OPTION', 'batchSize'],
    ['an option of trainOnBatch', () => words.trainOnBatch(GOOD_TOKENS, GOOD_LABELS, { returndict: true } as Wrong), 'ERR_UNKNOWN_OPTION', 'returnDict'],
    ['an option of summary', () => words.summary({ printfn: () => 0 } as Wrong), 'ERR_UNKNOWN_OPTION', 'printFn'],
    ['an option of Embedding', () => new Embedding(2, 2, { inputLenght: 3 } as Wrong), 'ERR_UNKNOWN_OPTION', 'inputLength'],
    ['an option of SimpleRNN', () => new SimpleRNN(2, { return_sequences: true } as Wrong), 'ERR_UNKNOWN_OPTION', 'returnSequences'],
    ['an option of Dense', () => new Dense(2, { activaton: 'relu' } as Wrong), 'ERR_UNKNOWN_OPTION', 'activation'],
    ['an option of Dropout', () => new Dropout(0.5, { sead: 1 } as Wrong), 'ERR_UNKNOWN_OPTION', 'seed'],
    ['an option of RMSprop', () => new ostinato.RMSprop({ learningrate: 1 } as Wrong), 'ERR_UNKNOWN_OPTION', 'learningRate'],
    ['an option of Adam', () => new ostinato.Adam({ beta_1: 0.5 } as Wrong), 'ERR_UNKNOWN_OPTION', 'beta1'],
    ['an option of a loss', () => new ostinato.BinaryCrossentropy({ fromLogit: true } as Wrong), 'ERR_UNKNOWN_OPTION', 'fromLogits'],
    ['an option of padSequences', () => ostinato.padSequences([[1]], { maxLength: 3 } as Wrong), 'ERR_UNKNOWN_OPTION', 'maxlen'],
    ['an option of loadData', () => ostinato.datasets.imdb.loadData({ numwords: 3 } as Wrong), 'ERR_UNKNOWN_OPTION', 'numWords'],
    ['an option of simpleRnn', () => ostinato.simpleRnn([[1, 2]], { ...kernels, biass: null } as Wrong), 'ERR_UNKNOWN_OPTION', 'bias'],
    ['an activation', () => new Dense(1, { activation: 'sigmoyd' }), 'ERR_UNKNOWN_NAME', 'sigmoid'],
    ['an initializer', () => new Dense(1, { kernelInitializer: 'glorot_unifrom' }), 'ERR_UNKNOWN_NAME', 'glorot_uniform'],
    ['a regularizer', () => new Dense(1, { kernelRegularizer: 'l3' as Wrong }), 'ERR_UNKNOWN_NAME', 'l1'],
    ['a loss', () => words.compile({ loss: 'binary_crosentropy' }), 'ERR_UNKNOWN_NAME', 'binary_crossentropy'],
    ['an optimizer', () => words.compile({ loss: 'mse', optimizer: 'rmspop' }), 'ERR_UNKNOWN_NAME', 'rmsprop'],
    ['a metric', () => words.compile({ loss: 'mse', metrics: ['acuracy'] }), 'ERR_UNKNOWN_NAME', 'accuracy'],
    ['a padding side', () => ostinato.padSequences([[1]], { padding: 'prre' as Wrong }), 'ERR_CONFIG', 'pre'],
    ['a style of summary', () => words.summary({ style: 'keras-2' as Wrong }), 'ERR_CONFIG', 'keras2'],
    ['a layer class', () => Sequential.fromConfig({ layers: [{ className: 'SimpelRNN', config: {} }] } as Wrong), 'ERR_UNKNOWN_NAME', 'simple_rnn'],
    ['a layer name', () => words.getLayer('simple_rn_1'), 'ERR_UNKNOWN_NAME', 'simple_rnn_1'],
  ])('%s: the nearest one is offered', async (_title, call, code, hint) => {
    expect(await expectRefusal(call, code)).toMatch(new RegExp(`Did you mean ['"]${hint}['"]\\?`));
  }); // prettier-ignore
});

test('the table has at least 500 cells', () => {
  expect(table.length).toBeGreaterThan(500);
  expect(new Set(table.map(([title]) => title)).size).toBe(table.length);
});
