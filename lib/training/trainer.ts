// SPDX-License-Identifier: MIT
// compile, fit, evaluate, predict and the batch calls of a model. Arguments are checked and copied before the first
// await, so that whatever callers do to their arrays afterwards changes nothing; one call at a time has the model.
import { NdArray } from '../ndarray';
import { CallbackList } from '../callbacks/callback_list';
import { nextSeed } from '../util/seeds';
import { refusal } from '../util/validate';
import { Pace, runPass, throwIfAborted, type RunContext } from './batch_runner';
import { Compiled } from './compiled';
import { loadBinding } from '../native/engine';
import type { TrainingEngine } from './trainer_host';
import { runEvaluation, runFit, type RowRange } from './fit_loop';
import { makeDataset, readInputs, type Inputs } from './inputs';
import {
  resolveBatchOptions,
  resolveEvaluateOptions,
  resolveFitOptions,
  resolvePredictOptions,
  type BatchOptions,
  type CompileOptions,
  type EvaluateOptions,
  type FitOptions,
  type PredictOptions,
  type ResolvedFit,
  type ResolvedPass,
} from './options';
import { allocate } from '../arrays/nested_arrays';
import { readTargets } from './targets';
import type { Logs } from '../callbacks/callback';
import type { History } from '../callbacks/history';
import type { Metric } from '../metrics';
import type { NativeModel } from '../native/binding';
import type { Loss } from '../losses';
import type { Optimizer } from '../optimizers';
import type { ArrayInput } from '../types';
import type { TrainerHost } from './trainer_host';

/** Trains and runs one model, which it knows as a {@link TrainerHost}. */
export class Trainer {
  readonly #host: TrainerHost;
  readonly #loadBinding: () => TrainingEngine;
  #compiled: Compiled | undefined;
  #running: string | undefined;
  #history: History | undefined;

  /**
   * @param host the model
   * @param engine gives the addon; loaded on first use
   */
  constructor(host: TrainerHost, engine: () => TrainingEngine = loadBinding) {
    this.#host = host;
    this.#loadBinding = engine;
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
  fit(x: ArrayInput, y: ArrayInput, options?: FitOptions): Promise<History> {
    return this.#exclusive('fit', (where) => this.#fit(where, x, y, options));
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
  evaluate(x: ArrayInput, y: ArrayInput, options: EvaluateOptions & { returnDict: true }): Promise<Logs>;
  evaluate<R extends number | number[] = number[]>(x: ArrayInput, y: ArrayInput, options?: EvaluateOptions): Promise<R>;
  evaluate(x: ArrayInput, y: ArrayInput, options?: EvaluateOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('evaluate', async (where) => {
      const o = resolveEvaluateOptions(where, options);
      throwIfAborted(where, o.signal);
      const compiled = this.#requireCompiled(where);
      const rows = this.#readPair(where, compiled, ['x', x], ['y', y]);
      const context = this.#context(where, compiled, o, 1, rows);
      const totals = await runEvaluation(context, compiled, rows, o.batchSize, new Pace());
      return results(compiled, totals, o.returnDict);
    });
  }

  /**
   * Outputs for inputs. Needs no `compile`.
   *
   * @param x inputs as in {@link fit}
   * @param options see {@link PredictOptions}; `verbose` is 0 by default
   * @returns outputs [N, ...]: [N,units], or [N,T,units] where sequences are returned
   * @throws (rejects) as {@link fit}
   * @see keras/src/backend/jax/trainer.py
   * @example
   * const probabilities = await model.predict(x); // NdArray [N, 1]
   */
  predict(x: ArrayInput, options?: PredictOptions): Promise<NdArray> {
    return this.#exclusive('predict', (where) => {
      const o = resolvePredictOptions(where, options);
      throwIfAborted(where, o.signal);
      return this.#predict(where, x, o);
    });
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
  trainOnBatch(x: ArrayInput, y: ArrayInput, options: BatchOptions & { returnDict: true }): Promise<Logs>;
  trainOnBatch<R extends number | number[] = number[]>(
    x: ArrayInput,
    y: ArrayInput,
    options?: BatchOptions,
  ): Promise<R>;
  trainOnBatch(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('trainOnBatch', (where) => this.#onBatch(where, 'train', x, y, options));
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
  testOnBatch(x: ArrayInput, y: ArrayInput, options: BatchOptions & { returnDict: true }): Promise<Logs>;
  testOnBatch<R extends number | number[] = number[]>(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<R>;
  testOnBatch(x: ArrayInput, y: ArrayInput, options?: BatchOptions): Promise<Logs | number | number[]> {
    return this.#exclusive('testOnBatch', (where) => this.#onBatch(where, 'evaluate', x, y, options));
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
    return this.#exclusive('predictOnBatch', (where) => this.#predict(where, x, undefined));
  }

  async #fit(where: string, x: unknown, y: unknown, given: FitOptions | undefined): Promise<History> {
    const options = resolveFitOptions(where, given);
    throwIfAborted(where, options.signal);
    const compiled = this.#requireCompiled(where);
    const all = this.#readPair(where, compiled, ['x', x], ['y', y]);
    const { train, validation } = this.#divide(where, compiled, options, all);
    if (validation !== undefined) this.#host.expectBatches(where, validation.end - validation.begin, options.batchSize);
    const context = this.#context(where, compiled, options, options.epochs, train);
    const history = context.callbacks.history!;
    this.#history = history;
    this.#host.stopTraining = false;
    const seed = options.seed ?? nextSeed();
    await runFit({ context, compiled, engine: this.#loadBinding(), options, seed, train, validation });
    return history;
  }

  /** Training and validation rows: the latter are the last rows of the same data, or data of their own, or none. */
  #divide(where: string, compiled: Compiled, options: ResolvedFit, all: RowRange) {
    const { validationData, validationSplit } = options;
    if (validationData !== undefined) {
      const [x, y] = validationData;
      const validation = this.#readPair(where, compiled, ['validationData[0]', x], ['validationData[1]', y]);
      return { train: all, validation };
    }
    if (validationSplit === 0) return { train: all, validation: undefined };
    const split = Math.floor(all.end * (1 - validationSplit));
    if (split === 0 || split === all.end)
      throw refusal(
        'ERR_CONFIG',
        where,
        `validationSplit to leave rows on either side of ${all.end}`,
        String(validationSplit),
      );
    return { train: { ...all, end: split }, validation: { ...all, begin: split } };
  }

  async #predict(where: string, x: unknown, options: ResolvedPass | undefined): Promise<NdArray> {
    const inputs = readInputs(where, 'x', x, this.#host);
    const { rows, outputAxes } = inputs;
    const dataset = makeDataset(where, this.#loadBinding(), this.#host, inputs, null);
    const outputs = allocate(where, () => new Float32Array(outputAxes.reduce((a, b) => a * b, rows)));
    const range = { dataset, begin: 0, end: rows };
    const pass = options ?? { batchSize: rows, verbose: 0, callbacks: [], signal: undefined };
    const context = this.#context(where, this.#compiled, pass, 1, range);
    await context.callbacks.onBegin('Predict');
    await runPass(context, {
      mode: 'predict',
      kind: 'Predict',
      ...range,
      order: null,
      batchSize: pass.batchSize,
      outputs,
      totals: null,
      logs: () => ({}),
      pace: new Pace(),
    });
    await context.callbacks.onEnd('Predict', {});
    return new NdArray(outputs, [rows, ...outputAxes]);
  }

  async #onBatch(where: string, mode: 'train' | 'evaluate', x: unknown, y: unknown, given: BatchOptions | undefined) {
    const { returnDict } = resolveBatchOptions(where, given);
    const compiled = this.#requireCompiled(where);
    const range = this.#readPair(where, compiled, ['x', x], ['y', y]);
    const pass = { batchSize: range.end, verbose: 0, callbacks: [], signal: undefined } as const;
    const totals = compiled.newTotals();
    await runPass(this.#context(where, compiled, pass, 1, range), {
      mode,
      kind: mode === 'train' ? 'Train' : 'Test',
      ...range,
      order: null,
      batchSize: range.end,
      outputs: null,
      totals,
      logs: () => ({}),
      pace: new Pace(),
    });
    return results(compiled, totals, returnDict);
  }

  /** Inputs and targets, checked and copied into the engine. */
  #readPair(where: string, compiled: Compiled, [xName, x]: [string, unknown], [yName, y]: [string, unknown]): RowRange {
    const inputs: Inputs = readInputs(where, xName, x, this.#host);
    const targets = readTargets(where, yName, y, compiled.loss, inputs.rows, inputs.outputAxes);
    compiled.tell(where, this.#host.native(), inputs.outputAxes.at(-1)!, this.#host.weights);
    const dataset = makeDataset(where, this.#loadBinding(), this.#host, inputs, targets);
    return { dataset, begin: 0, end: inputs.rows };
  }

  #context(
    where: string,
    compiled: Compiled | undefined,
    pass: ResolvedPass,
    epochs: number,
    { begin, end }: RowRange,
  ): RunContext {
    const { verbose, batchSize, signal } = pass;
    const host = this.#host;
    host.expectBatches(where, end - begin, batchSize);
    const isFit = this.#running === 'fit';
    const callbacks = new CallbackList(where, pass.callbacks, { history: isFit, progbar: verbose !== 0 });
    const steps = Math.ceil((end - begin) / batchSize);
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
  const means = compiled.means(totals);
  return means.length === 1 ? means[0]! : means;
}
