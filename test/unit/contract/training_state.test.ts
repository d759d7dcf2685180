// SPDX-License-Identifier: MIT
// What training goes on from, read and written back: another model then ends in the same bits as one that never stopped.
import {
  Adam,
  Bidirectional,
  Dense,
  Dropout,
  Embedding,
  GRU,
  Input,
  LSTM,
  RMSprop,
  Sequential,
  SGD,
  type Optimizer,
} from '../../../lib';
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

const stateOf = (model: Sequential): TrainingState =>
  readState(
    model.native(),
    model.getWeights().map(({ data }) => data.length),
  );

const OPTIMIZERS: readonly [string, () => Optimizer][] = [
  ['SGD with momentum', () => new SGD(0.05, { momentum: 0.9 })],
  ['RMSprop', () => new RMSprop(0.01, { momentum: 0.5, centered: true })],
  ['Adam', () => new Adam(0.01, { amsgrad: true })],
];

test.each(OPTIMIZERS)(
  '%s, stopped after any step and taken up by another model, ends in the same bits',
  async (_n, make) => {
    const whole = makeModel(make());
    await train(whole, 0, 9);
    const wanted = stateOf(whole);
    for (const stop of [1, 4, 5]) {
      const first = makeModel(make());
      await train(first, 0, stop);
      const saved = stateOf(first);
      const second = makeModel(make());
      await train(second, 20, 21); // compiled by its first batch, with states of its own to overwrite
      writeState(second.native(), saved);
      await train(second, stop, 9);
      expect(stateOf(second)).toEqual(wanted);
    }
  },
);
