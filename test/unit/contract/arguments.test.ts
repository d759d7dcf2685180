// SPDX-License-Identifier: MIT
// Nothing that is given is dropped in silence: every public constructor, method and function refuses arguments behind those
// that it takes, options that it does not have, and nonsense for each option that it has. What is public, and what options
// there are, is read from the types, so that what is new is tried as well, or is missed here by name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as lib from '../../../lib';
import { Recurrent } from '../../../lib/layers/recurrent';
import { TextDataset } from '../../../lib/preprocessing/text_dataset';
import { TimeseriesDataset } from '../../../lib/preprocessing/timeseries';
import { publicCalls, type PublicCall } from '../../support/public_api';

type Call = (...args: unknown[]) => unknown;
type Class = (new (...args: unknown[]) => object) & Record<string, Call>;

/** Public by their types alone: users are given objects of these classes. */
const UNNAMED: Record<string, unknown> = { Recurrent, TextDataset, TimeseriesDataset };
const CALLS = publicCalls();

const at = (name: string): unknown =>
  UNNAMED[name] ?? name.split('.').reduce<unknown>((owner, key) => (owner as Record<string, unknown>)[key], lib);

/** A call with these arguments, on nothing: arguments are counted before anything else. */
function bare({ kind, owner, key }: PublicCall, args: unknown[]): unknown {
  if (kind === 'function') return (at(owner === '' ? key : `${owner}.${key}`) as Call)(...args);
  const Class = at(owner) as Class;
  if (kind === 'constructor') return new Class(...args);
  if (kind === 'static') return Class[key]!(...args);
  const { prototype } = Class as { prototype: object };
  return ((prototype as Record<string, Call>)[key] as Call).apply(Object.create(prototype), args);
}

/** The code of the error that a call throws or rejects with; `none` where it does neither. */
async function codeOf(call: () => unknown): Promise<{ code: string; message: string; threw: boolean }> {
  let threw = true;
  try {
    const result = call();
    threw = false;
    await result;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { code: String(code), message, threw };
  }
  return { code: 'none', message: '', threw };
}

test('the types tell of everything that is public', () => {
  expect(CALLS.length).toBeGreaterThan(500);
  for (const name of [
    'new Input',
    'Sequential#fit',
    'Sequential.fromConfig',
    'LSTM#call',
    'datasets.imdb.loadData',
    'l1',
  ])
    expect(CALLS.map((call) => call.name)).toContain(name);
});

describe('arguments', () => {
  test('behind those that are taken are refused, whatever is called', async () => {
    const wrong: string[] = [];
    for (const call of CALLS) {
      const args = [...Array<undefined>(call.most), { notRead: 1 }];
      const { code, message } = await codeOf(() => bare(call, args));
      if (code !== 'ERR_TYPE' || !/expected (no further argument|at most)/.test(message))
        wrong.push(`${call.name} with ${args.length} arguments: ${code} ${message}`);
    }
    expect(wrong).toEqual([]);
  });

  test('as many as are taken are never too many', async () => {
    const wrong: string[] = [];
    // These would do something.
    for (const call of CALLS.filter(({ name }) => !/clearSession|^datasets/.test(name))) {
      const { message } = await codeOf(() => bare(call, Array<undefined>(call.most)));
      if (/no further argument/.test(message)) wrong.push(`${call.name}: ${message}`);
    }
    expect(wrong).toEqual([]);
  });

  test('are refused by a rejection where a promise is due', async () => {
    const model = new lib.Sequential([new lib.Input([2]), new lib.Dense(1)]) as unknown as Record<string, Call>;
    for (const key of ['fit', 'evaluate', 'predict', 'trainOnBatch', 'predictOnBatch', 'save', 'loadWeights'])
      expect(await codeOf(() => model[key]!(1, 2, 3, 4))).toMatchObject({ code: 'ERR_TYPE', threw: false });
    expect(await codeOf(() => (lib.loadAssets as Call)('a.safetensors', {}))).toMatchObject({ threw: false });
  });
});

const X = [[[1, 2]], [[3, 4]]];
const Y = [[0], [1]];
const sequential = (): lib.Sequential => {
  const model = new lib.Sequential([new lib.Input([1, 2]), new lib.SimpleRNN(2), new lib.Dense(1)]);
  model.compile({ loss: 'mse' });
  return model;
};
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ostinato-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const file = (): string => path.join(folder, 'model.safetensors');
const quiet = (options: object): never => ({ verbose: 0, ...options }) as never;

/** Arguments before the options, where a class needs them. */
const BEFORE: Record<string, () => unknown[]> = {
  'new Activation': () => ['relu'],
  'new Dot': () => [1],
  'new GaussianDropout': () => [0.5],
  'new GRUCell': () => [2],
  'new LSTMCell': () => [2],
  'new Model': () => {
    const x = new lib.Input([2]);
    return [x, new lib.Dense(1).apply(x)];
  },
  'new MultiHeadAttention': () => [2, 2],
  'new Permute': () => [[2, 1]],
  'new Rescaling': () => [2],
  'new RNN': () => [new lib.LSTMCell(2)],
  'new SimpleRNNCell': () => [2],
  'new StackedRNNCells': () => [[new lib.LSTMCell(2)]],
  'new AveragePooling1D': () => [2],
  'new Bidirectional': () => [new lib.LSTM(2)],
  'new Conv1D': () => [2, 2],
  'new Dense': () => [2],
  'new Dropout': () => [0.5],
  'new Embedding': () => [3, 2],
  'new GaussianNoise': () => [0.5],
  'new GRU': () => [2],
  'new Input': () => [[2]],
  'new LSTM': () => [2],
  'new RepeatVector': () => [2],
  'new Reshape': () => [[2]],
  'new SimpleRNN': () => [2],
  'new SpatialDropout1D': () => [0.5],
  'new TimeDistributed': () => [new lib.Dense(2)],
  'new IoU': () => [2, [0]],
  'new LossMetric': () => ['mse'],
  'new MeanIoU': () => [2],
  'new PrecisionAtRecall': () => [0.5],
  'new RecallAtPrecision': () => [0.5],
  'new SensitivityAtSpecificity': () => [0.5],
  'new SpecificityAtSensitivity': () => [0.5],
  'new CosineDecay': () => [0.1, 10],
  'new CosineDecayRestarts': () => [0.1, 10],
  'new ExponentialDecay': () => [0.1, 10, 0.5],
  'new InverseTimeDecay': () => [0.1, 10, 0.5],
  'new PiecewiseConstantDecay': () => [[1], [0.1, 0.2]],
  'new PolynomialDecay': () => [0.1, 10],
  'new BackupAndRestore': () => ['backup'],
  'new CSVLogger': () => ['log.csv'],
  'new LearningRateScheduler': () => [() => 0.1],
  'new ModelCheckpoint': () => ['model.safetensors'],
};

/** Calls with options that are no constructors. */
const WITH_OPTIONS: Record<string, (options: never) => unknown> = {
  'Model#summary': (options) => sequential().summary({ printFn: () => undefined, ...(options as object) }),
  'Model#compile': (options) => sequential().compile({ loss: 'mse', ...(options as object) }),
  'Model#fit': (options) => sequential().fit(X, Y, quiet(options)),
  'Model#evaluate': (options) => sequential().evaluate(X, Y, quiet(options)),
  'Model#predict': (options) => sequential().predict(X, options),
  'Model#gather': (options) => sequential().gather(options),
  'Model#trainOnBatch': (options) => sequential().trainOnBatch(X, Y, options),
  'Model#testOnBatch': (options) => sequential().testOnBatch(X, Y, options),
  'Model#save': (options) => sequential().save(file(), options),
  'Model#saveWeights': (options) => sequential().saveWeights(file(), options),
  'Model#loadWeights': (options) => sequential().loadWeights(file(), options),
  'Model#toOnnx': (options) => sequential().toOnnx(path.join(folder, 'model.onnx'), options),
  'Layer#apply': (options) => new lib.LSTM(2).apply(new lib.Input([1, 2]), options),
  'Model#openStream': (options) => sequential().openStream(options),
  'Model#openStreams': (options) => sequential().openStreams(0, options),
  'Normalization#adapt': (options) => new lib.Normalization().adapt(Y, options),
  'Stream#reset': (options) => sequential().openStream().reset(options),
  'StreamGroup#open': (options) => sequential().openStreams().open(options),
  'StreamGroup#reset': (options) => sequential().openStreams(1).reset(0, options),
  'Layer#call': (options) => new lib.LSTM(2).call(X, options),
  'Loss#call': (options) => new lib.MeanSquaredError().call(Y, Y, options),
  'Optimizer#excludeFromWeightDecay': (options) => new lib.SGD().excludeFromWeightDecay(options),
  'IntegerLookup#adapt': (options) => new lib.IntegerLookup().adapt([1], options),
  'StringLookup#adapt': (options) => new lib.StringLookup().adapt(['a'], options),
  'TextVectorization#adapt': (options) => new lib.TextVectorization().adapt(['a'], options),
  'TextVectorization.fromConfig': (options) =>
    lib.TextVectorization.fromConfig(new lib.TextVectorization().getConfig(), options),
  'Tokenizer.fromJson': (options) => lib.Tokenizer.fromJson(new lib.Tokenizer().toJson(), options),
  ctcDecode: (options) => lib.ctcDecode([[[0.4, 0.6]]], [1], options),
  loadModel: (options) => lib.loadModel(file(), options),
  loadTorchWeights: (options) => lib.loadTorchWeights(new lib.Dense(1), { weight: [[1]], bias: [1] }, options),
  saveNpy: (options) => lib.saveNpy(file(), [1], options),
  saveNpz: (options) => lib.saveNpz(file(), { x: [1] }, options),
  padSequences: (options) => lib.padSequences([[1]], options),
  gru: (parameters) =>
    lib.gru(X, {
      kernel: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      recurrentKernel: [[1, 1, 1]],
      ...(parameters as object),
    }),
  lstm: (parameters) =>
    lib.lstm(X, {
      kernel: [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ],
      recurrentKernel: [[1, 1, 1, 1]],
      ...(parameters as object),
    }),
  simpleRnn: (parameters) =>
    lib.simpleRnn(X, { kernel: [[1], [1]], recurrentKernel: [[1]], ...(parameters as object) }),
  add: (options) => lib.add([new lib.Input([2]), new lib.Input([2])], options),
  average: (options) => lib.average([new lib.Input([2]), new lib.Input([2])], options),
  maximum: (options) => lib.maximum([new lib.Input([2]), new lib.Input([2])], options),
  minimum: (options) => lib.minimum([new lib.Input([2]), new lib.Input([2])], options),
  multiply: (options) => lib.multiply([new lib.Input([2]), new lib.Input([2])], options),
  subtract: (options) => lib.subtract([new lib.Input([2]), new lib.Input([2])], options),
  concatenate: (options) => lib.concatenate([new lib.Input([2]), new lib.Input([2])], -1, options),
  dot: (options) => lib.dot([new lib.Input([2]), new lib.Input([2])], 1, options),
  slice: (options) => lib.slice(new lib.Input([3, 2]), options),
  l1l2: (options) => lib.l1l2(options),
  decodeReview: (options) => lib.decodeReview([1], new Map([['a', 1]]), options),
  wordDecoder: (options) => lib.wordDecoder(new Map([['a', 1]]), options),
  textDatasetFromDirectory: (options) => lib.textDatasetFromDirectory(folder, options),
  timeseriesDatasetFromArray: (options) => lib.timeseriesDatasetFromArray([1, 2, 3], null, 2, options),
  hashingTrick: (options) => lib.hashingTrick('a', 5, options),
  oneHot: (options) => lib.oneHot('a', 5, options),
  textToWordSequence: (options) => lib.textToWordSequence('a', options),
  'datasets.imdb.loadData': (options) => lib.datasets.imdb.loadData({ path: file(), ...(options as object) }),
  'datasets.reuters.loadData': (options) => lib.datasets.reuters.loadData({ path: file(), ...(options as object) }),
  'datasets.syntheticReviews': (options) => lib.datasets.syntheticReviews(options),
};

/** The call of this name, or that of the base class which it inherits. */
function withOptions({ name, kind, owner, key, options }: PublicCall): ((options: object) => unknown) | undefined {
  if (kind === 'constructor') {
    const before = BEFORE[name]?.() ?? Array<undefined>(options!.index);
    return (given) => new (at(owner) as Class)(...before, given);
  }
  const direct = WITH_OPTIONS[name];
  if (direct !== undefined || kind !== 'method') return direct as never;
  const own = (at(owner) as Class).prototype as object;
  const base = Object.keys(WITH_OPTIONS).find((known) => {
    const [above, method] = known.split('#');
    return method === key && Object.prototype.isPrototypeOf.call((at(above!) as Class).prototype as object, own);
  });
  return base === undefined ? undefined : (WITH_OPTIONS[base] as never);
}

describe('options', () => {
  const calls = CALLS.filter(({ options }) => options !== undefined);

  test('every call that has some is tried here', () => {
    expect(calls.filter((call) => withOptions(call) === undefined).map(({ name }) => name)).toEqual([]);
    const names = new Set(CALLS.map(({ name }) => name));
    expect([...Object.keys(BEFORE), ...Object.keys(WITH_OPTIONS)].filter((name) => !names.has(name))).toEqual([]);
  });

  test('that do not exist are refused', async () => {
    const wrong: string[] = [];
    for (const call of calls) {
      const { code, message } = await codeOf(() => withOptions(call)!({ notAnOption: 1 }));
      if (code !== 'ERR_UNKNOWN_OPTION') wrong.push(`${call.name}: ${code} ${message}`);
    }
    expect(wrong).toEqual([]);
  });

  test('that exist are looked at: nonsense is refused for each', async () => {
    const wrong: string[] = [];
    for (const call of calls)
      for (const key of call.options!.keys) {
        const { code, message } = await codeOf(() => withOptions(call)!({ [key]: Symbol('nonsense') }));
        if (!code.startsWith('ERR_') || code === 'ERR_UNKNOWN_OPTION')
          wrong.push(`${call.name}, ${key}: ${code} ${message}`);
      }
    expect(wrong).toEqual([]);
  });
});

test('Input takes its options behind its shape, as every layer does, or all of them at once', () => {
  expect(new lib.Input([3, 2], { name: 'x' }).getConfig()).toEqual({ shape: [3, 2], name: 'x', dtype: null });
  expect(new lib.Input({ shape: [3, 2], name: 'x' }).getConfig()).toEqual({ shape: [3, 2], name: 'x', dtype: null });
});

/** What no list of parameters and options shows: each was dropped in silence once. */
describe('what is given in other ways', () => {
  const sparse = { className: 'Constant', config: { value: 1 }, seed: 3 };
  test.each<[string, () => unknown, string]>([
    [
      'an argument that is an option, too',
      () => new lib.ExponentialDecay(0.1, 10, 0.5, { decayRate: 0.9 }),
      'ERR_CONFIG',
    ],
    [
      'a key beside class and config of an initializer',
      () => new lib.Dense(1, { biasInitializer: sparse }),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'one of a regularizer',
      () => new lib.Dense(1, { kernelRegularizer: { className: 'L1', config: {}, l1: 1 } as never }),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'one of a constraint',
      () => new lib.Dense(1, { kernelConstraint: { className: 'MaxNorm', config: {}, axis: 1 } as never }),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'one of a layer',
      () =>
        lib.Sequential.fromConfig({
          name: 'm',
          layers: [{ className: 'Dense', config: { units: 1 }, units: 2 } as never],
          buildInputShape: null,
        }),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'one of a model',
      () => lib.Sequential.fromConfig({ name: 'm', layers: [], buildInputShape: null, dtype: 'float32' } as never),
      'ERR_UNKNOWN_OPTION',
    ],
    [
      'one of a schedule',
      () => {
        const config = { initialLearningRate: 0.1, decaySteps: 3 };
        return lib.SGD.fromConfig({ learningRate: { className: 'CosineDecay', config, alpha: 1 } as never });
      },
      'ERR_UNKNOWN_OPTION',
    ],
    ['a name and an index', () => sequential().getLayer({ name: 'dense_1', index: 0 } as never), 'ERR_CONFIG'],
    ['another key for a layer', () => sequential().getLayer({ name: 'dense_1', at: 0 } as never), 'ERR_UNKNOWN_OPTION'],
    [
      'a function that a config does not ask for',
      () => lib.TextVectorization.fromConfig(new lib.TextVectorization().getConfig(), { split: () => [] }),
      'ERR_CONFIG',
    ],
    ['a second object of options', () => new lib.Input({ shape: [2] }, { name: 'x' }), 'ERR_TYPE'],
    [
      'the shape of an input that is not so',
      () => new lib.Sequential([new lib.Input([3]), new lib.Dense(1, { inputShape: [4] })]),
      'ERR_SHAPE',
    ],
    [
      'that of a layer further up, once the model is built',
      () => new lib.Sequential([new lib.Dense(3), new lib.Dense(1, { inputShape: [4] })]).build([null, 2]),
      'ERR_SHAPE',
    ],
  ])('%s: refused', async (_title, call, code) => {
    expect((await codeOf(call)).code).toBe(code);
  });
});
