// SPDX-License-Identifier: MIT
// Stateful layers, layers of several outputs and penalties on outputs within a model. The last block computes, and needs
// an engine that has them.
import {
  ActivityRegularization,
  BatchNormalization,
  Bidirectional,
  Callback,
  Dense,
  Dropout,
  Embedding,
  GRU,
  GRUCell,
  Input,
  L1L2,
  LSTM,
  LSTMCell,
  Model,
  NdArray,
  RNN,
  Sequential,
  setRandomSeed,
  SimpleRNN,
  type Layer,
  type SymbolicTensor,
} from '../../../lib';
import { codeOf, codeOfAsync, messageOf } from '../../support/error_code';
import { drawFrom } from '../../reference/random';

const [N, T, C] = [6, 4, 3];
const x = new NdArray(Float32Array.from(drawFrom(1).normal(N * T * C)), [N, T, C]);
const y = new NdArray(Float32Array.from(drawFrom(2).normal(N)), [N]);
const quiet = { verbose: 0 } as const;

beforeEach(() => setRandomSeed(3));

function stateful(...more: Layer[]): Sequential {
  const model = new Sequential([new Input([null, C]), ...more, new SimpleRNN(5, { stateful: true }), new Dense(1)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  return model;
}

function twoOutputs(): Model {
  const input = new Input([3]);
  return new Model(input, [new Dense(1).apply(input), new Dense(2).apply(input)]);
}

describe('a Sequential: misuse', () => {
  test.each<[string, () => Layer, string]>([
    ['returnState', () => new LSTM(2, { returnState: true }), 'returnState: true'],
    [
      'returnState within Bidirectional',
      () => new Bidirectional(new GRU(2, { returnState: true })),
      'returnState: true',
    ],
    ['no merging', () => new Bidirectional(new GRU(2), { mergeMode: null }), 'mergeMode: null'],
    ['several outputs of a model', twoOutputs, 'with 2'],
  ])('a layer of several outputs, by %s: refused, and told where it has a place', (_, make, option) => {
    for (const call of [() => new Sequential([make()]), () => new Sequential().add(make())]) {
      expect(codeOf(call)).toBe('ERR_CONFIG');
      expect(messageOf(call)).toContain(option);
      expect(messageOf(call)).toContain('Use a Model');
    }
  });

  test('stateful layers refuse batches of several sizes before anything is computed', async () => {
    const model = stateful();
    const tooMany = { ...quiet, batchSize: 4 };
    expect(await codeOfAsync(model.predict(x, tooMany))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(model.fit(x, y, tooMany))).toBe('ERR_SHAPE');
    expect(await codeOfAsync(model.evaluate(x, y, tooMany))).toBe('ERR_SHAPE');
    const split = { ...quiet, batchSize: 4, validationSplit: 1 / 3 };
    expect(await codeOfAsync(model.fit(x, y, split))).toBe('ERR_SHAPE');
    const unlike = { ...quiet, batchSize: 2, validationData: [x.slice(0, 1), y.slice(0, 1)] as const };
    expect(await codeOfAsync(model.fit(x, y, unlike as never))).toBe('ERR_SHAPE');
  });

  test('the states of a disposed model cannot be reset; its layers, which may be in other models, can', () => {
    const model = stateful();
    model.dispose();
    expect(codeOf(() => model.resetStates())).toBe('ERR_DISPOSED');
    expect(codeOf(() => model.layers[0]!.resetStates())).toBe('nothing thrown');
  });
});

describe('resetting states', () => {
  test('is allowed where there are none yet, and where there never are', () => {
    const model = stateful();
    model.resetStates();
    model.layers[0]!.resetStates();
    new Sequential([new Dense(1)]).resetStates();
    new Dense(1).resetStates();
    expect(model.layers[0]!.isStateful).toBe(true);
  });
});

describe('states in a model', () => {
  test('go on from batch to batch and from call to call, and begin anew when they are reset', async () => {
    const model = stateful();
    const fresh = await model.predict(x);
    const later = await model.predict(x);
    expect(later.data).not.toEqual(fresh.data);
    expect(await codeOfAsync(model.predict(x.slice(0, 2)))).toBe('ERR_SHAPE');
    model.resetStates();
    expect((await model.predict(x)).data).toEqual(fresh.data);
    model.layers[0]!.resetStates();
    // Each row of the second batch goes on where the row of the first batch beside it ended.
    const pairs = await model.predict(x, { batchSize: 3 });
    model.resetStates();
    const [first, second] = [await model.predict(x.slice(0, 3)), await model.predict(x.slice(3))];
    [...first.data, ...second.data].forEach((value, row) => expect(pairs.data[row]).toBeCloseTo(value, 5));
  });

  test('are forgotten by one layer alone where that layer is reset', async () => {
    const model = stateful(new SimpleRNN(C, { stateful: true, returnSequences: true }));
    const after = async (reset: () => void): Promise<number[]> => {
      model.resetStates();
      await model.predict(x);
      reset();
      return [...(await model.predict(x)).data];
    };
    const [lower, upper] = model.layers as [Layer, Layer];
    const answers = [
      await after(() => undefined),
      await after(() => lower.resetStates()),
      await after(() => upper.resetStates()),
      await after(() => model.resetStates()),
    ];
    expect(new Set(answers.map(String)).size).toBe(4);
    const both = await after(() => [lower, upper].forEach((layer) => layer.resetStates()));
    expect(both).toEqual(answers[3]);
  });

  test.each<[string, () => Layer]>([
    ['BatchNormalization', () => new BatchNormalization({ epsilon: 0 })],
    ['ActivityRegularization', () => new ActivityRegularization({ l1: 0.1 })],
    ['Dropout', () => new Dropout(0.5)],
  ])('are what steps masked from the start of a row hold, seen through %s', async (_, make) => {
    const model = new Sequential([
      new Embedding(3, 2, { maskZero: true }),
      new LSTM(2, { stateful: true, returnSequences: true }),
      make(), // passes on what it is given
    ]);
    const tokens = [[1, 2]];
    const first = [...(await model.predict(tokens)).data].slice(2);
    expect(first.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    const second = [...(await model.predict([[0, 0]])).data];
    [...first, ...first].forEach((value, i) => expect(second[i]).toBeCloseTo(value, 6));
  });

  test('can be reset by a callback after each epoch', async () => {
    class Reset extends Callback {
      resets = 0;
      override onEpochEnd(): void {
        this.model!.resetStates();
        this.resets++;
      }
    }
    const model = stateful();
    const reset = new Reset();
    await model.fit(x, y, { ...quiet, batchSize: 3, epochs: 2, shuffle: false, callbacks: [reset] });
    expect(reset.resets).toBe(2);
  });
});

describe('a penalty on outputs', () => {
  const penalties = new L1L2({ l1: 0.3, l2: 0.2 });
  test.each<[string, () => Layer]>([
    ['Dense', () => new Dense(2, { activityRegularizer: penalties })],
    ['LSTM', () => new LSTM(2, { activityRegularizer: penalties, returnSequences: true })],
    ['Bidirectional', () => new Bidirectional(new GRU(2, { activityRegularizer: penalties, returnSequences: true }))],
  ])('of %s is added to the loss, per row of the batch', async (_, make) => {
    const layer = make();
    const model = new Sequential([new Input([T, C]), layer]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const outputs = await model.predict(x);
    const sum = outputs.data.reduce((total, value) => total + 0.3 * Math.abs(value) + 0.2 * value * value, 0);
    // The targets are the outputs: of the loss only the penalty is left.
    const loss = await model.evaluate<number>(x, outputs, { ...quiet, batchSize: N });
    expect(Math.abs(loss - sum / N) / (sum / N)).toBeLessThan(1e-5);
  });

  const all = { activityRegularizer: penalties, returnState: true } as const;
  test.each<[string, () => Layer]>([
    ['LSTM', () => new LSTM(2, all)],
    ['GRU, with sequences', () => new GRU(2, { ...all, returnSequences: true })],
    ['Bidirectional', () => new Bidirectional(new LSTM(2, all))],
    ['RNN of two cells', () => new RNN([new GRUCell(3), new LSTMCell(2)], all)],
  ])('of %s is for the states that it returns, too, whether or not they are read', async (_, make) => {
    const input = new Input([T, C]);
    const given = make().apply<SymbolicTensor[]>(input);
    const outputs = await new Model(input, given).predict<NdArray[]>(x);
    const sum = outputs
      .flatMap(({ data }) => [...data])
      .reduce((total, value) => total + 0.3 * Math.abs(value) + 0.2 * value * value, 0);
    const model = new Model(input, given[0]!);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const loss = await model.evaluate<number>(x, outputs[0]!, { ...quiet, batchSize: N });
    expect(Math.abs(loss - sum / N) / (sum / N)).toBeLessThan(1e-5);
  });

  test('of an Embedding is added to the loss', async () => {
    const table = new Float32Array([1, -2, 3, 0.5]);
    const embedding = new Embedding(2, 2, { weights: [table], activityRegularizer: new L1L2({ l1: 1 }) });
    const model = new Sequential([embedding]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const tokens = [[0], [1]];
    const loss = await model.evaluate<number>(tokens, await model.predict(tokens), quiet);
    expect(loss).toBeCloseTo((3 + 3.5) / 2, 5);
  });
});
