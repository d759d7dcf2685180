// SPDX-License-Identifier: MIT
// compile, fit, evaluate, predict and the batch calls of a model. Arguments are checked and copied before the first
// await, so that whatever callers do to their arrays afterwards changes nothing; one call at a time has the model.
import { NdArray } from '../ndarray';
import { CallbackList } from '../callbacks/callback_list';
import { nextSeed } from '../util/seeds';
import { describe, refusal } from '../util/validate';
import { Pace, runPass, throwIfAborted, type RunContext } from './batch_runner';
import { Compiled } from './compiled';
import { Gatherer, type GatherOptions } from './gather';
import { compileConfig, type CompileConfig } from './compile_config';
import { readOptimizerState, writeOptimizerState } from './optimizer_state';
import { callEngine, loadBinding } from '../native/engine';
import type { TrainingEngine } from './trainer_host';
import { MemoryFeed, type Feed, type Portion, type RowRange } from './feed';
import { beginFilled, runEvaluation, runFit, type Validation } from './fit_loop';
import { makeDataset, readInputs, type Inputs } from './inputs';
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
  type PredictOptions,
  type ResolvedFit,
  type ResolvedPass,
  type TrainBatchOptions,
} from './options';
import { allocate } from '../arrays/nested_arrays';
import type { FitProgress } from '../callbacks/callback';
import { ProgressTracker } from './progress';
import { isBatchSource, SourceFeed, type BatchSource } from './source_feed';
import { classWeights, combineWeights, readWeights, type Weights } from './weights';
import { readTargets, type Targets } from '../losses/targets';
import type { Logs } from '../callbacks/callback';
import type { History } from '../callbacks/history';
import type { Metric } from '../metrics';
import type { NativeModel } from '../native/binding';
import type { Loss } from '../losses';
import type { Optimizer } from '../optimizers';
import type { OptimizerState } from '../serialization';
import type { ArrayInput } from '../types';
import type { TrainerHost } from './trainer_host';

/** Rows to train or evaluate on, as they were given. */
interface GivenRows {
  /** How messages call them: nothing for the arguments themselves, else a prefix with a blank after it. */
  readonly prefix: string;
  readonly x: unknown;
  readonly y: unknown;
  readonly sampleWeight?: unknown;
  readonly classWeight?: unknown;
}

/** Outputs of rows: where each portion goes, and what they come to. */
interface Collector {
  readonly outputs: (portion: Portion) => Float32Array;
  readonly result: () => NdArray;
}

const PREDICT_QUIETLY = resolvePredictOptions('predict', undefined);

/** Trains and runs one model, which it knows as a {@link TrainerHost}. */
export class Trainer {
  readonly #host: TrainerHost;
  readonly #loadBinding: () => TrainingEngine;
  #compiled: Compiled | undefined;
  #running: string | undefined;
  #history: History | undefined;
  #progress: ProgressTracker | undefined;
  readonly #gatherer: Gatherer;

  /**
   * @param host the model
   * @param engine gives the addon; loaded on first use
   */
  constructor(host: TrainerHost, engine: () => TrainingEngine = loadBinding) {
    this.#host = host;
    this.#loadBinding = engine;
    this.#gatherer = new Gatherer({
      host,
      engine: () => this.#loadBinding(),
      begin: () => (this.#running = 'predict'),
      end: () => (this.#running = undefined),
      compute: (where, { dataset, rows, outputs, batchSize, signal }) => {
        const feed = this.#memoryFeed(where, { dataset, begin: 0, end: rows }, { batchSize, steps: undefined });
        return this.#forward(where, feed, () => outputs, { ...PREDICT_QUIETLY, batchSize, signal });
      },
    });
  }

  /** Whether a call has the model at present. */
  get busy(): boolean {
    return this.#running !== undefined;
  }
  /** Whether `compile` was called. */
  get isCompiled(): boolean {
    return this.#compiled !== undefined;
  }
  get optimizer(): Optimizer | undefined {
    return this.#compiled?.optimizer;
  }
  get loss(): Loss | undefined {
    return this.#compiled?.loss;
  }
  /** Metrics besides the loss; empty before the shapes are known. */
  get metrics(): readonly Metric[] {
    return this.#compiled?.metrics ?? [];
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
   */
  optimizerState(weightNames: readonly string[]): OptimizerState | null {
    const native = () => this.#host.native();
    if (this.#compiled?.isToldTo(native) !== true) return null;
    return readOptimizerState(native(), this.#compiled.optimizer, weightNames);
  }

  /** Lets the optimizer go on from a state. @throws DataError `ERR_DATA`; StateError `ERR_STATE` before `compile` */
  setOptimizerState(method: string, weightNames: readonly string[], state: OptimizerState): void {
    const where = this.#where(method);
    const compiled = this.#requireCompiled(where);
    const native = this.#host.native();
    compiled.tell(where, native, this.#host.outputShape!.at(-1)!, this.#host.weights);
    writeOptimizerState(where, native, compiled.optimizer, weightNames, state);
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

  /** @throws StateError `ERR_BUSY` while a call has the model */
  assertIdle(method: string): void {
    if (this.#running === undefined) return;
    const hint = 'Await the first call; different models work at the same time.';
    throw refusal('ERR_BUSY', this.#where(method), 'an idle model', `a call during ${this.#running}`, hint);
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
    this.#compiled = new Compiled(this.#where('compile'), options);
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
  fit(x: ArrayInput | BatchSource<Batch>, y?: ArrayInput | FitOptions, options?: FitOptions): Promise<History> {
    return this.#exclusive('fit', (where) => {
      const given = splitArguments<FitOptions>(where, x, y, options);
      return this.#fit(where, x, given.y, given.options);
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
    x: ArrayInput | BatchSource<Batch>,
    y?: ArrayInput | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<Logs | number | number[]> {
    return this.#exclusive('evaluate', async (where) => {
      const given = splitArguments<EvaluateOptions>(where, x, y, options);
      const o = resolveEvaluateOptions(where, given.options);
      throwIfAborted(where, o.signal);
      const compiled = this.#requireCompiled(where);
      const feed = this.#openFeed(where, compiled, { x, y: given.y, sampleWeight: o.sampleWeight }, o, o.steps);
      try {
        await beginFilled(where, feed, 0, o.signal);
        const context = this.#context(where, compiled, o, 1, feed.steps);
        const totals = await runEvaluation(context, compiled, feed, 0, new Pace());
        return results(compiled, totals, o.returnDict);
      } finally {
        feed.close();
      }
    });
  }

  /** See {@link GatherOptions}. @throws ConfigError */
  gather(options: GatherOptions | undefined): void {
    this.#gatherer.configure(this.#where('gather'), options);
  }

  /** Rejects calls of `predict` that wait to be computed, where none is under way. */
  dropWaiting(error: unknown): void {
    this.#gatherer.drop(error);
  }

  /**
   * Outputs for inputs. Needs no `compile`. Calls at the same time are gathered into batches.
   *
   * @param x inputs as in {@link fit}
   * @param options see {@link PredictOptions}; `verbose` is 0 by default
   * @returns outputs [N, ...]: [N,units], or [N,T,units] where sequences are returned
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const probabilities = await model.predict(x); // NdArray [N, 1]
   */
  predict(x: ArrayInput | BatchSource<ArrayInput | Batch>, options?: PredictOptions): Promise<NdArray> {
    try {
      if (!this.#gatherer.isActive) this.assertIdle('predict');
      const where = this.#where('predict');
      const o = options === undefined ? PREDICT_QUIETLY : resolvePredictOptions(where, options);
      throwIfAborted(where, o.signal);
      if (o.steps === undefined && !isBatchSource(x) && this.#gatherer.takes(o))
        return this.#gatherer.predict(where, x, o);
      return this.#exclusive('predict', () => this.#predict(where, x, o, o.steps));
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
  trainOnBatch(x: ArrayInput, y: ArrayInput, options?: TrainBatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('trainOnBatch', (where) => {
      const o = resolveTrainBatchOptions(where, options);
      return this.#onBatch(where, 'train', { prefix: '', x, y, ...o }, o.returnDict);
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
  testOnBatch(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('testOnBatch', (where) => {
      const o = resolveBatchOptions(where, options);
      return this.#onBatch(where, 'evaluate', { prefix: '', x, y, ...o }, o.returnDict);
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
  predictOnBatch(x: ArrayInput): Promise<NdArray> {
    return this.#exclusive('predictOnBatch', (where) => this.#predict(where, x, undefined, undefined));
  }

  async #fit(where: string, x: unknown, y: unknown, given: FitOptions | undefined): Promise<History> {
    const options = resolveFitOptions(where, given);
    throwIfAborted(where, options.signal);
    const compiled = this.#requireCompiled(where);
    const progress = new ProgressTracker(options.initialEpoch, options.seed ?? nextSeed());
    const { train, validation } = this.#openFeeds(where, compiled, options, progress, x, y);
    try {
      // The first batch of a source builds the model and tells what its metrics are; a source for validation that is
      // none is refused before anything is learnt.
      await beginFilled(where, train, options.initialEpoch, options.signal);
      if (validation !== undefined) await beginFilled(where, validation.feed, 0, options.signal);
      const context = this.#context(where, compiled, options, options.epochs, train.steps);
      const history = context.callbacks.history!;
      this.#history = history;
      this.#host.stopTraining = false;
      progress.totals = compiled.newTotals();
      this.#progress = progress;
      await runFit({ context, compiled, epochs: options.epochs, train, validation, progress });
      return history;
    } finally {
      this.#progress = undefined;
      train.close();
      validation?.feed.close();
    }
  }

  /** Training and validation: the latter are the last rows of the same data, or data of their own, or none. */
  #openFeeds(
    where: string,
    compiled: Compiled,
    options: ResolvedFit,
    progress: ProgressTracker,
    x: unknown,
    y: unknown,
  ): { train: Feed; validation: Validation | undefined } {
    const { sampleWeight, classWeight, validationData, validationSplit, batchSize, stepsPerEpoch, shuffle } = options;
    const { validationBatchSize, validationSteps, validationFreq: frequency } = options;
    const validationOptions = { batchSize: validationBatchSize, steps: validationSteps };
    const given = { prefix: '', x, y, sampleWeight, classWeight };
    const own =
      validationData === undefined
        ? undefined
        : {
            feed: this.#openValidation(where, compiled, validationData, validationBatchSize, validationSteps),
            frequency,
          };
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight, validationSplit: own === undefined && validationSplit !== 0 });
      const train = this.#sourceFeed(where, compiled, x, 'x', classWeight, stepsPerEpoch, options.initialEpoch);
      return { train, validation: own };
    }
    const all = this.#readRows(where, compiled, given);
    const permute = (pass: number, order: Int32Array): void =>
      callEngine(() => this.#loadBinding().permutation(progress.seed, pass, order));
    const open = (rows: RowRange): Feed =>
      this.#memoryFeed(where, rows, { batchSize, steps: stepsPerEpoch, permute: shuffle ? permute : undefined });
    if (own !== undefined || validationSplit === 0) return { train: open(all), validation: own };
    const split = Math.floor(all.end * (1 - validationSplit));
    if (split === 0 || split === all.end)
      throw refusal(
        'ERR_CONFIG',
        where,
        `validationSplit to leave rows on either side of ${all.end}`,
        String(validationSplit),
      );
    const feed = this.#memoryFeed(where, { ...all, begin: split }, validationOptions);
    return { train: open({ ...all, end: split }), validation: { feed, frequency } };
  }

  #openValidation(
    where: string,
    compiled: Compiled,
    data: unknown,
    batchSize: number,
    steps: number | undefined,
  ): Feed {
    if (isBatchSource(data)) return this.#sourceFeed(where, compiled, data, 'validationData', undefined, steps, 0);
    if (!Array.isArray(data) || data.length < 2 || data.length > 3)
      throw refusal('ERR_TYPE', where, 'validationData to be [x, y] or [x, y, sampleWeight]', describe(data));
    const [x, y, sampleWeight] = data as readonly unknown[];
    const rows = this.#readRows(where, compiled, { prefix: 'validationData ', x, y, sampleWeight });
    return this.#memoryFeed(where, rows, { batchSize, steps });
  }

  #openFeed(
    where: string,
    compiled: Compiled,
    { x, y, sampleWeight }: Pick<GivenRows, 'x' | 'y' | 'sampleWeight'>,
    { batchSize }: ResolvedPass,
    steps: number | undefined,
  ): Feed {
    if (isBatchSource(x)) {
      refuseBesideSource(where, { sampleWeight });
      return this.#sourceFeed(where, compiled, x, 'x', undefined, steps, 0);
    }
    const rows = this.#readRows(where, compiled, { prefix: '', x, y, sampleWeight });
    return this.#memoryFeed(where, rows, { batchSize, steps });
  }

  #memoryFeed(where: string, rows: RowRange, options: ConstructorParameters<typeof MemoryFeed>[2]): Feed {
    this.#host.expectBatches(where, rows.end - rows.begin, options.batchSize);
    return new MemoryFeed(where, rows, options);
  }

  #sourceFeed(
    where: string,
    compiled: Compiled,
    source: BatchSource<unknown>,
    name: string,
    classWeight: unknown,
    steps: number | undefined,
    firstEpoch: number,
  ): Feed {
    const read = (item: unknown, index: number): RowRange => {
      const prefix = `batch ${index} of ${name}: `;
      if (!Array.isArray(item) || item.length < 2 || item.length > 3)
        throw refusal('ERR_TYPE', where, `${prefix}[x, y] or [x, y, sampleWeight]`, describe(item));
      const [x, y, sampleWeight] = item as readonly unknown[];
      const rows = this.#readRows(where, compiled, { prefix, x, y, sampleWeight, classWeight });
      this.#host.expectBatches(where, rows.end, rows.end);
      return rows;
    };
    return new SourceFeed(where, source, { steps, firstEpoch, read: (item, index) => read(item, index).dataset });
  }

  async #predict(
    where: string,
    x: unknown,
    options: ResolvedPass | undefined,
    steps: number | undefined,
  ): Promise<NdArray> {
    const pass = options ?? { ...PREDICT_QUIETLY, batchSize: Infinity };
    const { feed, outputs, result } =
      options !== undefined && isBatchSource(x)
        ? this.#predictSource(where, x, steps)
        : this.#predictRows(where, x, pass.batchSize, steps);
    try {
      await this.#forward(where, feed, outputs, pass);
      return result();
    } finally {
      feed.close();
    }
  }

  /** A pass that predicts. */
  async #forward(where: string, feed: Feed, outputs: Collector['outputs'], pass: ResolvedPass): Promise<void> {
    await beginFilled(where, feed, 0, pass.signal);
    const context = this.#context(where, this.#compiled, pass, 1, feed.steps);
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

  #predictRows(where: string, x: unknown, size: number, steps: number | undefined): Collector & { feed: Feed } {
    const inputs = readInputs(where, 'x', x, this.#host);
    const { outputAxes } = inputs;
    const batchSize = Math.min(size, inputs.rows);
    const rows = Math.min(inputs.rows, (steps ?? Infinity) * batchSize);
    const dataset = makeDataset(where, this.#loadBinding(), this.#host, inputs, null);
    const outputs = allocate(where, () => new Float32Array(outputAxes.reduce((a, b) => a * b, rows)));
    const feed = this.#memoryFeed(where, { dataset, begin: 0, end: rows }, { batchSize, steps: undefined });
    return { feed, outputs: () => outputs, result: () => new NdArray(outputs, [rows, ...outputAxes]) };
  }

  /** Every batch has its own outputs; in the end they are put together. */
  #predictSource(where: string, source: BatchSource<unknown>, steps: number | undefined): Collector & { feed: Feed } {
    const parts: Float32Array[] = [];
    const pending = new Map<unknown, Float32Array>();
    let axes: readonly number[] | undefined;
    let rows = 0;
    const read = (item: unknown, index: number) => {
      const what = `batch ${index} of x`;
      const inputs = readInputs(where, what, isTuple(item) ? item[0] : item, this.#host);
      axes ??= inputs.outputAxes;
      if (inputs.outputAxes.join() !== axes.join())
        throw refusal(
          'ERR_SHAPE',
          where,
          `${what} to give outputs of axes [${axes.join(', ')}] as the first`,
          `[${inputs.outputAxes.join(', ')}]`,
        );
      this.#host.expectBatches(where, inputs.rows, inputs.rows);
      const dataset = makeDataset(where, this.#loadBinding(), this.#host, inputs, null);
      const outputs = allocate(where, () => new Float32Array(axes!.reduce((a, b) => a * b, inputs.rows)));
      pending.set(dataset, outputs);
      return dataset;
    };
    const outputs = ({ datasets }: Portion): Float32Array => {
      const part = pending.get(datasets[0])!;
      pending.delete(datasets[0]);
      parts.push(part);
      rows += datasets[0]!.rows;
      return part;
    };
    const result = (): NdArray => {
      const joined = allocate(where, () => new Float32Array(axes!.reduce((a, b) => a * b, rows)));
      let begin = 0;
      for (const part of parts) {
        joined.set(part, begin);
        begin += part.length;
      }
      return new NdArray(joined, [rows, ...axes!]);
    };
    const feed = new SourceFeed(where, source, { steps, firstEpoch: 0, read, isTakenOneByOne: true });
    return { feed, outputs, result };
  }

  async #onBatch(where: string, mode: 'train' | 'evaluate', given: GivenRows, returnDict: boolean) {
    const compiled = this.#requireCompiled(where);
    const rows = this.#readRows(where, compiled, given);
    const feed = this.#memoryFeed(where, rows, { batchSize: rows.end, steps: undefined });
    feed.begin(0, 0);
    const pass = { batchSize: rows.end, verbose: 0, callbacks: [], signal: undefined } as const;
    const totals = compiled.newTotals();
    await runPass(this.#context(where, compiled, pass, 1, 1), {
      mode,
      kind: mode === 'train' ? 'Train' : 'Test',
      feed,
      firstBatch: 0,
      totals,
      logs: () => ({}),
      pace: new Pace(),
    });
    return results(compiled, totals, returnDict);
  }

  /** Inputs, targets and weights, checked and copied into the engine. */
  #readRows(where: string, compiled: Compiled, { prefix, x, y, sampleWeight, classWeight }: GivenRows): RowRange {
    const inputs = readInputs(where, `${prefix}x`, x, this.#host);
    const { rows, outputAxes } = inputs;
    const targets = readTargets(where, `${prefix}y`, y, compiled.loss, rows, outputAxes);
    const weights = this.#readWeights(where, compiled, { prefix, sampleWeight, classWeight }, targets, inputs);
    compiled.tell(where, this.#host.native(), outputAxes.at(-1)!, this.#host.weights);
    const dataset = makeDataset(where, this.#loadBinding(), this.#host, inputs, targets, weights);
    return { dataset, begin: 0, end: rows };
  }

  #readWeights(
    where: string,
    { loss }: Compiled,
    { prefix, sampleWeight, classWeight }: Pick<GivenRows, 'prefix' | 'sampleWeight' | 'classWeight'>,
    targets: Targets,
    { rows, outputAxes }: Inputs,
  ): Weights | null {
    const what = `${prefix}sampleWeight`;
    const ofSample = isGiven(sampleWeight) ? readWeights(where, what, sampleWeight, rows, outputAxes) : null;
    const ofClass = isGiven(classWeight) ? classWeights(where, classWeight, targets, loss, rows, outputAxes) : null;
    return combineWeights(where, ofSample, ofClass);
  }

  #context(
    where: string,
    compiled: Compiled | undefined,
    { verbose, callbacks: given, signal }: ResolvedPass,
    epochs: number,
    steps: number | undefined,
  ): RunContext {
    const host = this.#host;
    const isFit = this.#running === 'fit';
    const callbacks = new CallbackList(where, given, { history: isFit, progbar: verbose !== 0 });
    callbacks.begin(host, { verbose, epochs, steps, metrics: compiled?.metrics ?? [] });
    const native = (): NativeModel => {
      const model = host.native();
      compiled?.tellLearningRate(model);
      return model;
    };
    return { where, callbacks, signal, native, isStopped: () => isFit && host.stopTraining };
  }

  #requireCompiled(where: string): Compiled {
    if (this.#compiled !== undefined) return this.#compiled;
    throw refusal('ERR_STATE', where, 'a compiled model', 'one without loss', 'Call compile({ loss: ... }) first.');
  }

  #where(method: string): string {
    return `${this.#host.name}.${method}`;
  }

  async #exclusive<T>(method: string, work: (where: string) => Promise<T>): Promise<T> {
    this.assertIdle(method);
    this.#running = method;
    try {
      return await work(this.#where(method));
    } finally {
      this.#running = undefined;
    }
  }
}

/** As Keras returns them: the loss alone where there is nothing else. */
function results(compiled: Compiled, totals: Float64Array, returnDict: boolean): Logs | number | number[] {
  if (returnDict) return compiled.logs(totals);
  const values = compiled.values(totals);
  return values.length === 1 ? values[0]! : values;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** With a source of batches the options come second. */
function splitArguments<O>(where: string, x: unknown, y: unknown, options: O | undefined) {
  if (!isBatchSource(x)) return { y, options };
  if (y !== undefined && y !== null && options !== undefined)
    throw refusal('ERR_TYPE', where, 'no y beside a source of batches', describe(y), 'Batches are [x, y] themselves.');
  return { y: undefined, options: options ?? ((y ?? undefined) as O | undefined) };
}

/** Options that are for arrays alone. */
function refuseBesideSource(where: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && value !== null && value !== false)
      throw refusal(
        'ERR_CONFIG',
        where,
        `${name} with arrays alone`,
        'one with a source of batches',
        name === 'sampleWeight' ? 'Batches may be [x, y, sampleWeight].' : 'Use validationData.',
      );
}

/** Whether a batch for `predict` is what `fit` takes, [x, y] with arrays that have a shape, rather than x itself. */
function isTuple(item: unknown): item is readonly unknown[] {
  if (!Array.isArray(item)) return false;
  const first: unknown = item[0];
  return typeof first === 'object' && first !== null && 'data' in first && 'shape' in first;
}
