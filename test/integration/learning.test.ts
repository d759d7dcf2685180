// SPDX-License-Identifier: MIT
// Whole trainings through the public API: models learn, and `fit` means what Keras' means.
import {
  Callback,
  clearSession,
  datasets,
  Dense,
  Dropout,
  EarlyStopping,
  Embedding,
  Input,
  NdArray,
  RMSprop,
  Sequential,
  sequence,
  setRandomSeed,
  SGD,
  SimpleRNN,
  type ArrayInput,
  type Logs,
} from '../../lib';
import { drawFrom } from '../reference/random';

beforeEach(() => {
  clearSession();
  setRandomSeed(3);
});

const quiet = { verbose: 0 } as const;
const valuesOf = (model: Sequential): Float32Array[] => model.getWeights().map(({ data }) => data);

describe('learning', () => {
  test('the headline architecture learns the order of words: above 0.9 on reviews that it has not seen', async () => {
    const { train } = datasets.syntheticReviews({ train: 4000, test: 1, numWords: 300 });
    const x = sequence.padSequences(train.x, { maxlen: 24 });
    const model = new Sequential([new Embedding(300, 16), new SimpleRNN(32), new Dense(1, { activation: 'sigmoid' })]);
    model.compile({ optimizer: new RMSprop(0.003), loss: 'binary_crossentropy', metrics: ['acc'] });
    const { history } = await model.fit(x, train.y, { epochs: 15, batchSize: 32, validationSplit: 0.2, ...quiet });
    expect(Math.max(...history['valAcc']!)).toBeGreaterThan(0.9);
    expect(history['loss']!.at(-1)!).toBeLessThan(history['loss']![0]! / 2);
  });

  test('a recurrent layer learns the sum of the last three steps', async () => {
    const draw = drawFrom(8);
    const [rows, steps] = [512, 10];
    const x = new NdArray(Float32Array.from(draw.uniform(rows * steps, -1, 1)), [rows, steps, 1]);
    const y = Float32Array.from({ length: rows }, (_, row) =>
      [1, 2, 3].reduce((sum, back) => sum + x.get(row, steps - back, 0), 0),
    );
    const model = new Sequential([new Input([null, 1]), new SimpleRNN(16), new Dense(1)]);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await model.fit(x, { data: y, shape: [rows] }, { epochs: 60, validationSplit: 0.25, ...quiet });
    // The variance of the sum is 1: what a model that knows nothing has for its loss.
    expect(history['valLoss']!.at(-1)!).toBeLessThan(0.05);
  });

  test('with half of the states dropped it learns still, and drops nothing when it predicts', async () => {
    const draw = drawFrom(5);
    const x = { data: Float32Array.from(draw.normal(200 * 6)), shape: [200, 6] };
    const y = { data: Float32Array.from({ length: 200 }, (_, row) => Number(x.data[row * 6]! > 0)), shape: [200] };
    const model = new Sequential([
      new Input([6]),
      new Dense(32, { activation: 'relu' }),
      new Dropout(0.5),
      new Dense(1, { activation: 'sigmoid' }),
    ]);
    model.compile({ optimizer: new RMSprop(0.01), loss: 'binary_crossentropy', metrics: ['accuracy'] });
    await model.fit(x, y, { epochs: 20, ...quiet });
    const first = await model.predict(x);
    expect((await model.predict(x)).data).toEqual(first.data);
    expect((await model.evaluate(x, y, quiet))[1]).toBeGreaterThan(0.95);
  });
});

describe('fit', () => {
  const rows = 40;
  const draw = drawFrom(12);
  const x = { data: Float32Array.from(draw.normal(rows * 3)), shape: [rows, 3] };
  const y = { data: Float32Array.from(draw.normal(rows)), shape: [rows] };
  const part = (of: { data: Float32Array; shape: number[] }, begin: number, end: number): ArrayInput => {
    const size = of.data.length / rows;
    return { data: of.data.slice(begin * size, end * size), shape: [end - begin, ...of.shape.slice(1)] };
  };
  const make = (learningRate = 0.05): Sequential => {
    setRandomSeed(4);
    const model = new Sequential([new Input([3]), new Dense(5, { activation: 'tanh' }), new Dense(1)]);
    model.compile({ optimizer: new SGD(learningRate), loss: 'mse', metrics: ['mae'] });
    return model;
  };

  test('validates on the last rows as they were given, and trains on the others alone', async () => {
    const split = make();
    const { history } = await split.fit(x, y, { epochs: 3, batchSize: 8, seed: 6, validationSplit: 0.3, ...quiet });
    const told = make();
    const validationData = [part(x, 28, 40), part(y, 28, 40)] as const;
    const options = { epochs: 3, batchSize: 8, seed: 6, validationData, ...quiet };
    const { history: wanted } = await told.fit(part(x, 0, 28), part(y, 0, 28), options);
    expect(history).toEqual(wanted);
    expect(valuesOf(split)).toEqual(valuesOf(told));
    const [loss, mae] = await split.evaluate(part(x, 28, 40), part(y, 28, 40), quiet);
    expect([history['valLoss']!.at(-1), history['valMae']!.at(-1)]).toEqual([
      expect.closeTo(loss!, 6),
      expect.closeTo(mae!, 6),
    ]);
  });

  test('shuffles every epoch anew where it is not told to leave the rows as they are', async () => {
    const weightsAfter = async (options: object): Promise<unknown> => {
      const model = make();
      await model.fit(x, y, { epochs: 2, batchSize: 8, ...quiet, ...options });
      return valuesOf(model);
    };
    const unshuffled = await weightsAfter({ shuffle: false });
    expect(await weightsAfter({ shuffle: false, seed: 9 })).toEqual(unshuffled);
    const shuffled = await weightsAfter({ seed: 9 });
    expect(shuffled).not.toEqual(unshuffled);
    expect(await weightsAfter({ seed: 9 })).toEqual(shuffled);
    expect(await weightsAfter({ seed: 10 })).not.toEqual(shuffled);
  });

  test('in order and in one batch is a step of trainOnBatch an epoch', async () => {
    const [fitted, stepped] = [make(), make()];
    const { history } = await fitted.fit(x, y, { epochs: 4, batchSize: rows, shuffle: false, ...quiet });
    const losses: number[] = [];
    for (let step = 0; step < 4; step++) losses.push((await stepped.trainOnBatch(x, y))[0]!);
    expect(history['loss']).toEqual(losses);
    expect(valuesOf(fitted)).toEqual(valuesOf(stepped));
  });

  test('reports the mean over rows where the last batch is smaller', async () => {
    const model = make(0);
    const { history } = await model.fit(x, y, { batchSize: 16, ...quiet });
    // A learning rate of 0 leaves the weights: what every batch saw.
    const [loss, mae] = await model.evaluate(x, y, { batchSize: rows, ...quiet });
    expect(history['loss']![0]).toBeCloseTo(loss!, 6);
    expect(history['mae']![0]).toBeCloseTo(mae!, 6);
  });

  test('begins at initialEpoch and keeps keys in camelCase', async () => {
    const seen: number[] = [];
    class Watch extends Callback {
      override onEpochBegin(epoch: number): void {
        seen.push(epoch);
      }
    }
    const { history, epoch } = await make().fit(x, y, {
      epochs: 5,
      initialEpoch: 3,
      validationSplit: 0.1,
      callbacks: [new Watch()],
      ...quiet,
    });
    expect(seen).toEqual([3, 4]);
    expect(epoch).toEqual([3, 4]);
    expect(Object.keys(history).sort()).toEqual(['loss', 'mae', 'valLoss', 'valMae']);
    expect(Object.values(history).map((values) => values.length)).toEqual([2, 2, 2, 2]);
  });

  test('EarlyStopping ends it and puts the weights of the best epoch back', async () => {
    const kept: unknown[] = [];
    class Keep extends Callback {
      override onEpochEnd(epoch: number, _logs: Logs): void {
        kept[epoch] = valuesOf(model);
        // After two epochs of learning the model is spoilt, once an epoch a little more.
        if (epoch >= 1) model.optimizer!.learningRate = 3;
      }
    }
    const model = make();
    const stop = new EarlyStopping('loss', { patience: 2, restoreBestWeights: true });
    const { history } = await model.fit(x, y, { epochs: 30, shuffle: false, callbacks: [new Keep(), stop], ...quiet });
    const best = history['loss']!.indexOf(Math.min(...history['loss']!));
    expect(history['loss']!.length).toBeLessThan(30);
    expect(stop.bestEpoch).toBe(best);
    expect(stop.stoppedEpoch).toBe(history['loss']!.length - 1);
    expect(valuesOf(model)).toEqual(kept[best]);
    expect(kept.at(-1)).not.toEqual(kept[best]);
  });
});
