// SPDX-License-Identifier: MIT
// What a model does with data: compile, fit, evaluate, predict and the batch calls, each refused on a disposed model and
// handed to Trainer. What the model is made of is for subclasses to say.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Trainer } from '../training/trainer';
import type { History, Logs } from '../callbacks';
import type { NdArray } from '../ndarray';
import type { NativeActivation, NativeModel } from '../native/binding';
import type { Optimizer } from '../optimizers';
import type { BatchOptions, CompileOptions, EvaluateOptions, FitOptions, PredictOptions } from '../training/options';
import type { TrainerHost } from '../training/trainer_host';
import type { ArrayInput, Shape } from '../types';

/** The model whose call is under way in this asynchronous context: its own callbacks may touch it, others may not. */
const CALLS = new AsyncLocalStorage<TrainableModel>();

/** Base class of models. */
export abstract class TrainableModel implements TrainerHost {
  abstract readonly name: string;
  abstract readonly inputKind: 'tokens' | 'values';
  abstract readonly vocabularySize: number | undefined;
  abstract readonly inputShape: Shape | undefined;
  abstract readonly outputShape: Shape | undefined;
  abstract readonly lastActivation: NativeActivation;
  abstract computeOutputShape(inputShape: Shape): Shape;
  abstract ensureBuilt(inputShape: Shape): void;
  abstract expectBatches(where: string, rows: number, batchSize: number): void;
  abstract native(): NativeModel;
  abstract readonly weights: readonly { readonly name: string }[];
  abstract getWeights(): NdArray[];
  abstract setWeights(weights: readonly ArrayInput[]): void;
  abstract resetStates(): void;

  /** Set to true by a callback, it ends `fit` after the present batch. */
  stopTraining = false;

  readonly #trainer = new Trainer(this);

  /** Whether `compile` was called. */
  get isCompiled(): boolean {
    return this.#trainer.isCompiled;
  }

  /** Whether a call of `fit`, `evaluate`, `predict` or a batch call is under way. */
  get isBusy(): boolean {
    return this.#trainer.busy;
  }

  /** Record of the last `fit`; undefined before. */
  get history(): History | undefined {
    return this.#trainer.history;
  }

  /** The optimizer that `compile` was given; undefined before. */
  get optimizer(): Optimizer | undefined {
    return this.#trainer.optimizer;
  }

  /** Keys of what `evaluate` returns: `['loss', ...metrics]`; empty before `compile`. */
  get metricsNames(): readonly string[] {
    return this.#trainer.metricsNames;
  }

  /**
   * Sets optimizer, loss and metrics. May come before the model is built. The optimizer begins anew.
   *
   * @param options `optimizer` (default `'rmsprop'`), `loss`, `metrics` (default none)
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`, `ERR_TYPE`, `ERR_CONFIG`; StateError `ERR_BUSY`, `ERR_DISPOSED`
   * @see keras/src/trainers/trainer.py
   * @example
   * model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
   */
  compile(options: CompileOptions): void {
    this.assertFree('compile');
    this.#trainer.compile(options);
    this.onCompile();
  }

  /**
   * Trains for some epochs, off the event loop.
   *
   * @param x inputs: tokens [N,T], or values [N,C] or [N,T,C]
   * @param y targets: the shape of the outputs ([N] for outputs [N,1]), or class ids for sparse losses
   * @param options `batchSize` (32), `epochs` (1), `validationSplit` (0), `validationData`, `shuffle` (true), `verbose` (1),
   *   `callbacks`, `initialEpoch` (0), `seed`, `signal`
   * @returns the {@link History}: `loss`, each metric, and `valLoss` ... where there is validation
   * @throws (rejects) ConfigError, ShapeError, DataError for bad arguments; StateError `ERR_STATE` before `compile`,
   *   `ERR_BUSY` during another call, `ERR_ABORTED` where `signal` ended it, `ERR_DISPOSED`; whatever a callback throws
   * @see keras/src/trainers/trainer.py
   * @example
   * const { history } = await model.fit(xTrain, yTrain, { epochs: 10, batchSize: 128, validationSplit: 0.2 });
   */
  async fit(x: ArrayInput, y: ArrayInput, options?: FitOptions): Promise<History> {
    return this.#call('fit', () => this.#trainer.fit(x, y, options));
  }

  /**
   * Loss and metrics over data.
   *
   * @param x inputs as in {@link fit}
   * @param y targets as in {@link fit}
   * @param options `batchSize` (32), `verbose` (1), `callbacks`, `signal`, `returnDict` (false)
   * @returns `[loss, ...metrics]`; the loss alone, a number, where there are no metrics; by name with `returnDict: true`
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const [loss, accuracy] = await model.evaluate(xTest, yTest, { batchSize: 128 });
   */
  async evaluate(x: ArrayInput, y: ArrayInput, options: EvaluateOptions & { returnDict: true }): Promise<Logs>;
  async evaluate<R extends number | number[] = number[]>(
    x: ArrayInput,
    y: ArrayInput,
    options?: EvaluateOptions,
  ): Promise<R>;
  async evaluate(x: ArrayInput, y: ArrayInput, options?: EvaluateOptions): Promise<Logs | number | number[]> {
    return this.#call('evaluate', () => this.#trainer.evaluate<number | number[]>(x, y, options));
  }

  /**
   * Outputs for inputs. Needs no `compile`.
   *
   * @param x inputs as in {@link fit}
   * @param options `batchSize` (32), `verbose` (0), `callbacks`, `signal`
   * @returns outputs [N,units], or [N,T,units] where sequences are returned
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const probabilities = await model.predict(x); // NdArray [N, 1]
   */
  async predict(x: ArrayInput, options?: PredictOptions): Promise<NdArray> {
    return this.#call('predict', () => this.#trainer.predict(x, options));
  }

  /**
   * One training step on one batch.
   *
   * @returns loss and metrics of this batch, before the step, as {@link evaluate} returns them
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const [loss, accuracy] = await model.trainOnBatch(x, y);
   */
  async trainOnBatch(x: ArrayInput, y: ArrayInput, options: BatchOptions & { returnDict: true }): Promise<Logs>;
  async trainOnBatch<R extends number | number[] = number[]>(
    x: ArrayInput,
    y: ArrayInput,
    options?: BatchOptions,
  ): Promise<R>;
  async trainOnBatch(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#call('trainOnBatch', () => this.#trainer.trainOnBatch<number | number[]>(x, y, options));
  }

  /**
   * Loss and metrics of one batch.
   *
   * @returns as {@link evaluate}
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const [loss, accuracy] = await model.testOnBatch(x, y);
   */
  async testOnBatch(x: ArrayInput, y: ArrayInput, options: BatchOptions & { returnDict: true }): Promise<Logs>;
  async testOnBatch<R extends number | number[] = number[]>(
    x: ArrayInput,
    y: ArrayInput,
    options?: BatchOptions,
  ): Promise<R>;
  async testOnBatch(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#call('testOnBatch', () => this.#trainer.testOnBatch<number | number[]>(x, y, options));
  }

  /**
   * Outputs for the inputs of one batch: the shortest way from an array to an answer.
   *
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const answer = await model.predictOnBatch([[1, 14, 22, 16]]);
   */
  async predictOnBatch(x: ArrayInput): Promise<NdArray> {
    return this.#call('predictOnBatch', () => this.#trainer.predictOnBatch(x));
  }

  /** Throws `ERR_DISPOSED`. */
  protected abstract assertUsable(method: string): void;

  /** Throws `ERR_BUSY` while a step is computed. */
  protected abstract assertQuiet(method: string): void;

  /** Called when `compile` has succeeded. */
  protected abstract onCompile(): void;

  protected assertFree(method: string): void {
    this.assertUsable(method);
    this.#trainer.assertIdle(method);
    this.assertQuiet(method);
  }

  /** Throws `ERR_BUSY` while a call has the model, unless that call's own callback asks. */
  protected assertOwnCall(method: string): void {
    if (CALLS.getStore() !== this) this.#trainer.assertIdle(method);
  }

  #call<T>(method: string, work: () => Promise<T>): Promise<T> {
    this.assertUsable(method);
    return CALLS.run(this, work);
  }
}
