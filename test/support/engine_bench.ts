// SPDX-License-Identifier: MIT
// Models of every kind on the engine, run batch by batch without the loop of `fit`: what happens between batches, or in the
// middle of one, is then for a test to say.
import { createHash } from 'node:crypto';
import {
  Activation,
  Adam,
  AUC,
  AveragePooling1D,
  BatchNormalization,
  Bidirectional,
  Conv1D,
  Dense,
  Dropout,
  Embedding,
  F1Score,
  Flatten,
  GaussianNoise,
  GlobalAveragePooling1D,
  GRU,
  Input,
  L1L2,
  LambdaCallback,
  LayerNormalization,
  LSTM,
  Masking,
  MaxNorm,
  MaxPooling1D,
  MeanIoU,
  OrthogonalRegularizer,
  R2Score,
  RepeatVector,
  Reshape,
  Sequential,
  setRandomSeed,
  SGD,
  SimpleRNN,
  SpatialDropout1D,
  type CompileOptions,
  type Layer,
} from '../../lib';
import { loadBinding } from '../../lib/native/engine';
import { MAX_WORKSPACE } from '../../lib/native/workspace';
import { readState, writeState, type TrainingState } from './training_state';
import type { NativeDataset, NativeModel, NativeRun } from '../../lib/native/binding';

/** Batches of every case. */
export const BATCHES = 3;
export interface Case {
  readonly layers: () => (Layer | Input)[];
  readonly compile: () => CompileOptions;
  readonly batch: number;
  readonly steps: number;
  /** Of inputs, which are numbers; undefined: token ids. */
  readonly features?: number;
  /** Axes of a row of targets, and what they hold. */
  readonly target: readonly number[];
  readonly targetAt: (index: number) => number;
}

const WORDS = 40;
const bit = (i: number): number => (i * 7) % 2;
const real = (i: number): number => Math.cos(i * 1.3);

export const cases: Record<string, Case> = {
  'an embedding, shared padding, metrics of one thread': {
    layers: () => [new Embedding(WORDS, 12), new SimpleRNN(20), new Dense(1, { activation: 'sigmoid' })],
    compile: () => ({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc', new AUC()] }),
    batch: 9,
    steps: 8,
    target: [1],
    targetAt: bit,
  },
  'masks, both directions, moments of the batch': {
    layers: () => [
      new Embedding(WORDS, 10, { maskZero: true }),
      new BatchNormalization({ momentum: 0.5 }),
      new Bidirectional(new LSTM(9, { returnSequences: true })),
      new GRU(7),
      new BatchNormalization(),
      new Dense(2),
    ],
    compile: () => ({ optimizer: new Adam(), loss: 'mse', metrics: ['mae', new R2Score()] }),
    batch: 8,
    steps: 7,
    target: [2],
    targetAt: real,
  },
  'states carried over, dropout, a reset before the product': {
    layers: () => [
      new Input([6, 5]),
      new LSTM(33, { stateful: true, returnSequences: true, dropout: 0.2, recurrentDropout: 0.3 }),
      new LayerNormalization(),
      new GRU(18, { stateful: true, resetAfter: false }),
      new Dense(1),
    ],
    compile: () => ({ optimizer: new SGD(0.1, { momentum: 0.9, clipnorm: 0.5 }), loss: 'mse' }),
    batch: 6,
    steps: 6,
    features: 5,
    target: [1],
    targetAt: real,
  },
  'convolution, pooling, penalties, constraints, accumulated gradients, averages': {
    layers: () => [
      new Input([10, 4]),
      new Conv1D(8, 3, { groups: 2, padding: 'same', activation: 'relu', kernelRegularizer: new L1L2({ l1: 1e-3, l2: 1e-3 }) }),
      new MaxPooling1D(2),
      new AveragePooling1D(2),
      new SpatialDropout1D(0.2),
      new GlobalAveragePooling1D(),
      new Dense(6, { kernelConstraint: new MaxNorm(1), kernelRegularizer: new OrthogonalRegularizer({ factor: 0.1 }) }),
      new Dense(1),
    ],
    compile: () => ({
      optimizer: new Adam(0.01, { gradientAccumulationSteps: 2, useEma: true, emaOverwriteFrequency: 2, globalClipnorm: 1 }),
      loss: 'huber',
    }),
    batch: 5,
    steps: 10,
    features: 4,
    target: [1],
    targetAt: real,
  },
  'a class for each timestep, metrics of classes, penalties on outputs': {
    layers: () => [
      new Embedding(WORDS, 8),
      new GRU(11, { returnSequences: true, goBackwards: true }),
      new GaussianNoise(0.1),
      new Dense(5, { activityRegularizer: new L1L2({ l1: 0.01 }) }),
      new Activation('softmax'),
    ],
    compile: () => ({
      optimizer: 'nadam',
      loss: 'categorical_crossentropy',
      metrics: ['accuracy', new F1Score({ average: 'macro' }), new MeanIoU(5, { sparseYTrue: false, sparseYPred: false })],
    }),
    batch: 4,
    steps: 6,
    target: [6, 5],
    targetAt: (i) => Number(i % 5 === Math.floor(i / 5) % 3),
  },
  'a loss of all rows at once, layers that change the timesteps': {
    layers: () => [
      new Input([6, 4]),
      new Masking(),
      new SimpleRNN(8, { returnSequences: true, activation: 'gelu' }),
      new Flatten(),
      new Dropout(0.3),
      new Reshape([4, 12]),
      new SimpleRNN(5),
      new RepeatVector(3),
      new GRU(6, { activation: 'relu' }),
      new Dense(2, { activation: 'sigmoid' }),
    ],
    compile: () => ({ optimizer: 'adagrad', loss: 'dice' }),
    batch: 6,
    steps: 6,
    features: 4,
    target: [2],
    targetAt: bit,
  },
  'labels of a sample': {
    layers: () => [new Input([7, 3]), new LSTM(6, { returnSequences: true }), new Dense(4)],
    compile: () => ({ optimizer: 'lion', loss: 'ctc' }),
    batch: 5,
    steps: 7,
    features: 3,
    target: [2],
    targetAt: (i) => 1 + (i % 3),
  },
  'layers that overlap in time': {
    layers: () => [
      new Input([40, 4]),
      new LSTM(12, { returnSequences: true }),
      new GRU(12, { returnSequences: true }),
      new SimpleRNN(12),
      new Dense(1),
    ],
    compile: () => ({ optimizer: 'adadelta', loss: 'mse' }),
    batch: 2,
    steps: 40,
    features: 4,
    target: [1],
    targetAt: real,
  },
  'a layer that is walked by a team': {
    layers: () => [new Input([5, 4]), new LSTM(128), new Dense(1)],
    compile: () => ({ optimizer: 'adamax', loss: 'mse' }),
    batch: 2,
    steps: 5,
    features: 4,
    target: [1],
    targetAt: real,
  },
}; // prettier-ignore

function inputsOf({ batch, steps, features }: Case): { data: Float32Array | Int32Array; shape: number[] } {
  const rows = batch * BATCHES;
  if (features !== undefined) {
    const data = Float32Array.from({ length: rows * steps * features }, (_, i) =>
      Math.floor(i / features) % 4 === 3 ? 0 : Math.sin(i * i),
    );
    return { data, shape: [rows, steps, features] };
  }
  const data = new Int32Array(rows * steps);
  for (let row = 0; row < rows; row++)
    for (let step = (row * 5) % steps; step < steps; step++)
      data[row * steps + step] = 1 + ((row * 31 + step * 17) % (WORDS - 1));
  return { data, shape: [rows, steps] };
}

/** What a run came to: rows of whole batches, the sums of loss and metrics, and one hash of all that the engine holds. */
export interface Outcome {
  readonly rows: number;
  readonly totals: Float64Array;
  readonly state: string;
}

function hashOf({ weights, iterations, optimizer, layers }: TrainingState): string {
  const sum = createHash('sha256').update(String(iterations));
  for (const values of [...weights, ...optimizer.map((array) => array.values), ...layers])
    sum.update(String(values.length)).update(values);
  return sum.digest('hex');
}

/** One model on the engine, which can be put back to where it began. */
export class EngineBench {
  readonly native: NativeModel;
  readonly #start: TrainingState;

  private constructor(
    readonly model: Sequential,
    readonly dataset: NativeDataset,
    private readonly outputSize: number,
    private readonly batch: number,
    private readonly totalsSize: number,
  ) {
    this.native = model.nativeModel();
    this.#start = readState(model);
  }

  static async make(made: Case): Promise<EngineBench> {
    setRandomSeed(11);
    const model = new Sequential(made.layers());
    model.compile(made.compile());
    const { data, shape } = inputsOf(made);
    const rows = shape[0]!;
    const targetSize = made.target.reduce((a, b) => a * b, 1);
    const targets = Float32Array.from({ length: rows * targetSize }, (_, i) => made.targetAt(i));
    // Tells the engine of the loss, and begins the optimizer's averages.
    let totalsSize = 0;
    const onTrainBegin = (): void => void (totalsSize = model.progress!.totals.length);
    await model.fit(
      { data: data.slice(0, (data.length / rows) * made.batch), shape: [made.batch, ...shape.slice(1)] },
      { data: targets.slice(0, made.batch * targetSize), shape: [made.batch, ...made.target] },
      { batchSize: made.batch, verbose: 0, callbacks: [new LambdaCallback({ onTrainBegin })] },
    );
    const { NativeDataset } = loadBinding();
    const target = { data: targets, size: targetSize, weights: null, weightSize: 0 };
    const dataset = new NativeDataset({ rows, inputs: [{ shape: shape.slice(1), data }], targets: [target] });
    const outputAxes = model.computeOutputShape([null, ...shape.slice(1)]).slice(1) as number[];
    return new EngineBench(
      model,
      dataset,
      outputAxes.reduce((a, b) => a * b, 1),
      made.batch,
      totalsSize,
    );
  }

  /** Goes back to the beginning. */
  reset(): void {
    this.native.resetStates(null);
    writeState(this.model, this.#start);
  }

  /** Runs batches [from, to) on the sums of `totals`. */
  async run(
    mode: NativeRun['mode'],
    from: number,
    to: number,
    totals: Float64Array,
    otherwise: Partial<NativeRun> = {},
  ): Promise<Outcome> {
    const sums = totals.slice();
    const outputs = mode === 'predict' ? [this.noOutputs()] : null;
    const { batch, dataset } = this;
    const rows = await runOf(this.native, {
      mode,
      priority: 'training',
      datasets: [dataset],
      order: null,
      begin: from * batch,
      end: to * batch,
      batchSize: batch,
      outputs,
      totals: mode === 'predict' ? null : sums,
      training: false,
      maxWorkspace: MAX_WORKSPACE,
      ...otherwise,
    });
    return { rows, state: this.state(), totals: sums };
  }

  /** One hash of all that the engine holds now. */
  state(): string {
    return hashOf(readState(this.model));
  }

  /** A run that trains on all batches. */
  trainAll(): NativeRun {
    const { batch, dataset } = this;
    const rows = { datasets: [dataset], order: null, begin: 0, end: BATCHES * batch, batchSize: batch };
    const priority = 'training';
    return {
      mode: 'train',
      priority,
      ...rows,
      outputs: null,
      totals: this.zeros(),
      training: false,
      maxWorkspace: MAX_WORKSPACE,
    };
  }

  /** A run that serves, but for its outputs. */
  predictAll(): Omit<NativeRun, 'outputs'> {
    const { dataset } = this;
    const { rows } = dataset;
    const run = { datasets: [dataset], order: null, begin: 0, end: rows, batchSize: rows, totals: null };
    return { mode: 'predict', priority: 'serving', ...run, training: false, maxWorkspace: MAX_WORKSPACE };
  }

  noOutputs(): Float32Array {
    return new Float32Array(this.dataset.rows * this.outputSize);
  }

  zeros(): Float64Array {
    return new Float64Array(this.totalsSize);
  }

  /** What 0, 1, 2 ... whole batches come to. */
  async wholeBatches(mode: NativeRun['mode']): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let batches = 0; batches <= BATCHES; batches++) {
      this.reset();
      if (batches === 0) outcomes.push({ rows: 0, state: this.state(), totals: this.zeros() });
      else outcomes.push(await this.run(mode, 0, batches, this.zeros()));
    }
    return outcomes;
  }
}

export function runOf(native: NativeModel, run: NativeRun): Promise<number> {
  return new Promise((resolve, reject) =>
    native.run(run, (code, message, rows) => (code === null ? resolve(rows) : reject(new Error(`${code} ${message}`)))),
  );
}
