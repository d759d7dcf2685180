// SPDX-License-Identifier: MIT
// A model that trains in a moment, and its data: for what happens round a training rather than in it.
import { Dense, Input, Sequential, setRandomSeed, SGD } from '../../lib';

export const ROWS = 12;
export const BATCH = 4;

export const x = { data: Float32Array.from({ length: ROWS * 2 }, (_, i) => Math.sin(i)), shape: [ROWS, 2] };
export const y = Float32Array.from({ length: ROWS }, (_, i) => Math.cos(i));

/** Three batches an epoch. */
export const QUIET = { verbose: 0, batchSize: BATCH, seed: 1 } as const;

export function smallModel(learningRate = 0.1): Sequential {
  setRandomSeed(3);
  const model = new Sequential([
    new Input([2]),
    new Dense(3, { activation: 'tanh', name: 'a' }),
    new Dense(1, { name: 'b' }),
  ]);
  model.compile({ optimizer: new SGD(learningRate, { momentum: 0.9 }), loss: 'mse', metrics: ['mae'] });
  return model;
}
