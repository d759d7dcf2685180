// SPDX-License-Identifier: MIT
// compile, fit, evaluate, predict and the batch calls of a model. Arguments are checked and copied before the first
// await, so that whatever callers do to their arrays afterwards changes nothing. Who has the model when is for
// call_levels.ts to say.
import type { NdArray } from '../ndarray';
import { CallbackList } from '../callbacks/callback_list';
import { onAbort } from '../util/on_abort';
import { nextSeed } from '../util/seeds';
import { describe, refusal } from '../util/validate';
import { Pace, runPass, throwIfAborted, type RunContext } from './batch_runner';
import { Compiled } from './compiled';
import { CallLevels, type Call, type CallLevel } from './call_levels';
import { gatherDefaults, Gatherer, readGatherOptions, type GatherOptions } from './gather';
import { compileConfig, type CompileConfig } from './compile_config';
import { checkOptimizerState, findAverages, readOptimizerState, type FittingState } from './optimizer_state';
import { loadBinding } from '../native/engine';
import type { TrainingEngine } from './trainer_host';
import { DataReader, type Collector } from './data_reader';
import type { GivenRows } from './outputs';
import type { Feed } from './feed';
import { beginFilled, logKeys, runEvaluation, runFit } from './fit_loop';
import {
  resolveBatchOptions,
  resolveEvaluateOptions,
  resolveFitOptions,
  resolvePredictOptions,
  resolveTrainBatchOptions,
  type Batch,
  type BatchOptions,
  type CompileOptions,
  type EvaluateOptions,
  type FitOptions,
  type ModelArrays,
  type PredictOptions,
  type ResolvedPass,
  type TrainBatchOptions,
} from './options';
import type { FitProgress } from '../callbacks/callback';
import { ProgressTracker } from './progress';
import { isBatchSource, type BatchSource } from './source_feed';
import type { Logs } from '../callbacks/callback';
import type { History } from '../callbacks/history';
import type { NativeModel } from '../native/binding';
import type { FloatStore } from '../native/float_store';
import type { Optimizer } from '../optimizers';
import type { OptimizerState } from '../serialization';
import type { AbortSignalLike } from '../types';
import type { TrainerHost } from './trainer_host';

/** Outputs: of a model of one, or of several in order, or by name. */
export type Predicted = NdArray | NdArray[] | Record<string, NdArray>;

const PREDICT_QUIETLY = resolvePredictOptions('predict', undefined);
const BATCH_QUIETLY = resolveEvaluateOptions('testOnBatch', { verbose: 0 });

/** Trains and runs one model, which it knows as a {@link TrainerHost}. */
export class Trainer {
  readonly #host: TrainerHost;
  #compiled: Compiled | undefined;
  #history: History | undefined;
  #progress: ProgressTracker | undefined;
  readonly #engine: () => TrainingEngine;
  readonly #data: DataReader;
  readonly #levels: CallLevels;
  #gathering = gatherDefaults;

  /**
   * @param host the model
   * @param engine gives the addon; loaded on first use
   */
  constructor(host: TrainerHost, engine: () => TrainingEngine = loadBinding) {
    this.#host = host;
    this.#engine = engine;
    this.#data = new DataReader(host, engine);
    this.#levels = new CallLevels(host);
  }

  /** Whether a call has the model at present. */
  get busy(): boolean {
    return this.#levels.running !== undefined;
  }
  /** Whether `compile` was called. */
  get isCompiled(): boolean {
    return this.#compiled !== undefined;
  }
  get optimizer(): Optimizer | undefined {
    return this.#compiled?.optimizer;
  }
  /** Keys of what `evaluate` returns: `['loss', ...metrics]`; empty before `compile`. */
  get metricsNames(): readonly string[] {
    return this.#compiled === undefined ? [] : ['loss', ...this.#compiled.metricNames];
  }
  /** Record of the last `fit`. */
  get history(): History | undefined {
    return this.#history;
  }

  /** What `compile` was given, as plain data; null before. */
  get compileConfig(): CompileConfig | null {
    return this.#compiled === undefined ? null : compileConfig(this.#compiled.options, this.#compiled.optimizer);
  }

  /**
   * What the optimizer holds; null before the first step.
   *
   * @param weightNames names of the weights in the engine's order
   * @param store has arrays of the state added to it, which are yet to be filled
   */
  optimizerState(weightNames: readonly string[], store: FloatStore): OptimizerState | null {
    const native = () => this.#host.nativeModel();
    if (this.#compiled?.isToldTo(native) !== true) return null;
    return readOptimizerState(native(), this.#compiled.optimizer, weightNames, store);
  }

  /**
   * Checks that the optimizer can go on from a state.
   *
   * @throws (rejects) DataError `ERR_DATA`; StateError `ERR_STATE` before `compile`; what sources of the state throw
   */
  async checkOptimizerState(
    method: string,
    weightNames: readonly string[],
    state: OptimizerState,
  ): Promise<FittingState> {
    const where = this.#where(method);
    const compiled = this.#requireCompiled(where);
    const native = this.#host.nativeModel();
    const lastAxes = this.#host.dataOutputs.map(({ shape }) => shape!.at(-1)!);
    compiled.tell(where, native, lastAxes, this.#host);
    return checkOptimizerState(where, native, compiled.optimizer, weightNames, state);
  }

  /**
   * Where the optimizer has the moving averages, by the number of their weight; undefined before the first step.
   *
   * @throws StateError `ERR_STATE` where the optimizer keeps none
   */
  averages(where: string): Map<number, number> | undefined {
    const { optimizer } = this;
    if (optimizer?.useEma !== true)
      throw refusal(
        'ERR_STATE',
        where,
        'an optimizer that keeps moving averages of weights',
        optimizer === undefined ? 'a model that was not compiled' : `${optimizer.className} without them`,
        'Set useEma: true.',
      );
    const native = () => this.#host.nativeModel();
    return this.#compiled!.isToldTo(native) ? findAverages(native()) : undefined;
  }

  /** How far the present `fit` is; undefined outside one. */
  get progress(): FitProgress | undefined {
    return this.#progress?.value;
  }

  /** @throws StateError `ERR_STATE` outside `onTrainBegin`; ConfigError where the value does not fit the present `fit` */
  set progress(value: FitProgress | undefined) {
    const where = `${this.#host.name}.progress`;
    if (this.#progress === undefined) throw refusal('ERR_STATE', where, 'to be set during fit', 'a value outside it');
    this.#progress.assign(where, value);
  }

  /** @throws StateError `ERR_BUSY` while a call has the model, in its callbacks too */
  assertIdle(method: string): void {
    this.#levels.assertIdle(method);
  }

  /** @throws StateError `ERR_BUSY` while a call has the model; in its callbacks, between batches, while one of theirs has it */
  assertTurn(method: string): void {
    this.#levels.current.assertFree(method);
  }

  /** The states that a callback's own calls carry begin at zero again. */
  forgetStates(): void {
    this.#levels.current.forgetStates();
  }

  /**
   * Sets optimizer, loss and metrics. May come before the model is built. The optimizer's momenta begin anew.
   *
   * @param options `optimizer` (default 'rmsprop'), `loss`, `metrics` (default none)
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`, `ERR_TYPE`, `ERR_CONFIG`; StateError `ERR_BUSY`
   * @see keras/src/trainers/trainer.py
   * @example
   * model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
   */
  compile(options: CompileOptions): void {
    this.assertIdle('compile');
    const outputs = this.#host.dataOutputs.map(({ name }) => name);
    this.#compiled = new Compiled(this.#where('compile'), options, outputs);
  }

  /**
   * Trains for some epochs.
   *
   * @param x inputs, tokens [N,T] or values [N,T,C] or [N,C]
   * @param y targets: the shape of the outputs ([N] for outputs [N,1]), or class ids for sparse losses
   * @param options see {@link FitOptions}
   * @returns the {@link History}: `loss`, each metric, and `valLoss` ... where there is validation
   * @throws (rejects) ConfigError, ShapeError, DataError for bad arguments; StateError `ERR_STATE` before `compile`,
   *   `ERR_BUSY` during another call, `ERR_ABORTED` where `signal` ended it; whatever a callback throws
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const { history } = await model.fit(xTrain, yTrain, { epochs: 10, batchSize: 128, validationSplit: 0.2 });
   */
  fit(x: ModelArrays | BatchSource<Batch>, y?: ModelArrays | FitOptions, options?: FitOptions): Promise<History> {
    return this.#exclusive('fit', (call) => {
      const given = splitArguments<FitOptions>(call.where, x, y, options);
      return this.#fit(call, x, given.y, given.options);
    });
  }

  /**
   * Loss and metrics over data.
   *
   * @param x inputs as in {@link fit}
   * @param y targets as in {@link fit}
   * @param options see {@link EvaluateOptions}
   * @returns `[loss, ...metrics]`; the loss alone, a number, where the model has no metrics (`evaluate<number>(x, y)`);
   *   an object by name with `returnDict: true`
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const [loss, accuracy] = await model.evaluate(xTest, yTest, { batchSize: 128 });
   */
  evaluate(
    x: ModelArrays | BatchSource<Batch>,
    y?: ModelArrays | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<Logs | number | number[]> {
    return this.#exclusive('evaluate', async (call) => {
      const { where } = call;
      const given = splitArguments<EvaluateOptions>(where, x, y, options);
      const o = resolveEvaluateOptions(where, given.options);
      throwIfAborted(where, o.signal);
      const compiled = this.#requireCompiled(where);
      const feed = this.#data.openFeed(where, compiled, { x, y: given.y, sampleWeight: o.sampleWeight }, o, o.steps);
      return withFeeds(o.signal, [feed], async () => {
        await beginFilled({ where, signal: o.signal }, feed, 0);
        const context = this.#context(call, compiled, o, 1, feed.steps);
        const totals = await runEvaluation(context, compiled, feed, 0, new Pace());
        return results(compiled, totals, o.returnDict);
      });
    });
  }

  /** See {@link GatherOptions}. @throws ConfigError */
  gather(options: GatherOptions | undefined): void {
    this.#gathering = readGatherOptions(this.#where('gather'), options);
  }

  /** Rejects calls of `predict` that wait to be computed, where none is under way. */
  dropWaiting(error: unknown): void {
    this.#levels.dropWaiting(error);
  }

  /**
   * Outputs for inputs. Needs no `compile`. Calls at the same time are gathered into batches.
   *
   * @param x inputs as in {@link fit}
   * @param options see {@link PredictOptions}; `verbose` is 0 by default
   * @returns outputs [N, ...]: [N,units], or [N,T,units] where sequences are returned; of several outputs a list, or an
   *   object by name with `returnDict: true`
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const probabilities = await model.predict(x); // NdArray [N, 1]
   */
  predict(x: ModelArrays | BatchSource<ModelArrays | Batch>, options?: PredictOptions): Promise<Predicted> {
    try {
      const level = this.#levels.current;
      const gatherer = (level.gatherer ??= this.#makeGatherer(level));
      if (!gatherer.isActive) level.assertFree('predict');
      const where = this.#where('predict');
      const o = options === undefined ? PREDICT_QUIETLY : resolvePredictOptions(where, options);
      if (isBatchSource(x)) refuseCutting(where, options);
      throwIfAborted(where, o.signal);
      if (o.steps === undefined && !isBatchSource(x) && gatherer.takes(o))
        return gatherer.predict(where, x, o, (outputs) => this.#formed(outputs, o.returnDict));
      return this.#exclusive('predict', async (call) =>
        this.#formed(await this.#predict(call, x, o, o.steps), o.returnDict),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * One training step on one batch.
   *
   * @param x inputs as in {@link fit}, all in one batch
   * @param y targets as in {@link fit}
   * @returns loss and metrics of this batch, before the step, as {@link evaluate} returns them
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const [loss, accuracy] = await model.trainOnBatch(x, y);
   */
  trainOnBatch(x: ModelArrays, y: ModelArrays, options?: TrainBatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('trainOnBatch', (call) => {
      const o = resolveTrainBatchOptions(call.where, options);
      return this.#onBatch(call, 'train', { prefix: '', x, y, ...o }, o.returnDict);
    });
  }

  /**
   * Loss and metrics of one batch.
   *
   * @param x inputs as in {@link fit}, all in one batch
   * @param y targets as in {@link fit}
   * @returns as {@link evaluate}
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const [loss, accuracy] = await model.testOnBatch(x, y);
   */
  testOnBatch(x: ModelArrays, y: ModelArrays, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('testOnBatch', (call) => {
      const o = resolveBatchOptions(call.where, options);
      return this.#onBatch(call, 'evaluate', { prefix: '', x, y, ...o }, o.returnDict);
    });
  }

  /**
   * Outputs for the inputs of one batch: the shortest way from an array to an answer.
   *
   * @param x inputs as in {@link fit}, all in one batch
   * @returns outputs [N, ...]
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const answer = await model.predictOnBatch([[1, 14, 22, 16]]);
   */
  predictOnBatch(x: ModelArrays): Promise<Predicted> {
    return this.#exclusive('predictOnBatch', async (call) =>
      this.#formed(await this.#predict(call, x, undefined, undefined), false),
    );
  }

  /** As `predict` gives them. */
  #formed(outputs: NdArray[], returnDict: boolean): Predicted {
    if (!returnDict) return outputs.length === 1 ? outputs[0]! : outputs;
    return Object.fromEntries(this.#host.dataOutputs.map(({ name }, index) => [name, outputs[index]!]));
  }

  async #fit(running: Call, x: unknown, y: unknown, given: FitOptions | undefined): Promise<History> {
    const { where } = running;
    const options = resolveFitOptions(where, given);
    throwIfAborted(where, options.signal);
    const compiled = this.#requireCompiled(where);
    const progress = new ProgressTracker(options.initialEpoch, options.seed ?? nextSeed());
    const { train, validation } = this.#data.openFeeds(where, compiled, options, progress, x, y);
    const feeds = validation === undefined ? [train] : [train, validation.feed];
    try {
      return await withFeeds(options.signal, feeds, async () => {
        const call = { where, signal: options.signal };
        // The first batch of a source builds the model and tells what its metrics are; a source for validation that is
        // none is refused before anything is learnt.
        await beginFilled(call, train, options.initialEpoch);
        if (validation !== undefined) await beginFilled(call, validation.feed, 0);
        const { initialEpoch, epochs } = options;
        const keys = logKeys(compiled.metricNames, validation, initialEpoch, epochs);
        const context = this.#context(running, compiled, options, epochs, train.steps, keys);
        const history = context.callbacks.history!;
        this.#history = history;
        this.#host.stopTraining = false;
        progress.totals = compiled.newTotals();
        this.#progress = progress;
        await runFit({ context, compiled, epochs, train, validation, progress });
        return history;
      });
    } finally {
      this.#progress = undefined;
    }
  }

  async #predict(
    call: Call,
    x: unknown,
    options: ResolvedPass | undefined,
    steps: number | undefined,
  ): Promise<NdArray[]> {
    const { where } = call;
    const pass = options ?? { ...PREDICT_QUIETLY, batchSize: Infinity };
    const { feed, outputs, result } =
      options !== undefined && isBatchSource(x)
        ? this.#data.predictSource(where, x, steps)
        : this.#data.predictRows(where, x, pass.batchSize, steps);
    return withFeeds(pass.signal, [feed], async () => {
      await this.#forward(call, feed, outputs, pass);
      return result();
    });
  }

  /** A pass that predicts. */
  async #forward(call: Call, feed: Feed, outputs: Collector['outputs'], pass: ResolvedPass): Promise<void> {
    await beginFilled({ where: call.where, signal: pass.signal }, feed, 0);
    const context = this.#context(call, this.#compiled, pass, 1, feed.steps);
    await context.callbacks.onBegin('Predict');
    await runPass(context, {
      mode: 'predict',
      kind: 'Predict',
      feed,
      firstBatch: 0,
      outputs,
      totals: null,
      logs: () => ({}),
      pace: new Pace(),
    });
    await context.callbacks.onEnd('Predict', {});
  }

  async #onBatch(call: Call, mode: 'train' | 'evaluate', given: GivenRows, returnDict: boolean) {
    const { where } = call;
    const compiled = this.#requireCompiled(where);
    const { feed, rows } = this.#data.openBatch(where, compiled, given);
    const pass = { ...BATCH_QUIETLY, batchSize: rows };
    return withFeeds(undefined, [feed], async () => {
      feed.begin(0, 0);
      const totals = compiled.newTotals();
      await runPass(this.#context(call, compiled, pass, 1, 1), {
        mode,
        kind: mode === 'train' ? 'Train' : 'Test',
        feed,
        firstBatch: 0,
        totals,
        logs: () => ({}),
        pace: new Pace(),
      });
      return results(compiled, totals, returnDict);
    });
  }

  #context(
    call: Call,
    compiled: Compiled | undefined,
    { verbose, callbacks: given, signal, priority, maxWorkspace }: ResolvedPass,
    epochs: number,
    steps: number | undefined,
    keys?: readonly string[],
  ): RunContext {
    const host = this.#host;
    const { where } = call;
    const isFit = call.method === 'fit';
    const add = { history: isFit, progbar: verbose !== 0 };
    const callbacks = new CallbackList(where, given, add, (hook) => call.hook(hook));
    const params = { verbose, epochs, steps, metrics: compiled?.reported ?? [] };
    callbacks.begin(host, keys === undefined ? params : { ...params, logKeys: keys });
    const native = (): NativeModel => {
      const model = host.nativeModel();
      compiled?.tellLearningRate(model);
      return model;
    };
    const onRun = (batchSize: number): void => {
      if (host.isStateful) host.batchRows.count = batchSize;
    };
    const isStopped = (): boolean => isFit && host.stopTraining;
    return { where, callbacks, signal, priority, maxWorkspace, native, onRun, isStopped };
  }

  #requireCompiled(where: string): Compiled {
    if (this.#compiled !== undefined) return this.#compiled;
    throw refusal('ERR_STATE', where, 'a compiled model', 'one without loss', 'Call compile({ loss: ... }) first.');
  }

  #where(method: string): string {
    return `${this.#host.name}.${method}`;
  }

  async #exclusive<T>(method: string, work: (call: Call) => Promise<T>): Promise<T> {
    const call = this.#levels.current.begin(method);
    try {
      return await work(call);
    } finally {
      call.end();
    }
  }

  #makeGatherer(level: CallLevel): Gatherer {
    let call: Call | undefined;
    return new Gatherer({
      host: this.#host,
      engine: this.#engine,
      options: () => this.#gathering,
      begin: () => (call = level.begin('predict')),
      end: () => call!.end(),
      compute: async (where, { dataset, rows, outputs, ...pass }) => {
        const feed = this.#data.memoryFeed(where, { dataset, rows }, pass.batchSize);
        try {
          await this.#forward(call!, feed, () => outputs, { ...PREDICT_QUIETLY, ...pass });
        } finally {
          feed.close();
        }
      },
    });
  }
}

/** Closes feeds in the end, and as soon as a signal says so: a source may let a call wait for ever. */
async function withFeeds<T>(
  signal: AbortSignalLike | undefined,
  feeds: readonly Feed[],
  work: () => Promise<T>,
): Promise<T> {
  const close = () => feeds.forEach((feed) => feed.close());
  const forget = signal === undefined ? undefined : onAbort(signal, close);
  try {
    return await work();
  } finally {
    forget?.();
    close();
  }
}

/** As Keras returns them: the loss alone where there is nothing else. */
function results(compiled: Compiled, totals: Float64Array, returnDict: boolean): Logs | number | number[] {
  if (returnDict) return compiled.logs(totals);
  const values = compiled.values(totals);
  return values.length === 1 ? values[0]! : values;
}

/** With a source of batches the options come second. */
function splitArguments<O extends object>(where: string, x: unknown, y: unknown, options: O | undefined) {
  if (!isBatchSource(x)) return { y, options };
  if (y !== undefined && y !== null && options !== undefined)
    throw refusal('ERR_TYPE', where, 'no y beside a source of batches', describe(y), 'Batches are [x, y] themselves.');
  const given = options ?? ((y ?? undefined) as O | undefined);
  refuseCutting(where, given);
  return { y: undefined, options: given };
}

/** Options that say how arrays become batches: a source has batches already. */
function refuseCutting(where: string, options: unknown): void {
  const { batchSize, shuffle } = (options ?? {}) as { batchSize?: unknown; shuffle?: unknown };
  const name = batchSize !== undefined ? 'batchSize' : shuffle === true ? 'shuffle' : undefined;
  if (name === undefined) return;
  const hint = 'Its batches are taken as they come; validationBatchSize is for arrays of validation.';
  throw refusal('ERR_CONFIG', where, `${name} with arrays alone`, 'one with a source of batches', hint);
}
