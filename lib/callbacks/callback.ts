// SPDX-License-Identifier: MIT
// The base class of callbacks: Keras' hooks in camelCase. Each hook may be async; training waits for it.
import { refuseMore } from '../util/arguments';
import type { Metric } from '../metrics';
import type { NdArray } from '../ndarray';
import type { Optimizer } from '../optimizers';
import type { AbortSignalLike, ArrayInput } from '../types';

/** Running means at one moment: `loss`, each metric, and from validation the same with `val` in front. */
export type Logs = Readonly<Record<string, number>>;

/** What `setParams` is given before a call begins. */
export interface CallbackParams {
  readonly verbose: 0 | 1 | 2;
  /** Index of the final epoch; 1 outside `fit`. */
  readonly epochs: number;
  /** Batches of one epoch; undefined where only the source of the batches knows. */
  readonly steps: number | undefined;
  /** Metrics of the model besides the loss: key and direction. */
  readonly metrics: readonly Pick<Metric, 'name' | 'direction'>[];
  /**
   * Keys that `fit` logs by itself: loss and metrics, and those of validation where an epoch to come has one. Undefined outside
   * `fit`.
   */
  readonly logKeys?: readonly string[];
}

/** Where a `fit` goes on. */
export interface FitProgress {
  /** Epoch under way, from 0; inside `onEpochEnd` the next one. */
  readonly epoch: number;
  /** Batches of that epoch that are done. */
  readonly batch: number;
  /** Decides the order of rows. */
  readonly seed: number;
  /** Sums of loss and metrics over those batches. */
  readonly totals: readonly number[];
}

/** Options of the passes that a callback makes between two batches. */
export interface CallbackPassOptions {
  /** Rows per batch, from 1. Default 32. */
  batchSize?: number;
  /** Batches, from 1. Default: all. */
  steps?: number;
  /** 0 shows nothing, 1 (or 'auto') a progress bar, 2 one line. Default 1; 0 for `predict`. */
  verbose?: 0 | 1 | 2 | 'auto';
  /** Ends the call within one batch. */
  signal?: AbortSignalLike;
}

/** What callbacks may ask of a model. `Sequential` is one. */
export interface CallbackModel {
  readonly name: string;
  /** Ends `fit` after the present batches. */
  stopTraining: boolean;
  /** The optimizer that `compile` was given. */
  readonly optimizer: Optimizer | undefined;
  /** How far `fit` is; may be set in `onTrainBegin`, so that training goes on from there. Undefined outside `fit`. */
  progress: FitProgress | undefined;
  /** Outputs for inputs, with the weights of this moment. See `Sequential.predict`. */
  predict(x: ArrayInput, options?: CallbackPassOptions): Promise<NdArray>;
  predictOnBatch(x: ArrayInput): Promise<NdArray>;
  /** Loss and metrics over data, with the weights of this moment. See `Sequential.evaluate`. */
  evaluate<R extends number | number[] = number[]>(
    x: ArrayInput,
    y: ArrayInput,
    options?: CallbackPassOptions,
  ): Promise<R>;
  testOnBatch<R extends number | number[] = number[]>(x: ArrayInput, y: ArrayInput): Promise<R>;
  getWeights(): unknown[];
  setWeights(weights: never[]): void;
  /** All weights with the optimizer's moving averages in them; undefined before its first step. See `Sequential.getAveragedWeights`. */
  getAveragedWeights(): unknown[] | undefined;
  /** The same three, which let the event loop go on. */
  getWeightsAsync(): Promise<unknown[]>;
  setWeightsAsync(weights: never[]): Promise<void>;
  getAveragedWeightsAsync(): Promise<unknown[] | undefined>;
  /** Lets stateful layers begin at zero again. */
  resetStates(): void;
  /** Saves the model as a file. See `Sequential.save`. */
  save(path: string): Promise<void>;
  saveWeights(path: string): Promise<void>;
  /** Saves all that training goes on from, and `sections` with it. */
  saveTraining(path: string, sections: Readonly<Record<string, unknown>>): Promise<void>;
  /** Goes on from such a file, and gives the sections of these names. */
  loadTraining(path: string, names: readonly string[]): Promise<unknown[]>;
}

type MaybePromise = void | Promise<void>;

/**
 * Base class of callbacks; override the hooks that you need. Each may return a promise, which is awaited.
 *
 * A hook may call `predict`, `evaluate` and the batch calls of the model, but for `trainOnBatch`, save it and step its
 * streams: the engine rests between two batches, and the training goes on to the same bits. The calls see the weights of
 * that moment; stateful layers begin at zero for them in each hook and carry on from call to call in it, apart from the
 * training's states, which `resetStates` resets as well. Await the calls: the hook ends with those that are under way, and
 * later ones are refused (`ERR_BUSY`), as is a training inside another call. A `signal` is heard when the hook has ended.
 *
 * Overriding a batch hook makes `fit` compute one batch at a time, so that the hook sees each; without one, several
 * batches are computed between two looks at the event loop.
 *
 * Source: keras/src/callbacks/callback.py.
 *
 * @example
 * class Report extends Callback {
 *   override async onEpochEnd(epoch: number, logs: Logs) {
 *     const sample = await this.model!.predict([[1, 14, 22, 16]]);
 *     console.log(epoch, logs.loss, sample.get(0, 0));
 *   }
 * }
 * await model.fit(x, y, { callbacks: [new Report()] });
 */
export abstract class Callback {
  /** What backups know the callback by. A class that has a state (`getState`) declares its name here. */
  readonly className: string = 'Callback';
  #model: CallbackModel | undefined;
  #params: CallbackParams | undefined;

  constructor(...rest: []) {
    refuseMore(this.className, rest);
  }

  /** The model in training; undefined before a call of the model begins. */
  get model(): CallbackModel | undefined {
    return this.#model;
  }

  /** Facts of the present call; undefined before one begins. */
  get params(): CallbackParams | undefined {
    return this.#params;
  }

  /** Called once before everything else, with the model. */
  setModel(model: CallbackModel): void {
    this.#model = model;
  }

  /** Called once before everything else, with the facts of the call. */
  setParams(params: CallbackParams): void {
    this.#params = params;
  }

  /** Called once before everything else, with all callbacks of the call in their order. */
  setCallbacks(_callbacks: readonly Callback[]): void {}

  /**
   * What the callback has learnt in this `fit`: plain data, with arrays of floats anywhere in it; undefined for nothing.
   * {@link BackupAndRestore} saves it, so that a training that was interrupted goes on as if it had not been.
   */
  getState(): unknown {
    return undefined;
  }

  /** Goes on from what {@link getState} gave; called after every `onTrainBegin`. */
  setState(_state: unknown): void {}

  /** Before the first epoch of `fit`. */
  onTrainBegin(_logs?: Logs): MaybePromise {}
  /** At the end of `fit`, whatever ended it: also after an abort or an error. */
  onTrainEnd(_logs?: Logs): MaybePromise {}
  /** Before epoch `epoch`, counted from 0. */
  onEpochBegin(_epoch: number, _logs?: Logs): MaybePromise {}
  /** After epoch `epoch` and its validation, with the logs of both. */
  onEpochEnd(_epoch: number, _logs: Logs): MaybePromise {}
  /** Before batch `batch` of an epoch, counted from 0. */
  onTrainBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  /** After batch `batch`, with means over the epoch so far. */
  onTrainBatchEnd(_batch: number, _logs: Logs): MaybePromise {}
  /** Before `evaluate`, and before validation inside `fit`. */
  onTestBegin(_logs?: Logs): MaybePromise {}
  /** After `evaluate`, and after validation inside `fit`. */
  onTestEnd(_logs: Logs): MaybePromise {}
  /** Before batch `batch` of an evaluation. */
  onTestBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  /** After batch `batch` of an evaluation, with means so far. */
  onTestBatchEnd(_batch: number, _logs: Logs): MaybePromise {}
  /** Before `predict`. */
  onPredictBegin(_logs?: Logs): MaybePromise {}
  /** After `predict`. */
  onPredictEnd(_logs?: Logs): MaybePromise {}
  /** Before batch `batch` of a prediction. */
  onPredictBatchBegin(_batch: number, _logs?: Logs): MaybePromise {}
  /** After batch `batch` of a prediction. */
  onPredictBatchEnd(_batch: number, _logs?: Logs): MaybePromise {}
}
