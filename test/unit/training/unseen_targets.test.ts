// SPDX-License-Identifier: MIT
// Targets that nothing looks at: those of masked timesteps may be anything, those of the ignored class count in no metric.
// What the first layer masks is known at the door; all other targets are checked there.
import {
  Activation,
  Bidirectional,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  GRU,
  Input,
  LayerNormalization,
  LSTM,
  Masking,
  Metric,
  metrics,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  SparseCategoricalAccuracy,
  SparseCategoricalCrossentropy,
  TimeDistributed,
  type Layer,
} from '../../../lib';
import { codeOfAsync } from '../../support/error_code';

const quiet = { verbose: 0 } as const;
const sequences = { returnSequences: true } as const;
const X = [
  [0, 4, 3, 0],
  [2, 1, 0, 0],
];
/** Nothing looks at what is not a class here: it stands at masked timesteps. */
const Y = [
  [-1, 2, 0, 7],
  [1, 1, 0.5, NaN],
];
const SEEN = [
  [0, 2, 0, 0],
  [1, 1, 0, 0],
];

beforeEach(() => setRandomSeed(8));

const compiled = (layers: (Layer | Input)[], loss: string | SparseCategoricalCrossentropy, metric = 'accuracy') => {
  const model = new Sequential(layers);
  model.compile({ optimizer: 'sgd', loss, metrics: [metric] });
  return model;
};
const words = (): Embedding => new Embedding(5, 3, { maskZero: true });
const classes = (): Dense => new Dense(3, { activation: 'softmax' });
const numbers = (rows: readonly (readonly number[])[]): number[][][] =>
  rows.map((row) => row.map((token) => [token, token * token]));

describe('targets of masked timesteps', () => {
  const KEPT: Record<string, () => Layer[]> = {
    'no layer': () => [],
    'a recurrent layer': () => [new LSTM(3, sequences)],
    'both directions': () => [new Bidirectional(new GRU(3, sequences))],
    'TimeDistributed, normalization, dropout, an activation': () => [
      new TimeDistributed(new Dense(4)),
      new LayerNormalization(),
      new Dropout(0.5),
      new Activation('relu'),
    ],
    'two layers backwards': () => [
      new SimpleRNN(3, { ...sequences, goBackwards: true }),
      new GRU(3, { ...sequences, goBackwards: true }),
    ],
  };

  test.each(Object.entries(KEPT))(
    'may be anything behind %s, in fit, evaluate and batch calls',
    async (_name, make) => {
      const model = compiled([words(), ...make(), classes()], 'sparse_categorical_crossentropy');
      const wanted = await model.evaluate(X, SEEN, quiet);
      expect(await model.evaluate(X, Y, quiet)).toEqual(wanted);
      expect(await model.testOnBatch(X, Y)).toEqual(wanted);
      expect((await model.trainOnBatch(X, Y)).every(Number.isFinite)).toBe(true);
      const { history } = await model.fit(X, Y, { ...quiet, validationData: [X, Y], shuffle: false, batchSize: 1 });
      expect(Object.values(history).flat().every(Number.isFinite)).toBe(true);
      expect(model.getWeights().every(({ data }) => data.every(Number.isFinite))).toBe(true);
    },
  );

  test('may be anything in reverse where the layer reads backwards', async () => {
    const layers = [words(), new LSTM(3, { ...sequences, goBackwards: true }), classes()];
    const model = compiled(layers, 'sparse_categorical_crossentropy');
    const reverse = (rows: number[][]) => rows.map((row) => [...row].reverse());
    expect(await model.evaluate(X, reverse(Y), quiet)).toEqual(await model.evaluate(X, reverse(SEEN), quiet));
    expect(await codeOfAsync(model.evaluate(X, Y, quiet))).toMatch(/ERR_RANGE|ERR_DATA/);
  });

  test('may be anything for losses of numbers and of probabilities, behind Masking as the first layer', async () => {
    for (const [loss, activation] of [
      ['mse', 'linear'],
      ['bce', 'sigmoid'],
    ] as const) {
      const layers = [new Input([null, 2]), new Masking(), new GRU(3, sequences), new Dense(3, { activation })];
      const model = compiled(layers, loss, 'mae');
      const hide = (fill: number) =>
        SEEN.map((row, i) => row.map((y, t) => (X[i]![t] === 0 ? [fill, fill, fill] : [Math.min(y, 1), 1, 0])));
      const wanted = await model.evaluate(numbers(X), hide(0), quiet);
      for (const fill of [NaN, -1, Infinity])
        expect(await model.evaluate(numbers(X), hide(fill), quiet)).toEqual(wanted);
      const everywhere = SEEN.map((row) => row.map(() => [0, NaN, 0]));
      expect(await codeOfAsync(model.evaluate(numbers(X), everywhere, quiet))).toBe('ERR_DATA');
    }
  });

  test.each<[string, () => (Layer | Input)[], unknown]>([
    ['that nothing masks', () => [new Embedding(5, 3), new LSTM(3, sequences), classes()], X],
    ['behind a layer that ends the mask', () => [words(), new Conv1D(4, 1), classes()], X],
    [
      'of a Masking whose input a layer computes, which cannot be known here',
      () => [new Input([null, 2]), new Dense(2), new Masking(), new LSTM(3, sequences), classes()],
      numbers(X),
    ],
  ])('%s are refused, and the model stays as it was', async (_name, make, x) => {
    const model = compiled(make(), 'sparse_categorical_crossentropy');
    await model.evaluate(x as never, SEEN, quiet);
    const before = model.getWeights();
    expect(await codeOfAsync(model.fit(x as never, Y, quiet))).toBe('ERR_RANGE');
    expect(model.getWeights()).toEqual(before);
  });

  test('are named by their position where they count', async () => {
    const model = compiled([words(), new LSTM(3, sequences), classes()], 'sparse_categorical_crossentropy');
    const bad = [Y[0]!, [1, -1, 0, 0]];
    await expect(model.evaluate(X, bad, quiet)).rejects.toThrow('received -1 at [1, 1]');
  });

  test('of a layer without sequences are labels of rows, and all looked at', async () => {
    const model = compiled([words(), new LSTM(3), classes()], 'sparse_categorical_crossentropy');
    expect(await codeOfAsync(model.evaluate([[0, 0]], [-1], quiet))).toBe('ERR_RANGE');
  });
});

describe('rows that the loss ignores', () => {
  const ROWS = [
    [1, 4, 3, 2],
    [2, 1, 3, 3],
  ];
  const LABELS = [
    [-1, 2, -1, -1],
    [1, -1, -1, 0],
  ];
  const loss = (ignoreClass: number | null = -1) => new SparseCategoricalCrossentropy({ ignoreClass });
  const stack = (): Layer[] => [new Embedding(5, 3), new LSTM(3, sequences), classes()];

  test('count in no metric: accuracy is that of the others, by hand', async () => {
    const model = compiled(stack(), loss());
    const outputs = await model.predict(ROWS);
    let right = 0;
    let value = 0;
    for (const [i, row] of LABELS.entries())
      for (const [t, label] of row.entries()) {
        if (label < 0) continue;
        const p = [...outputs.row(i).row(t).data];
        right += Number(p.indexOf(Math.max(...p)) === label);
        value -= Math.log(p[label]!);
      }
    const [got, accuracy] = await model.evaluate(ROWS, LABELS, quiet);
    expect(got).toBeCloseTo(value / 3, 6);
    expect(accuracy).toBeCloseTo(right / 3, 10);
  });

  test('leave weights of the others as they are, and batches of nothing else change no metric', async () => {
    const model = new Sequential(stack());
    model.compile({ loss: loss(), metrics: ['accuracy'], weightedMetrics: ['sparse_categorical_accuracy'] });
    const weights = [
      [9, 2, 9, 9],
      [3, 9, 9, 1],
    ];
    const nothing = LABELS.map((row) => row.map(() => -1));
    const of = async (rows: number[][], labels: number[][], sampleWeight: number[][]) =>
      model.evaluate(rows, labels, { ...quiet, sampleWeight, batchSize: 2, returnDict: true });
    const once = await of(ROWS, LABELS, weights);
    const more = await of([...ROWS, ...ROWS], [...LABELS, ...nothing], [...weights, ...weights]);
    expect(more['accuracy']).toBeCloseTo(once['accuracy']!, 10);
    expect(more['sparseCategoricalAccuracy']).toBeCloseTo(once['sparseCategoricalAccuracy']!, 10);
  });

  test('count in no metric that ignores another class, of which both leave theirs out', async () => {
    const own = new metrics.SparseCategoricalCrossentropy({ ignoreClass: 2, name: 'own' });
    const plain = new metrics.SparseCategoricalCrossentropy({ name: 'plain' });
    const evaluate = async (labels: number[][], ignoreClass: number | null, metric: Metric) => {
      const model = new Sequential(stack());
      model.build([null, 4]);
      model.setWeights(first.getWeights());
      model.compile({ loss: loss(ignoreClass), metrics: [metric, new SparseCategoricalAccuracy({ name: 'a' })] });
      return (await model.evaluate(ROWS, labels, quiet))[1]!;
    };
    const first = new Sequential(stack());
    first.build([null, 4]);
    const without = LABELS.map((row) => row.map((label) => (label === 2 ? -1 : label)));
    expect(await evaluate(LABELS, -1, own)).toBeCloseTo(await evaluate(without, -1, plain), 10);
    expect(await evaluate(LABELS, -1, own)).not.toBeCloseTo(await evaluate(LABELS, -1, plain), 3);
  });
});
