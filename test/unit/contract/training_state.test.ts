// SPDX-License-Identifier: MIT
// What training goes on from, read and written back: another model then ends in the same bits as one that never stopped.
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Bidirectional,
  CosineDecay,
  Dense,
  Dropout,
  Embedding,
  ExponentialDecay,
  GRU,
  Input,
  Lion,
  LSTM,
  Nadam,
  RMSprop,
  Sequential,
  SGD,
  type Optimizer,
} from '../../../lib';
import { applyEma } from '../../../lib/native/copies';
import { drawFrom } from '../../reference/random';
import { readState, writeState, type TrainingState } from '../../support/training_state';
import { floats, ids } from './engine_model';

const ROWS = 4;
const STEPS = 6;

/** Dropout of every kind, and states carried from batch to batch. */
function makeModel(optimizer: Optimizer): Sequential {
  const model = new Sequential([
    new Input([STEPS]),
    new Embedding(15, 5, { embeddingsRegularizer: 'l2' }),
    new LSTM(6, { returnSequences: true, stateful: true, dropout: 0.2, recurrentDropout: 0.1, seed: 3 }),
    new Bidirectional(new GRU(3, { stateful: true, seed: 5, kernelConstraint: 'maxNorm' })),
    new Dropout(0.3, { seed: 4 }),
    new Dense(1),
  ]);
  const draw = drawFrom(31);
  model.setWeights(
    model.weights.map(({ shape }) => {
      const size = (shape as number[]).reduce((a, b) => a * b, 1);
      return { data: Float32Array.from(draw.normal(size, 0.4)), shape: shape as number[] };
    }),
  );
  model.compile({ optimizer, loss: 'mse' });
  return model;
}

async function train(model: Sequential, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) {
    const draw = drawFrom(100 + step);
    await model.trainOnBatch(
      ids(draw.integers(ROWS * STEPS, 0, 15), [ROWS, STEPS]),
      floats(draw.normal(ROWS), [ROWS, 1]),
    );
  }
}

const stateOf = (model: Sequential): TrainingState => readState(model);

const COSINE = () => new CosineDecay(0.001, 8, { warmupTarget: 0.05, warmupSteps: 3 });
const EMA = { useEma: true, emaMomentum: 0.7, emaOverwriteFrequency: 3 };

/** Every optimizer with all that it can keep, and each surrounding alone and with others. */
const OPTIMIZERS: readonly [string, () => Optimizer][] = [
  ['SGD', () => new SGD(0.05)],
  ['SGD with momentum', () => new SGD(0.05, { momentum: 0.9, nesterov: true, clipnorm: 0.5 })],
  ['RMSprop', () => new RMSprop(0.01, { momentum: 0.5, centered: true, weightDecay: 0.1 })],
  ['Adam', () => new Adam(0.01, { amsgrad: true, lossScaleFactor: 64 })],
  ['AdamW', () => new AdamW(COSINE(), { weightDecay: 0.1, clipvalue: 0.1 })],
  ['Nadam', () => new Nadam(0.01)],
  ['Adamax', () => new Adamax(0.01, EMA)],
  ['Adagrad', () => new Adagrad(0.1, { gradientAccumulationSteps: 3 })],
  ['Adadelta', () => new Adadelta(1, { globalClipnorm: 0.2 })],
  ['Lion', () => new Lion(0.001, { ...EMA, gradientAccumulationSteps: 2 })],
  [
    'Nadam with everything',
    () =>
      new Nadam(COSINE(), {
        ...EMA,
        weightDecay: 0.1,
        globalClipnorm: 0.3,
        gradientAccumulationSteps: 3,
        lossScaleFactor: 8,
      }),
  ],
];

describe.each(OPTIMIZERS)('%s', (_name, make) => {
  test('stopped after any step and taken up by another model ends in the same bits', async () => {
    const whole = makeModel(make());
    await train(whole, 0, 9);
    const wanted = stateOf(whole);
    for (const stop of [1, 4, 5]) {
      const first = makeModel(make());
      await train(first, 0, stop);
      const saved = stateOf(first);
      const second = makeModel(make());
      await train(second, 20, 22); // compiled by its first batch, with a state of its own to overwrite
      writeState(second, saved);
      expect(second.optimizer!.iterations).toBe(first.optimizer!.iterations);
      expect(second.optimizer!.learningRate).toBe(first.optimizer!.learningRate);
      await train(second, stop, 9);
      expect(stateOf(second)).toEqual(wanted);
    }
  });

  test('names what it keeps, and each piece of it counts', async () => {
    const model = makeModel(make());
    await train(model, 0, 4);
    const saved = stateOf(model);
    const trained = model.weights.length;
    const names = [...new Set(saved.optimizer.map(({ name }) => name))];
    for (const name of names) {
      expect(name).toMatch(/^[a-z_]+$/);
      const of = saved.optimizer.filter((entry) => entry.name === name);
      expect(of.map(({ weight }) => weight)).toEqual(
        name === 'accumulated_batches' ? [-1] : [...Array(trained).keys()],
      );
    }
    await train(model, 4, 8);
    const wanted = stateOf(model);
    for (const name of names) {
      const other = makeModel(make());
      await train(other, 0, 1);
      const changed = saved.optimizer.map((entry) =>
        entry.name === name
          ? {
              ...entry,
              values: entry.values.map((value) =>
                name === 'accumulated_batches' ? 1 - Math.min(1, value) : value + 0.5,
              ),
            }
          : entry,
      );
      writeState(other, { ...saved, optimizer: changed });
      await train(other, 4, 8);
      expect(stateOf(other)).not.toEqual(wanted);
    }
  });
});

test('iterations count steps, not batches, and a schedule goes by batches', async () => {
  const model = makeModel(new SGD(new ExponentialDecay(1, 1, 0.5), { gradientAccumulationSteps: 3 }));
  expect(model.optimizer!.iterations).toBe(0);
  expect(model.optimizer!.learningRate).toBe(1);
  await train(model, 0, 4);
  expect(model.optimizer!.iterations).toBe(1);
  expect(model.optimizer!.learningRate).toBe(1 / 16);
});

test('moving averages take the place of the weights when they are asked to', async () => {
  const model = makeModel(new SGD(0.1, { useEma: true, emaMomentum: 0.5 }));
  await train(model, 0, 3);
  const averages = stateOf(model).optimizer.filter(({ name }) => name === 'average');
  expect(averages.map(({ values }) => values)).not.toEqual(stateOf(model).weights);
  await applyEma(model.nativeModel());
  expect(averages.map(({ values }) => values)).toEqual(stateOf(model).weights);
});

describe('misuse', () => {
  test('averages of an optimizer that keeps none, or did no step, leave the weights alone', async () => {
    for (const useEma of [false, true]) {
      const model = makeModel(new SGD(0.1, { useEma }));
      await model.testOnBatch(ids(new Int32Array(ROWS * STEPS), [ROWS, STEPS]), floats([1, 2, 3, 4], [ROWS, 1]));
      const before = stateOf(model).weights;
      await applyEma(model.nativeModel());
      expect(stateOf(model).weights).toEqual(before);
    }
  });

  test('a count of batches that cannot be, arrays of another size, and a model without optimizer are refused', async () => {
    const model = makeModel(new SGD(0.1, { gradientAccumulationSteps: 3 }));
    expect(() => model.nativeModel().optimizerState()).toThrow(/not compiled/);
    await train(model, 0, 1);
    const native = model.nativeModel();
    const counter = native.optimizerState().findIndex(({ name }) => name === 'accumulated_batches');
    for (const value of [3, -1, 0.5, NaN])
      expect(() => native.writeOptimizer(counter, Float32Array.of(value))).toThrow(/malformed/);
    expect(() => native.writeOptimizer(counter, new Float32Array(2))).toThrow(/malformed/);
    expect(() => native.readOptimizer(99, new Float32Array(1))).toThrow(/malformed/);
    expect(() => native.writeLayerStates(0, new Float32Array(7))).toThrow(/malformed/);
    expect(() => native.readLayerStates(3, new Float32Array(0))).toThrow(/malformed/);
  });

  test('states are left alone while the model trains', async () => {
    const model = makeModel(new SGD(0.1));
    await train(model, 0, 1);
    const native = model.nativeModel();
    const training = train(model, 1, 2);
    const busy = expect.objectContaining({ code: 'ERR_BUSY' });
    expect(() => native.optimizerState()).toThrow(busy);
    expect(() => native.setIterations(1)).toThrow(busy);
    expect(() => native.layerStates()).toThrow(busy);
    expect(() => native.applyEma(() => undefined)).toThrow(busy);
    expect(native.iterations).toBe(1);
    await training;
    expect(native.iterations).toBe(2);
  });
});
