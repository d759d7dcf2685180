// SPDX-License-Identifier: MIT
// Models whose streams are tested, by what is special about each: every layer that goes on by timesteps, and each option
// that changes how.
import * as lib from '../../../lib';

const { Activation, BatchNormalization, Conv1D, Dense, Dropout, Embedding, GaussianNoise, GRU, Input } = lib;
const { LayerNormalization, LSTM, Masking, SimpleRNN, SpatialDropout1D, TimeDistributed } = lib;

export const FEATURES = 3;
export const VOCABULARY = 11;

type Layers = () => (lib.Layer | lib.Input)[];

const values = (...layers: lib.Layer[]): (lib.Layer | lib.Input)[] => [new Input([null, FEATURES]), ...layers];
const sequences = { returnSequences: true } as const;

/** Models that read numbers [N,T,3]. */
export const VALUE_MODELS: Readonly<Record<string, Layers>> = {
  SimpleRNN: () => values(new SimpleRNN(7), new Dense(2)),
  'SimpleRNN with relu': () => values(new SimpleRNN(17, { activation: 'relu', useBias: false }), new Dense(1)),
  'SimpleRNN whose units are its features alone': () => values(new SimpleRNN(1)),
  LSTM: () => values(new LSTM(16), new Dense(1)),
  'LSTM with other activations': () =>
    values(new LSTM(9, { activation: 'softsign', recurrentActivation: 'hardSigmoid', unitForgetBias: false })),
  GRU: () => values(new GRU(9), new Dense(2, { activation: 'softmax' })),
  'GRU that resets before the product': () => values(new GRU(33, { resetAfter: false }), new Dense(1)),
  'GRU with relu that resets before': () => values(new GRU(5, { resetAfter: false, activation: 'relu' })),
  'LSTM of sequences': () => values(new LSTM(7, sequences), new Dense(2, { activation: 'tanh' })),
  'a stack': () =>
    values(new LSTM(7, sequences), new GRU(9, sequences), new SimpleRNN(5), new Dense(4), new Activation('softmax')),
  'a stateful layer': () => values(new LSTM(7, { stateful: true }), new Dense(1)),
  'dropout and noise': () =>
    values(
      new Dropout(0.4),
      new GaussianNoise(0.5),
      new SpatialDropout1D(0.3),
      new LSTM(6, { dropout: 0.2, recurrentDropout: 0.2 }),
      new Dropout(0.5),
      new Dense(1),
    ),
  normalizations: () =>
    values(
      new LayerNormalization(),
      new GRU(6, sequences),
      new BatchNormalization(),
      new SimpleRNN(4),
      new LayerNormalization({ center: false }),
      new Dense(1),
    ),
  'an activity regularizer': () => values(new LSTM(5, { activityRegularizer: 'l2' }), new Dense(1)),
  'TimeDistributed and Activation': () =>
    values(new TimeDistributed(new Dense(5)), new Activation('relu'), new LSTM(4, sequences), new Dense(1)),
  'a causal Conv1D': () =>
    values(new Conv1D(5, 3, { padding: 'causal', activation: 'relu' }), new GRU(6), new Dense(1)),
  'a dilated Conv1D behind a layer': () =>
    values(new LSTM(4, sequences), new Conv1D(3, 3, { padding: 'causal', dilationRate: 2 }), new SimpleRNN(5)),
  'a Conv1D of one tap': () => values(new Conv1D(5, 1, { padding: 'causal' }), new LSTM(3)),
  'no recurrent layer': () => values(new Dense(4, { activation: 'gelu' }), new Dense(2)),
  Masking: () => values(new Masking(), new LSTM(5), new Dense(1)),
  'Masking of sequences': () => values(new Masking(), new GRU(5, sequences), new LSTM(4, sequences), new Dense(2)),
  'Masking, and zero for masked timesteps': () =>
    values(new Masking(), new LSTM(5, { ...sequences, zeroOutputForMask: true }), new Dense(2)),
  'Masking, and zero for masked timesteps, which a last output does not know': () =>
    values(new Masking(), new SimpleRNN(5, { zeroOutputForMask: true }), new Dense(2)),
  'Masking of a quarter before a Conv1D': () =>
    values(new Masking({ maskValue: 0.25 }), new Conv1D(3, 2, { padding: 'causal' }), new LSTM(3)),
  'Masking before a Conv1D': () =>
    values(new Masking(), new SimpleRNN(4, sequences), new Conv1D(3, 2, { padding: 'causal' }), new LSTM(3)),
};

/** Models that read token ids below 11. */
export const TOKEN_MODELS: Readonly<Record<string, Layers>> = {
  Embedding: () => [new Embedding(VOCABULARY, 6), new SimpleRNN(5), new Dense(1, { activation: 'sigmoid' })],
  'Embedding, LSTM and GRU': () => [
    new Embedding(VOCABULARY, 18),
    new LSTM(7, sequences),
    new GRU(4, { resetAfter: false }),
    new Dense(3, { activation: 'softmax' }),
  ],
  'masked tokens': () => [new Embedding(VOCABULARY, 6, { maskZero: true }), new LSTM(5), new Dense(1)],
  'masked tokens of sequences': () => [
    new Embedding(VOCABULARY, 6, { maskZero: true }),
    new GRU(5, sequences),
    new SimpleRNN(5, sequences),
    new Dense(2),
  ],
  'masked tokens with zero for them': () => [
    new Embedding(VOCABULARY, 6, { maskZero: true }),
    new GRU(5, { ...sequences, zeroOutputForMask: true }),
    new Dense(2),
  ],
  'masked tokens without a recurrent layer': () => [new Embedding(VOCABULARY, 4, { maskZero: true }), new Dense(2)],
};

export interface StreamCase {
  readonly model: lib.Sequential;
  readonly isTokens: boolean;
  /** [rows, steps, width] flat. */
  readonly x: Float32Array | Int32Array;
  readonly width: number;
}

/** The named model with weights that are all random, and data for it in which some timesteps are masked. */
export function makeCase(name: string, rows: number, steps: number): StreamCase {
  lib.clearSession();
  lib.setRandomSeed(11);
  const isTokens = name in TOKEN_MODELS;
  const model = new lib.Sequential((isTokens ? TOKEN_MODELS : VALUE_MODELS)[name]!());
  // Biases and moments begin at 0 and 1, which would hide what they do; a variance is positive.
  model.setWeights(
    model.getWeights().map(({ data, shape }, w) => ({
      data: data.map((value, i) =>
        model.weights[w]!.name.includes('ariance') ? 1 + 0.5 * Math.sin(i) ** 2 : value + 0.1 * Math.sin(i + w),
      ),
      shape,
    })),
  );
  const width = isTokens ? 1 : FEATURES;
  const isMasked = (row: number, step: number): boolean => (row * 3 + step * step) % 5 === 0;
  const cell = (row: number, step: number, c: number): number => {
    if (isMasked(row, step)) return name.includes('quarter') ? 0.25 : 0;
    return isTokens ? 1 + ((row * 7 + step * 5) % (VOCABULARY - 1)) : Math.sin(row * 13 + step * 3 + c * 1.7);
  };
  const all = Array.from({ length: rows * steps * width }, (_, i) =>
    cell(Math.floor(i / (steps * width)), Math.floor(i / width) % steps, i % width),
  );
  return { model, isTokens, x: isTokens ? Int32Array.from(all) : Float32Array.from(all), width };
}

/** What `predict` gives at the last timestep of each prefix of the rows: [steps][rows * units]. */
export async function predictPrefixes({ model, isTokens, x, width }: StreamCase, rows: number): Promise<number[][]> {
  const steps = x.length / rows / width;
  const answers: number[][] = [];
  for (let end = 1; end <= steps; end++) {
    const data = x.filter((_, i) => Math.floor(i / width) % steps < end);
    if (model.isStateful) model.resetStates();
    const y = await model.predict({ data, shape: isTokens ? [rows, end] : [rows, end, width] }, { batchSize: rows });
    answers.push(lastSteps(y));
  }
  return answers;
}

/** The last timestep of [N,T,units], or all of [N,units]. */
export function lastSteps({ data, shape }: lib.NdArray): number[] {
  if (shape.length === 2) return [...data];
  const [, steps, units] = shape as [number, number, number];
  return [...data.filter((_, i) => Math.floor(i / units) % steps === steps - 1)];
}

/** The rows of one timestep. */
export function timestep({ x, width }: StreamCase, rows: number, step: number): Float32Array | Int32Array {
  const steps = x.length / rows / width;
  return x.filter((_, i) => Math.floor(i / width) % steps === step);
}

/** float32 sums in another order, through some layers. */
const CLOSE = 2e-6;

/** Predictions of a stream, and of a whole sequence. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, where: string): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++)
    if (!(Math.abs(actual[i]! - expected[i]!) <= CLOSE * Math.max(1, Math.abs(expected[i]!))))
      throw new Error(`${where}: element ${i}: expected ${expected[i]}, received ${actual[i]}`);
}
