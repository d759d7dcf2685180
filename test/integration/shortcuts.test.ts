// SPDX-License-Identifier: MIT
// The four exact shortcuts of the plan: with each of them off, with none, and with all, a model computes and learns the
// same to rounding, on every form of batch that they tell apart.
import {
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  Flatten,
  GRU,
  Input,
  LSTM,
  Masking,
  Sequential,
  setRandomSeed,
  SGD,
  SimpleRNN,
  type ArrayInput,
  type Layer,
} from '../../lib';
import { ALL_SHORTCUTS, withShortcuts } from '../../lib/models/shortcuts';
import type { NativeShortcuts } from '../../lib/native/binding';

type Rows = readonly (readonly number[])[];

/** Reviews of these lengths in `steps` positions, padded before. Words come again, within rows and across them. */
function padded(lengths: readonly number[], steps: number, words: number, padding = 0): Rows {
  return lengths.map((length, row) =>
    Array.from({ length: steps }, (_, step) =>
      step < steps - length ? padding : (padding + 1 + ((row * 5 + step * step * 3) % Math.max(1, words - 1))) % words,
    ),
  );
}

interface Case {
  readonly layers: () => (Layer | Input)[];
  readonly x: ArrayInput;
  readonly rows: number;
  readonly batchSize: number;
}

const head = (): Dense => new Dense(1, { activation: 'sigmoid' });
const plain =
  (words: number, width = 8, units = 8) =>
  (): Layer[] => [
    new Embedding(words, width, { embeddingsInitializer: 'random_normal' }),
    new SimpleRNN(units),
    head(),
  ];
const onTokens = (layers: () => Layer[], rows: Rows, batchSize = rows.length): Case => ({
  layers,
  x: rows,
  rows: rows.length,
  batchSize,
});

const RAGGED = [3, 12, 7, 1, 9, 12, 5, 2];

/** More positions than a partial sum takes, of five words: the positions of one lie in several chunks of them. */
const LONG = padded(
  Array.from({ length: 90 }, (_, i) => (i * 23) % 61),
  60,
  5,
);

const cases: Record<string, Case> = {
  'ragged rows': onTokens(plain(40), padded(RAGGED, 12, 40)),
  'rows that are all padding among others': onTokens(plain(40), padded([0, 4, 12, 0, 7, 1], 12, 40)),
  'nothing but padding': onTokens(plain(40), padded([0, 0, 0, 0], 12, 40)),
  'no padding at all': onTokens(plain(40), padded([12, 12, 12, 12, 12], 12, 40)),
  'rows of one length with padding before': onTokens(plain(40), padded([5, 5, 5, 5], 12, 40)),
  'one row': onTokens(plain(40), padded([6], 12, 40)),
  'one row of padding': onTokens(plain(40), padded([0], 12, 40)),
  'one timestep': onTokens(plain(40), padded([1, 0, 1], 1, 40)),
  'batches of 3 with one row left': onTokens(plain(40), padded([...RAGGED, 4, 8], 12, 40), 3),
  'batches of one row': onTokens(plain(40), padded([3, 0, 12], 12, 40), 1),
  'a vocabulary of 1': onTokens(plain(1), padded([3, 0, 5], 5, 1)),
  'a vocabulary of 2': onTokens(plain(2), padded(RAGGED, 12, 2)),
  'a vocabulary larger than the batch': onTokens(plain(5000), padded(RAGGED, 12, 5000)),
  'many rows of many words': onTokens(
    plain(1000, 32, 32),
    padded(Array.from({ length: 130 }, (_, i) => (i * 23) % 61), 60, 1000),
    64,
  ),
  'many rows of few words, whose sums are cut': onTokens(plain(5, 8, 8), LONG),
  'many rows of few words, whose gradient comes per position': onTokens(
    () => [new Embedding(5, 8), new Dense(6, { activation: 'relu' }), new SimpleRNN(5), head()],
    LONG,
  ),
  'sizes that fill no vector': onTokens(plain(37, 5, 19), padded(RAGGED, 12, 37)),
  'units beyond one block': onTokens(plain(37, 9, 70), padded(RAGGED, 12, 37)),
  'padding that is word 7': onTokens(plain(40), padded(RAGGED, 12, 40, 7)),
  'rows that begin with different words': onTokens(plain(40), padded(RAGGED, 12, 40).map((row, i) => (i % 2 ? [...row].reverse() : row))),
  'a stack that returns sequences': onTokens(
    () => [
      new Embedding(40, 8),
      new SimpleRNN(9, { returnSequences: true }),
      new SimpleRNN(7, { returnSequences: true }),
      new SimpleRNN(5),
      head(),
    ],
    padded(RAGGED, 12, 40),
  ),
  'dense on every timestep between recurrent layers': onTokens(
    () => [
      new Embedding(40, 8),
      new SimpleRNN(9, { returnSequences: true }),
      new Dense(6, { activation: 'tanh' }),
      new SimpleRNN(5),
      head(),
    ],
    padded(RAGGED, 12, 40),
  ),
  'dense between the words and a recurrent layer': onTokens(
    () => [new Embedding(40, 8), new Dense(6, { activation: 'relu' }), new SimpleRNN(5), head()],
    padded(RAGGED, 12, 40),
  ),
  'sequences flattened': onTokens(
    () => [new Embedding(40, 4, { inputLength: 12 }), new SimpleRNN(5, { returnSequences: true }), new Flatten(), head()],
    padded(RAGGED, 12, 40),
  ),
  'dropout before and after a recurrent layer': onTokens(
    () => [new Embedding(40, 8), new Dropout(0.3), new SimpleRNN(9), new Dropout(0.5), head()],
    padded(RAGGED, 12, 40),
  ),
  'dropout between recurrent layers': onTokens(
    () => [new Embedding(40, 8), new SimpleRNN(9, { returnSequences: true }), new Dropout(0.3), new SimpleRNN(5), head()],
    padded(RAGGED, 12, 40),
  ),
  'a recurrent layer without bias, of relu': onTokens(
    () => [new Embedding(40, 8), new SimpleRNN(9, { useBias: false, activation: 'relu' }), head()],
    padded(RAGGED, 12, 40),
  ),
  'penalties on every weight': onTokens(
    () => [
      new Embedding(40, 8, { embeddingsRegularizer: 'l2' }),
      new SimpleRNN(9, { kernelRegularizer: 'l1', recurrentRegularizer: 'l2', biasRegularizer: 'l2' }),
      head(),
    ],
    padded(RAGGED, 12, 40),
  ),
  'frozen words': onTokens(
    () => [new Embedding(40, 8, { trainable: false }), new SimpleRNN(9), head()],
    padded(RAGGED, 12, 40),
  ),
  ...Object.fromEntries(
    ([
      ['LSTM', LSTM, {}],
      ['GRU', GRU, {}],
      ['GRU that resets before the product', GRU, { resetAfter: false }],
    ] as const).flatMap(([name, Class, own]): [string, Case][] => {
      const layer = (units: number, options: object = {}): LSTM | GRU => new Class(units, { ...own, ...options });
      const on = (layers: () => Layer[], maskZero = false, lengths = RAGGED, batchSize = lengths.length): Case =>
        onTokens(
          () => [new Embedding(40, 8, { maskZero, embeddingsInitializer: 'random_normal' }), ...layers(), head()],
          padded(lengths, 12, 40),
          batchSize,
        );
      const sequences = { returnSequences: true };
      return [
        [name, on(() => [layer(9)])],
        [`${name}, with rows that are all padding`, on(() => [layer(18)], false, [0, 4, 12, 0, 7, 1])],
        [`${name}, one row at a time`, on(() => [layer(9)], false, [3, 0, 12], 1)],
        [`${name}, masked`, on(() => [layer(9)], true, [...RAGGED, 0])],
        [`a stack of ${name}`, on(() => [layer(9, sequences), layer(7)])],
        [`a stack of ${name}, masked`, on(() => [layer(9, sequences), layer(7)], true)],
        [`${name} backwards, masked`, on(() => [layer(9, { goBackwards: true })], true)],
        [`both directions of ${name}`, on(() => [new Bidirectional(layer(9))])],
        [`both directions of ${name}, masked`, on(() => [new Bidirectional(layer(9, sequences)), layer(5)], true)],
        [`${name} of 40 units, one row at a time`, on(() => [layer(40)], false, [3, 0, 12], 1)],
        [`${name} of 40 units, one masked row at a time`, on(() => [layer(40)], true, [3, 0, 12], 1)],
        [`${name} of 40 units, few words in many rows`,
          onTokens(() => [new Embedding(5, 8), layer(40), head()], LONG)],
        [`${name}, few words in many rows`, onTokens(() => [new Embedding(5, 8), layer(20), head()], LONG)],
        [`${name} backwards, few words in many rows`,
          onTokens(() => [new Embedding(5, 8), layer(20, { goBackwards: true }), head()], LONG)],
        [`${name} that drops states, few words in many rows`,
          onTokens(() => [new Embedding(5, 8, { embeddingsInitializer: 'glorot_uniform' }), layer(70, { recurrentDropout: 0.2, seed: 4 }), head()], LONG)],
        [`${name} that drops inputs and states`, on(() => [layer(9, { dropout: 0.3, recurrentDropout: 0.2, seed: 4 })])],
      ];
    }),
  ),
  'SimpleRNN, masked': onTokens(
    () => [new Embedding(40, 8, { maskZero: true }), new SimpleRNN(9), head()],
    padded([...RAGGED, 0], 12, 40),
  ),
  'masked numbers': {
    layers: () => [new Input([null, 3]), new Masking({ maskValue: 0 }), new Bidirectional(new LSTM(9)), head()],
    x: {
      data: Float32Array.from({ length: 7 * 11 * 3 }, (_, i) => (Math.floor(i / 3) % 4 === 1 ? 0 : Math.sin(i * i + 1))),
      shape: [7, 11, 3],
    },
    rows: 7,
    batchSize: 3,
  },
  'sequences of numbers': {
    layers: () => [new Input([null, 3]), new SimpleRNN(9), head()],
    x: { data: Float32Array.from({ length: 7 * 11 * 3 }, (_, i) => Math.sin(i * i)), shape: [7, 11, 3] },
    rows: 7,
    batchSize: 3,
  },
}; // prettier-ignore

const OFF: NativeShortcuts = {
  tokenProjection: false,
  reverseProjection: false,
  sharedPadding: false,
  fusedWalk: false,
  overlapLayers: false,
};
const variants: Record<string, NativeShortcuts> = {
  'none of them': OFF,
  ...Object.fromEntries(Object.keys(OFF).map((key) => [`all but ${key}`, { ...ALL_SHORTCUTS, [key]: false }])),
  ...Object.fromEntries(Object.keys(OFF).map((key) => [`only ${key}`, { ...OFF, [key]: true }])),
};

interface Learnt {
  readonly before: Float32Array;
  readonly losses: readonly number[];
  readonly weights: readonly Float32Array[];
  readonly after: Float32Array;
}

/** Momentum, not Adam or RMSprop: those divide by what may be rounding alone, and make it large. */
async function learn({ layers, x, rows, batchSize }: Case, shortcuts: NativeShortcuts): Promise<Learnt> {
  setRandomSeed(77);
  const model = withShortcuts(new Sequential(layers()), shortcuts);
  model.compile({ optimizer: new SGD({ learningRate: 0.05, momentum: 0.5 }), loss: 'binary_crossentropy' });
  const y = Float32Array.from({ length: rows }, (_, row) => (row * 3) % 2);
  const before = await model.predict(x, { batchSize });
  const { history } = await model.fit(x, y, { epochs: 5, batchSize, verbose: 0 });
  const after = await model.predict(x, { batchSize });
  return {
    before: before.data,
    losses: history.loss as number[],
    weights: model.getWeights().map(({ data }) => data),
    after: after.data,
  };
}

function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!));
    if (!(difference <= most)) most = difference; // NaN too
  }
  return most;
}

describe.each(Object.keys(cases))('%s', (name) => {
  let wanted: Learnt;
  beforeAll(async () => (wanted = await learn(cases[name]!, ALL_SHORTCUTS)));

  test('training moves the weights, so that there is something to compare', () => {
    expect(worst(wanted.before, wanted.after)).toBeGreaterThan(1e-4);
  });

  test.each(Object.keys(variants))('%s: the same outputs, losses and weights', async (variant) => {
    const learnt = await learn(cases[name]!, variants[variant]!);
    expect(worst(learnt.before, wanted.before)).toBeLessThan(2e-6);
    expect(worst(learnt.losses, wanted.losses)).toBeLessThan(1e-5);
    expect(learnt.weights).toHaveLength(wanted.weights.length);
    learnt.weights.forEach((weight, i) => expect(worst(weight, wanted.weights[i]!)).toBeLessThan(2e-5));
    expect(worst(learnt.after, wanted.after)).toBeLessThan(1e-5);
  });
});

test('the switches reach the engine: without shortcuts a batch needs more memory', async () => {
  const { layers, x } = cases['many rows of many words']!;
  const bytes: number[] = [];
  for (const shortcuts of [ALL_SHORTCUTS, OFF]) {
    const model = withShortcuts(new Sequential(layers()), shortcuts);
    await model.predict(x, { batchSize: 130 });
    bytes.push(model.memoryBytes);
  }
  expect(bytes[1]).toBeGreaterThan(bytes[0]!);
});
