// SPDX-License-Identifier: MIT
// A host whose engine computes nothing but keeps a record, for tests of what the trainer asks of an engine: tokens
// [N,3] of a vocabulary of 10, outputs [N,1]. Every row adds 1 to the loss total in the first pass, so that means are 1.
import type { FitProgress } from '../../../lib/callbacks/callback';
import type { HostInput, HostOutput, TrainerHost, TrainingEngine } from '../../../lib/training/trainer_host';
import type { Predicted } from '../../../lib/training/trainer';
import type { NdArray } from '../../../lib/ndarray';
import type { Shape } from '../../../lib/types';
import type {
  NativeCopied,
  NativeCompileConfig,
  NativeDataset,
  NativeDatasetSpec,
  NativeDone,
  NativeModel,
  NativeRun,
} from '../../../lib/native/binding';

export class ScriptedDataset implements NativeDataset {
  readonly rows: number;
  readonly tokenRanges: readonly (readonly [number, number])[];
  readonly memoryBytes = 0;
  isReleased = false;
  release(): void {
    this.isReleased = true;
  }
  constructor(readonly spec: NativeDatasetSpec) {
    this.rows = spec.rows;
    this.tokenRanges = spec.inputs.map(({ data }) => [Math.min(...data), Math.max(...data)]);
  }
}

/** A data set of so many rows. */
export const scriptedRows = (rows: number): ScriptedDataset =>
  new ScriptedDataset({ rows, inputs: [{ shape: [1], data: new Int32Array(rows) }], targets: [] });

type RecordedRun = Pick<NativeRun, 'mode' | 'begin' | 'end' | 'batchSize'> & {
  order: number[] | null;
  /** Rows of each data set. */
  rows: number[];
};

/** Answers each run a turn of the event loop later, as the real one does. */
export class ScriptedModel implements NativeModel {
  readonly weightCount = 1;
  readonly memoryBytes = 0;
  readonly workspaceBytes = 0;
  readonly allocations = 0;
  readonly compiled: NativeCompileConfig[] = [];
  readonly learningRates: number[] = [];
  readonly runs: RecordedRun[] = [];
  busy = false;
  stops = 0;
  /** Per finished run, whether the next had been submitted by the time its `done` returned. */
  readonly followed: boolean[] = [];
  /** Seconds that a batch is said to take. */
  batchSeconds = 0.01;
  /** Error of the next run. */
  nextError: readonly [code: string, message: string] | undefined;
  /** Loss total that a row adds. */
  rowLoss = 1;
  /** Called when a run begins. */
  onRun: (run: NativeRun) => void = () => undefined;

  copyOut(_copies: unknown, _store: unknown, done: NativeCopied): void {
    setImmediate(() => done(null, ''));
  }
  exchange(_places: unknown, _store: unknown, done: NativeCopied): void {
    setImmediate(() => done(null, ''));
  }
  prepare(done: NativeCopied): void {
    setImmediate(() => done(null, ''));
  }
  compile(config: NativeCompileConfig): void {
    this.compiled.push(config);
  }
  setLearningRate(learningRate: number): void {
    this.learningRates.push(learningRate);
  }
  resetStates(): void {}
  readonly iterations = 0;
  readonly learningRate = 0.001;
  setIterations(): void {}
  optimizerState(): [] {
    return [];
  }
  readOptimizer(): void {}
  writeOptimizer(): void {}
  applyEma(done: NativeCopied): void {
    setImmediate(() => done(null, ''));
  }
  layerStates(): [] {
    return [];
  }
  readLayerStates(): void {}
  writeLayerStates(): void {}
  stop(): boolean {
    this.stops++;
    return false;
  }
  sweep(): boolean {
    return false;
  }
  trim(): void {}
  dispose(): void {}

  run(run: NativeRun, done: NativeDone): void {
    if (this.busy) throw Object.assign(new Error('busy'), { code: 'ERR_BUSY' });
    this.busy = true;
    const { mode, begin, end, batchSize } = run;
    const setRows = run.datasets.map(({ rows }) => rows);
    this.runs.push({ mode, begin, end, batchSize, order: run.order && [...run.order], rows: setRows });
    const stopsBefore = this.stops;
    const error = this.nextError;
    this.nextError = undefined;
    this.onRun(run);
    setImmediate(() => {
      this.busy = false;
      if (error !== undefined) return done(error[0], error[1], 0, 0);
      const rows = this.stops > stopsBefore ? Math.min(batchSize, end - begin) : end - begin;
      if (run.totals !== null) {
        for (let i = 0; i < run.totals.length; i += 2) {
          run.totals[i]! += rows * this.rowLoss;
          run.totals[i + 1]! += rows;
        }
      }
      for (const room of run.outputs ?? []) room?.fill(0.5, begin, begin + rows);
      done(null, '', rows, Math.ceil(rows / batchSize) * this.batchSeconds);
      this.followed.push(this.busy);
    });
  }
}

export class ScriptedHost implements TrainerHost {
  readonly name = 'm';
  readonly isStateful = false;
  inputShape: readonly (number | null)[] | undefined;
  outputShape: readonly (number | null)[] | undefined;
  stopTraining = false;
  readonly optimizer = undefined;
  progress: FitProgress | undefined;
  model = new ScriptedModel();
  values: unknown[] = ['first'];
  readonly layers = [{ name: 'dense', hasAutomaticName: false, sublayers: [], weightSpecs: [{ name: 'kernel' }] }];
  readonly parts = [{ layer: { ...this.layers[0]!, trainable: true }, trainable: true }];
  readonly weights = [{ layer: 'dense', name: 'kernel', trainable: true }];

  readonly batchRows = { count: undefined };

  exchangeStates(): { batchRows: { count: undefined }; states: [] } {
    return { batchRows: this.batchRows, states: [] };
  }
  predict(): Promise<never> {
    return Promise.reject(new Error('the trainer is called itself'));
  }
  predictOnBatch = (): Promise<never> => this.predict();
  evaluate = (): Promise<never> => this.predict();
  testOnBatch = (): Promise<never> => this.predict();
  outputMask(): undefined {}
  save(): Promise<void> {
    return Promise.resolve();
  }
  saveWeights(): Promise<void> {
    return Promise.resolve();
  }
  saveTraining(): Promise<void> {
    return Promise.resolve();
  }
  loadTraining(): Promise<unknown[]> {
    return Promise.resolve([]);
  }
  resetStates(): void {}

  get dataInputs(): readonly HostInput[] {
    return [{ name: 'words', kind: 'tokens', vocabularySize: 10, shape: this.inputShape }];
  }
  get dataOutputs(): readonly HostOutput[] {
    return [{ name: 'dense', shape: this.outputShape }];
  }

  computeOutputShapes([inputShape]: readonly Shape[]): Shape[] {
    return [this.outputShape!.map((size, axis) => size ?? inputShape![axis]!)];
  }

  ensureBuilt(inputShape: readonly (number | null)[]): void {
    this.inputShape ??= inputShape;
    this.outputShape ??= [null, 1];
  }
  nativeModel(): ScriptedModel {
    return this.model;
  }
  getWeights(): unknown[] {
    return this.values;
  }
  getAveragedWeights(): undefined {}
  setWeights(weights: never[]): void {
    this.values = weights;
  }
  getWeightsAsync(): Promise<unknown[]> {
    return Promise.resolve(this.values);
  }
  getAveragedWeightsAsync(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  setWeightsAsync(weights: never[]): Promise<void> {
    this.values = weights;
    return Promise.resolve();
  }
}

/** The outputs of a model of one output. */
export const oneOutput = async (predicted: Promise<Predicted>): Promise<NdArray> => (await predicted) as NdArray;

/** Permutations that turn the rows round by the epoch. */
export const scriptedEngine: TrainingEngine = {
  NativeDataset: ScriptedDataset,
  permutation(_seed, stream, out) {
    out.forEach((_, i) => (out[i] = (i + stream + 1) % out.length));
  },
};
