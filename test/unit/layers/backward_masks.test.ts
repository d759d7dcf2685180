// SPDX-License-Identifier: MIT
// Masks of layers that read backwards and return sequences: a row with masked timesteps gives what the row gives without
// them, whatever stands on top; and zeroOutputForMask, which a last output does not know.
import {
  Activation,
  BatchNormalization,
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  GlobalAveragePooling1D,
  GRU,
  Input,
  LayerNormalization,
  LSTM,
  Masking,
  NdArray,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  TimeDistributed,
  type Layer,
} from '../../../lib';
import { expectClose } from '../../reference/closeness';

const CLASSES = [
  ['SimpleRNN', SimpleRNN],
  ['LSTM', LSTM],
  ['GRU', GRU],
] as const;
const STEPS = 7;
/** Tokens with zeros behind, before and between them, one row full, one of a single token. */
const ROWS = [
  [3, 5, 2, 0, 0, 0, 0],
  [0, 0, 4, 1, 6, 2, 0],
  [7, 0, 5, 0, 0, 3, 8],
  [1, 2, 3, 4, 5, 6, 7],
  [0, 0, 0, 0, 8, 0, 0],
];
const bare = (row: readonly number[]): number[] => row.filter((token) => token !== 0);
const sequences = { returnSequences: true } as const;
const backwards = { returnSequences: true, goBackwards: true } as const;
const quiet = { verbose: 0 } as const;

beforeEach(() => setRandomSeed(5));

const words = (): Embedding => new Embedding(9, 4, { maskZero: true, embeddingsInitializer: 'random_normal' });

/** Layers on top of the one that reads backwards, down to one row of outputs. */
const TOPS: Record<string, () => Layer[]> = {
  'a recurrent layer': () => [new LSTM(3)],
  'another one backwards': () => [new GRU(3, backwards), new SimpleRNN(4)],
  'both directions': () => [new Bidirectional(new GRU(3, sequences)), new LSTM(3)],
  'both directions, the first of them backwards': () => [
    new Bidirectional(new GRU(3, backwards), { backwardLayer: new LSTM(3, sequences) }),
    new SimpleRNN(4),
  ],
  'TimeDistributed, normalizations and what does nothing in inference': () => [
    new TimeDistributed(new Dense(5)),
    new LayerNormalization(),
    new Dropout(0.5),
    new BatchNormalization(),
    new Activation('tanh'),
    new GRU(3),
  ],
  'the mean over the timesteps': () => [new GlobalAveragePooling1D()],
};

describe.each(CLASSES)('%s backwards', (_class, Class) => {
  describe.each(Object.entries(TOPS))('below %s', (_name, top) => {
    test.each([false, true])('gives masked rows what it gives bare ones; zeroOutputForMask %p', async (zero) => {
      const model = new Sequential([words(), new Class(5, { ...backwards, zeroOutputForMask: zero }), ...top()]);
      const together = await model.predict(ROWS);
      for (const [i, row] of ROWS.entries()) {
        const alone = await model.predict([bare(row)]);
        expectClose(together.row(i).data, alone.data, 2e-6);
      }
    });
  });

  test('hides the timesteps that Masking hid', async () => {
    const model = new Sequential([new Input([null, 2]), new Masking(), new Class(4, backwards), new LSTM(3)]);
    const numbers = (row: readonly number[]): number[][] =>
      row.map((token) => (token === 0 ? [0, 0] : [Math.sin(token), token / 8]));
    const together = await model.predict(ROWS.map(numbers));
    for (const [i, row] of ROWS.entries())
      expectClose(together.row(i).data, (await model.predict([numbers(bare(row))])).data, 2e-6);
  });

  test('goes on from batch to batch as a row without masked timesteps does, and so does the layer on top', async () => {
    const stateful = { stateful: true } as const;
    const model = new Sequential([words(), new Class(4, { ...backwards, ...stateful }), new GRU(3, stateful)]);
    const row = ROWS[1]!;
    const others = ROWS.slice(2);
    const predict = async (rows: number[][]): Promise<NdArray[]> => {
      model.resetStates();
      return [await model.predict(rows), await model.predict(rows), await model.predict(rows)];
    };
    const masked = await predict([row, ...others]);
    const alone = await predict([bare(row)]);
    alone.forEach(({ data }, call) => expectClose(masked[call]!.row(0).data, data, 2e-6));
  });

  test('losses, metrics and weights of timesteps look at the outputs of steps that count', async () => {
    const model = new Sequential([words(), new Class(4, backwards), new Dense(3, { activation: 'softmax' })]);
    model.compile({
      loss: 'sparse_categorical_crossentropy',
      metrics: ['accuracy'],
      weightedMetrics: ['sparse_categorical_crossentropy'],
    });
    // The outputs of a row come in reverse, so the k-th of those that count belongs to the k-th output of the bare row.
    const targets: number[][] = [];
    const weights: number[][] = [];
    let loss = 0;
    let right = 0;
    let count = 0;
    let weighted = 0;
    let weight = 0;
    for (const [i, row] of ROWS.entries()) {
      const outputs = (await model.predict([bare(row)])).row(0);
      targets.push(Array<number>(STEPS).fill(2));
      weights.push(Array<number>(STEPS).fill(50));
      let k = 0;
      [...row].reverse().forEach((token, s) => {
        if (token === 0) return;
        const label = (s + i) % 3;
        const share = 1 + ((s * 3 + i) % 5);
        targets[i]![s] = label;
        weights[i]![s] = share;
        const probabilities = [...outputs.row(k++).data];
        const value = -Math.log(probabilities[label]!);
        loss += share * value;
        weighted += share * value;
        weight += share;
        right += Number(probabilities.indexOf(Math.max(...probabilities)) === label);
        count++;
      });
    }
    const logs = await model.evaluate(ROWS, targets, { ...quiet, sampleWeight: weights, returnDict: true });
    expect(logs['loss']).toBeCloseTo(loss / count, 5);
    expect(logs['accuracy']).toBeCloseTo(right / count, 10);
    expect(logs['sparseCategoricalCrossentropy']).toBeCloseTo(weighted / weight, 5);
  });
});

describe.each(CLASSES)('zeroOutputForMask of %s', (_class, Class) => {
  const pair = async (options: object): Promise<[Sequential, Sequential]> => {
    const models = [false, true].map(
      (zeroOutputForMask) => new Sequential([words(), new Class(4, { ...options, zeroOutputForMask })]),
    ) as [Sequential, Sequential];
    await models[1].predict(ROWS);
    models[1].setWeights(models[0].getWeights());
    return models;
  };

  test.each([false, true])('leaves a last output as it is; goBackwards %p', async (goBackwards) => {
    const [plain, zero] = await pair({ goBackwards });
    const outputs = (await plain.predict(ROWS)).data;
    expect((await zero.predict(ROWS)).data).toEqual(outputs);
    expect(outputs.every((value) => value !== 0)).toBe(true);
  });

  test('leaves the last output of a stream as it is, and zeroes those of a sequence', async () => {
    for (const [options, last] of [
      [{}, (plain: Float32Array) => [...plain]],
      [sequences, () => [0, 0, 0, 0]],
    ] as const) {
      const [plain, zero] = await pair(options);
      const [a, b] = [plain.openStream(), zero.openStream()];
      for (const token of [3, 5]) expect([...b.push(token)]).toEqual([...a.push(token)]);
      expect([...b.push(0)]).toEqual(last(a.push(0)));
    }
  });
});
