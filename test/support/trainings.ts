// SPDX-License-Identifier: MIT
// Trainings of every kind, for tests that compare their bits.
import {
  TimeDistributed,
  SpatialDropout1D,
  Reshape,
  RepeatVector,
  MaxPooling1D,
  LayerNormalization,
  GlobalMaxPooling1D,
  GlobalAveragePooling1D,
  GaussianNoise,
  Conv1D,
  BatchNormalization,
  Adam,
  Adamax,
  AdamW,
  AUC,
  Bidirectional,
  CosineDecay,
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
  SGD,
  SimpleRNN,
  UnitNorm,
  type ArrayInput,
  type CompileOptions,
  type FitOptions,
  type Layer,
} from '../../lib';
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

/** A model, what it is compiled with, and what it is trained on. */
export interface Training {
  readonly layers: () => (Layer | Input)[];
  readonly compile: () => CompileOptions;
  readonly x: ArrayInput;
  readonly y: ArrayInput;
  readonly options?: FitOptions;
}

const binary = (): CompileOptions => ({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
const head = (): Dense => new Dense(1, { activation: 'sigmoid' });
const WORDS = 300;

const small = (optimizer: () => CompileOptions['optimizer']): Training => ({
  layers: () => [new Embedding(WORDS, 12), new SimpleRNN(10), head()],
  compile: () => ({ ...binary(), optimizer: optimizer()! }),
  x: tokens(75, 20, WORDS),
  y: labels(75),
});

/** By what each is. */
export const TRAININGS: Record<string, Training> = {
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
    ] as const).flatMap(([name, Class, own]): [string, Training][] => {
      const layer = (units: number, options: object = {}): Layer => new Class(units, { ...own, ...options });
      const on = (layers: () => Layer[], maskZero = false): Training => ({
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
  'convolution, pooling, normalizations and noise': {
    layers: () => [
      new Embedding(WORDS, 12, { inputLength: 24 }),
      new SpatialDropout1D(0.2),
      new Conv1D(20, 3, { padding: 'causal', dilationRate: 2, activation: 'relu' }),
      new BatchNormalization(),
      new MaxPooling1D(2),
      new LayerNormalization(),
      new GaussianNoise(0.1),
      new LSTM(18, { returnSequences: true }),
      new GlobalMaxPooling1D(),
      head(),
    ],
    compile: binary,
    x: tokens(75, 24, WORDS),
    y: labels(75),
  },
  'an autoencoder of sequences': {
    layers: () => [
      new Input([14, 5]),
      new Masking({ maskValue: 0 }),
      new GRU(19, { activityRegularizer: 'l2' }),
      new RepeatVector(14),
      new LSTM(19, { returnSequences: true }),
      new TimeDistributed(new Dense(5)),
    ],
    compile: () => ({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] }),
    x: { data: noise(65 * 14 * 5).map((value, i) => (Math.floor(i / 5) % 3 === 1 ? 0 : value)), shape: [65, 14, 5] },
    y: { data: noise(65 * 14 * 5), shape: [65, 14, 5] },
  },
  'stateful layers': {
    layers: () => [
      new Input([null, 6]),
      new LSTM(17, { returnSequences: true, stateful: true }),
      new GRU(12, { stateful: true }),
      new Dense(2),
    ],
    compile: () => ({ optimizer: 'adam', loss: 'mse' }),
    x: { data: noise(64 * 9 * 6), shape: [64, 9, 6] },
    y: { data: noise(64 * 2), shape: [64, 2] },
    options: { shuffle: false },
  },
  'masked words, averaged and reshaped': {
    layers: () => [
      new Embedding(WORDS, 12, { maskZero: true }),
      new SimpleRNN(16, { returnSequences: true, zeroOutputForMask: true }),
      new GlobalAveragePooling1D(),
      new Reshape([4, 4]),
      new LSTM(8, { goBackwards: true, returnSequences: true }),
      new Flatten(),
      head(),
    ],
    compile: binary,
    x: tokens(75, 20, WORDS),
    y: labels(75),
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
