// SPDX-License-Identifier: MIT
// The same seed gives the same bits, of weights and history alike, whatever the number of threads; and the same
// instruction set gives them in every process.
import {
  Adam,
  Adamax,
  AdamW,
  AUC,
  Bidirectional,
  CosineDecay,
  cpuInfo,
  Dense,
  Dropout,
  Embedding,
  F1Score,
  Flatten,
  GRU,
  Input,
  Lion,
  LSTM,
  Masking,
  MaxNorm,
  Nadam,
  NonNeg,
  OrthogonalRegularizer,
  R2Score,
  RMSprop,
  Sequential,
  setRandomSeed,
  setThreads,
  SGD,
  SimpleRNN,
  UnitNorm,
  type ArrayInput,
  type CompileOptions,
  type FitOptions,
  type Layer,
} from '../../lib';
import { resultOf } from '../support/child';
import { fingerprint } from '../support/fingerprint';
import { withConstraints } from '../unit/contract/constrained_model';

/** Numbers in (-1, 1) that look random. */
const noise = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * i * 0.731 + i));

function tokens(rows: number, steps: number, words: number): ArrayInput {
  const data = new Int32Array(rows * steps);
  for (let row = 0; row < rows; row++) {
    // Ragged: a row of nothing but padding, a row without any, and all lengths between.
    const padding = row === 3 ? steps : (row * 17) % steps;
    for (let step = padding; step < steps; step++)
      data[row * steps + step] = 1 + ((row * 131 + step * step) % (words - 1));
  }
  return { data, shape: [rows, steps] };
}

const labels = (rows: number): Float32Array => Float32Array.from({ length: rows }, (_, i) => (i * 7) % 2);

interface Case {
  readonly layers: () => (Layer | Input)[];
  readonly compile: () => CompileOptions;
  readonly x: ArrayInput;
  readonly y: ArrayInput;
  readonly options?: FitOptions;
}

const binary = (): CompileOptions => ({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
const head = (): Dense => new Dense(1, { activation: 'sigmoid' });
const WORDS = 300;

const small = (optimizer: () => CompileOptions['optimizer']): Case => ({
  layers: () => [new Embedding(WORDS, 12), new SimpleRNN(10), head()],
  compile: () => ({ ...binary(), optimizer: optimizer()! }),
  x: tokens(75, 20, WORDS),
  y: labels(75),
});

const cases: Record<string, Case> = {
  'the headline model, small, on ragged reviews': {
    layers: () => [new Embedding(WORDS, 32), new SimpleRNN(32), head()],
    compile: binary,
    x: tokens(150, 60, WORDS),
    y: labels(150),
    options: { batchSize: 64, validationSplit: 0.2 },
  },
  'LSTM and GRU on few words, whose sums are cut': {
    layers: () => [new Embedding(6, 8), new Bidirectional(new LSTM(20), { backwardLayer: new GRU(20, { goBackwards: true }) }), head()],
    compile: binary,
    x: tokens(150, 60, 6),
    y: labels(150),
    options: { batchSize: 128 },
  },
  'a class for each of many timesteps, with metrics of all kinds': {
    layers: () => [new Embedding(WORDS, 8), new GRU(9, { returnSequences: true }), new Dense(20, { activation: 'softmax' })],
    compile: () => ({
      optimizer: 'sgd',
      loss: 'categorical_crossentropy',
      metrics: ['accuracy', new AUC(), new F1Score({ average: 'macro' }), 'kld', new R2Score()],
    }),
    x: tokens(40, 60, WORDS),
    y: {
      data: Float32Array.from({ length: 40 * 60 * 20 }, (_, i) => Number(i % 20 === Math.floor(i / 20) % 17)),
      shape: [40, 60, 20],
    },
    options: { batchSize: 16 },
  },
  'a stack of four recurrent layers': {
    layers: () => [
      new Embedding(WORDS, 16),
      ...[1, 2, 3].map(() => new SimpleRNN(16, { returnSequences: true })),
      new SimpleRNN(16),
      head(),
    ],
    compile: binary,
    x: tokens(70, 25, WORDS),
    y: labels(70),
  },
  'a recurrent layer on sequences of numbers': {
    layers: () => [new Input([null, 9]), new SimpleRNN(37, { activation: 'relu' }), new Dense(3)],
    compile: () => ({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] }),
    x: { data: noise(65 * 14 * 9), shape: [65, 14, 9] },
    y: { data: noise(65 * 3), shape: [65, 3] },
  },
  'labels without places': {
    layers: () => [new Embedding(WORDS, 8), new LSTM(12, { returnSequences: true }), new Dense(9)],
    compile: () => ({ optimizer: 'adam', loss: 'ctc' }),
    x: tokens(90, 20, WORDS),
    y: { data: Float32Array.from({ length: 90 * 6 }, (_, i) => (i % 6 > i % 5 ? 0 : 1 + (i % 7))), shape: [90, 6] },
  },
  'a dense model': {
    layers: () => [
      new Input([50]),
      new Dense(70, { activation: 'relu', kernelRegularizer: 'l2' }),
      new Dense(5, { activation: 'softmax' }),
    ],
    compile: () => ({ optimizer: 'adam', loss: 'sparse_categorical_crossentropy', metrics: ['acc'] }),
    x: { data: noise(130 * 50), shape: [130, 50] },
    y: Float32Array.from({ length: 130 }, (_, i) => i % 5),
  },
  'constraints and orthogonal penalties': {
    layers: () => [
      withConstraints(new Embedding(WORDS, 12), [new UnitNorm({ axis: 1 })]),
      withConstraints(new SimpleRNN(70, { recurrentRegularizer: 'orthogonal_regularizer' }), [null, new MaxNorm(1), new NonNeg()]),
      new Dense(5, { activation: 'mish', kernelRegularizer: new OrthogonalRegularizer({ mode: 'columns' }) }),
      head(),
    ],
    compile: binary,
    x: tokens(75, 20, WORDS),
    y: labels(75),
  },
  'dropout on sequences and on samples': {
    layers: () => [
      new Embedding(WORDS, 12),
      new Dropout(0.3),
      new SimpleRNN(20, { returnSequences: true }),
      new Dropout(0.2),
      new SimpleRNN(20),
      new Dropout(0.5),
      head(),
    ],
    compile: binary,
    x: tokens(75, 20, WORDS),
    y: labels(75),
  },
  'dense on every timestep, then flatten': {
    layers: () => [new Embedding(WORDS, 8, { inputLength: 20 }), new Dense(6, { activation: 'tanh' }), new Flatten(), head()],
    compile: binary,
    x: tokens(75, 20, WORDS),
    y: labels(75),
  },
  ...Object.fromEntries(
    ([
      ['SimpleRNN', SimpleRNN, {}],
      ['LSTM', LSTM, {}],
      ['GRU', GRU, {}],
      ['GRU that resets before the product', GRU, { resetAfter: false }],
    ] as const).flatMap(([name, Class, own]): [string, Case][] => {
      const layer = (units: number, options: object = {}): Layer => new Class(units, { ...own, ...options });
      const on = (layers: () => Layer[], maskZero = false): Case => ({
        layers: () => [new Embedding(WORDS, 12, { maskZero }), ...layers(), head()],
        compile: binary,
        x: tokens(75, 20, WORDS),
        y: labels(75),
      });
      return [
        [`${name} on ragged reviews`, on(() => [layer(20)])],
        [`a stack of ${name} on masked reviews`, on(() => [layer(9, { returnSequences: true }), layer(20)], true)],
        [`${name} in both directions, masked`, on(() => [new Bidirectional(layer(11) as LSTM)], true)],
        [`${name} backwards, with both dropouts`, on(() => [layer(17, { goBackwards: true, dropout: 0.3, recurrentDropout: 0.2 })])],
        [`${name} with both dropouts, masked`, on(() => [layer(17, { dropout: 0.3, recurrentDropout: 0.2 })], true)],
      ];
    }),
  ),
  'masked numbers through a Bidirectional stack that drops': {
    layers: () => [
      new Input([null, 5]),
      new Masking({ maskValue: 0 }),
      new Bidirectional(new LSTM(9, { returnSequences: true, dropout: 0.2 }), { mergeMode: 'mul' }),
      new Bidirectional(new GRU(7, { recurrentDropout: 0.2 }), { mergeMode: 'ave' }),
      new Dense(3),
    ],
    compile: () => ({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] }),
    x: { data: noise(65 * 14 * 5).map((value, i) => (Math.floor(i / 5) % 3 === 1 ? 0 : value)), shape: [65, 14, 5] },
    y: { data: noise(65 * 3), shape: [65, 3] },
  },
  'SGD with momentum': small(() => new SGD({ learningRate: 0.1, momentum: 0.9 })),
  'SGD with Nesterov momentum': small(() => new SGD({ learningRate: 0.1, momentum: 0.9, nesterov: true })),
  'plain SGD': small(() => new SGD(0.1)),
  'centered RMSprop with momentum': small(() => new RMSprop({ momentum: 0.5, centered: true })),
  Adam: small(() => new Adam()),
  'Nadam within a norm': small(() => new Nadam({ clipnorm: 0.1, weightDecay: 0.1 })),
  'Adamax within a norm of all weights': small(() => new Adamax({ globalClipnorm: 0.05 })),
  'Lion with accumulated gradients and averaged weights': small(
    () => new Lion({ gradientAccumulationSteps: 2, globalClipnorm: 0.05, useEma: true, emaOverwriteFrequency: 2 }),
  ),
  'AdamW by a schedule': small(() => new AdamW(new CosineDecay(0, 5, { warmupTarget: 0.1, warmupSteps: 2 }))),
  'Adam with amsgrad': small(() => new Adam({ amsgrad: true })),
}; // prettier-ignore

async function run({ layers, compile, x, y, options }: Case, seed = 21): Promise<string> {
  setRandomSeed(seed);
  const model = new Sequential(layers());
  model.compile(compile());
  const history = await model.fit(x, y, { epochs: 2, batchSize: 32, verbose: 0, ...options });
  for (const value of Object.values(history.history).flat()) expect(value).not.toBeNaN();
  return fingerprint(model, history);
}

const { defaultThreads } = cpuInfo();
afterAll(() => setThreads(defaultThreads));

describe('the same seed', () => {
  test.each(Object.keys(cases))('%s: the same bits on 1, 2, 3, 4 and 8 threads, twice', async (name) => {
    const prints: string[] = [];
    for (const threads of [1, 2, 3, 4, 8, 1, 8]) {
      setThreads(threads);
      expect(cpuInfo().threads).toBe(threads);
      prints.push(await run(cases[name]!));
    }
    expect(prints).toEqual(prints.map(() => prints[0]));
  });

  test('another seed gives other bits', async () => {
    const { 'plain SGD': one } = cases;
    expect(await run(one!, 22)).not.toBe(await run(one!, 21));
  });

  test('threads that change in the middle of fit change no bit', async () => {
    const headline = cases['the headline model, small, on ragged reviews']!;
    setThreads(2);
    const wanted = await run(headline);
    const running = run(headline);
    for (const threads of [8, 1, 3, 2]) {
      setThreads(threads);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await running).toBe(wanted);
  });
});

describe('the instruction set', () => {
  interface Trained {
    readonly isa: string;
    readonly threads: number;
    readonly hash: string;
    readonly history: { readonly loss: readonly number[] };
  }
  const train = (isa: string, threads: number): Promise<Trained> =>
    resultOf('isa.cjs', { args: [String(threads)], env: { OSTINATO_ISA: isa } }) as Promise<Trained>;

  const trained = new Map<string, Trained>();
  test.each(cpuInfo().available)('%s: the same bits in every process', async (isa) => {
    const one = await train(isa, 1);
    trained.set(isa, one);
    expect(one.isa).toBe(isa);
    const other = await train(isa, 3);
    expect(other.threads).toBe(3);
    expect(other).toEqual({ ...one, threads: 3 });
  });

  test('all of them learn alike, to rounding', () => {
    const [first, ...others] = [...trained.values()].map(({ history }) => history.loss);
    expect(first).toHaveLength(3);
    for (const losses of others)
      losses.forEach((loss, epoch) => expect(Math.abs(loss / first![epoch]! - 1)).toBeLessThan(1e-3));
  });
});
