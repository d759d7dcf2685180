// SPDX-License-Identifier: MIT
// What a model does with data: compile, fit, evaluate, predict and the batch calls, each refused on a disposed model and
// handed to Trainer. What the model is made of is for subclasses to say.
import { Layer } from '../layers/layer';
import { allocate } from '../arrays/nested_arrays';
import { inParts, toArray, type Floats } from '../arrays/float_source';
import { copyOut } from '../native/copies';
import { callEngine } from '../native/engine';
import { FloatStore, type StoredFloats } from '../native/float_store';
import { NdArray } from '../ndarray';
import { Trainer, type Predicted } from '../training/trainer';
import { writeJson } from '../serialization';
import { sizeOf } from '../layers/weights';
import { refusal } from '../util/validate';
import { weightNames } from '../util/weight_names';
import {
  loadTraining,
  loadWeights,
  saveModel,
  saveTraining,
  saveWeights,
  type LoadWeightsOptions,
  type SaveOptions,
  type SaveWeightsOptions,
} from './model_files';
import type { SavedModel, Snapshot } from './saved_model';
import type { History, Logs } from '../callbacks';
import type { StepInputs, StepMask } from '../layers/step_mask';
import type { NativeCopy, NativeModel } from '../native/binding';
import type { Optimizer } from '../optimizers';
import type { GatherOptions } from '../training/gather';
import type { LayersState, TrainingState } from '../serialization';
import type { CompileConfig } from '../training/compile_config';
import type {
  Batch,
  BatchOptions,
  CompileOptions,
  EvaluateOptions,
  FitOptions,
  ModelArrays,
  PredictOptions,
  TrainBatchOptions,
} from '../training/options';
import type { FitProgress } from '../callbacks/callback';
import type { BatchSource } from '../training/source_feed';
import type { BatchRows, CarriedStates, HostInput, HostOutput, TrainerHost } from '../training/trainer_host';
import type { ArrayInput, Shape } from '../types';

/** Base class of models: layers that can be trained by themselves. */
export abstract class TrainableModel extends Layer implements TrainerHost {
  abstract readonly dataInputs: readonly HostInput[];
  abstract readonly dataOutputs: readonly HostOutput[];
  abstract computeOutputShapes(inputShapes: readonly Shape[]): Shape[];
  abstract ensureBuilt(inputShape: Shape): void;
  abstract readonly batchRows: BatchRows;
  abstract exchangeStates(states: CarriedStates | undefined): CarriedStates;
  abstract outputMask(inputs: readonly StepInputs[], output: number): StepMask | undefined;
  /** @internal The engine's model. */
  abstract nativeModel(): NativeModel;
  abstract getWeightsAsync(): Promise<NdArray[]>;
  abstract setWeightsAsync(weights: readonly ArrayInput[]): Promise<void>;
  abstract readonly layers: SavedModel['layers'];
  abstract readonly weights: (SavedModel['weights'][number] & { readonly trainable: boolean })[];

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

  /**
   * How far the present `fit` is; undefined outside one. A callback may set it in `onTrainBegin`, to what it read in an
   * earlier `fit` of the same model and data: training then goes on from there.
   *
   * @throws StateError `ERR_STATE` where it is set anywhere else; ConfigError where it does not fit this `fit`
   */
  get progress(): FitProgress | undefined {
    return this.#trainer.progress;
  }
  set progress(value: FitProgress | undefined) {
    this.#trainer.progress = value;
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
  }

  /**
   * Trains for some epochs, off the event loop. Called again, it goes on where it stopped.
   *
   * @param x inputs: tokens [N,T], or values [N,C] or [N,T,C]; or a source of batches `[x, y]` or `[x, y, sampleWeight]`:
   *   an iterable, an async iterable (a generator, a Node stream of objects), or a function that gives a new one for each
   *   epoch. Sources are read ahead while the last batches train; options come second then
   * @param y targets: the shape of the outputs ([N] for outputs [N,1]), or class ids for sparse losses. Those of timesteps
   *   that the first layer masks are not looked at
   * @param options `batchSize` (32), `epochs` (1), `sampleWeight`, `classWeight`, `stepsPerEpoch`, `validationSplit` (0),
   *   `validationData`, `validationBatchSize`, `validationSteps`, `validationFreq` (1), `shuffle` (true), `verbose` (1),
   *   `callbacks`, `initialEpoch` (0), `seed`, `signal`; see {@link FitOptions}
   * @returns the {@link History}: `loss`, each metric, and `valLoss` ... where there is validation
   * @throws (rejects) ConfigError, ShapeError, DataError for bad arguments; StateError `ERR_STATE` before `compile`,
   *   `ERR_BUSY` during another call and in its callbacks, `ERR_ABORTED` where `signal` ended it, `ERR_DISPOSED`;
   *   whatever a callback throws
   * @see keras/src/trainers/trainer.py
   * @example
   * const { history } = await model.fit(xTrain, yTrain, { epochs: 10, batchSize: 128, validationSplit: 0.2 });
   * await model.fit(async function* () { for await (const rows of table) yield toBatch(rows); }, { epochs: 3 });
   */
  async fit(x: ModelArrays, y: ModelArrays, options?: FitOptions): Promise<History>;
  async fit(batches: BatchSource<Batch>, options?: FitOptions): Promise<History>;
  async fit(x: ModelArrays | BatchSource<Batch>, y?: ModelArrays | FitOptions, options?: FitOptions): Promise<History> {
    this.assertUsable('fit');
    return this.#trainer.fit(x, y, options);
  }

  /**
   * Loss and metrics over data.
   *
   * @param x inputs as in {@link fit}, or a source of batches
   * @param y targets as in {@link fit}
   * @param options `batchSize` (32), `sampleWeight`, `steps`, `verbose` (1), `callbacks`, `signal`, `returnDict` (false)
   * @returns `[loss, ...metrics]`; the loss alone, a number, where there are no metrics; by name with `returnDict: true`
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const [loss, accuracy] = await model.evaluate(xTest, yTest, { batchSize: 128 });
   */
  async evaluate(x: ModelArrays, y: ModelArrays, options: EvaluateOptions & { returnDict: true }): Promise<Logs>;
  async evaluate<R extends number | number[] = number[]>(
    x: ModelArrays,
    y: ModelArrays,
    options?: EvaluateOptions,
  ): Promise<R>;
  async evaluate(batches: BatchSource<Batch>, options: EvaluateOptions & { returnDict: true }): Promise<Logs>;
  async evaluate<R extends number | number[] = number[]>(
    batches: BatchSource<Batch>,
    options?: EvaluateOptions,
  ): Promise<R>;
  async evaluate(
    x: ModelArrays | BatchSource<Batch>,
    y?: ModelArrays | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<Logs | number | number[]> {
    this.assertUsable('evaluate');
    return this.#trainer.evaluate(x, y, options);
  }

  /**
   * Outputs for inputs. Needs no `compile`.
   *
   * Calls at the same time are gathered into batches, see {@link gather}: a server may call `predict` for every request.
   * Calls with `verbose` or `callbacks`, and calls of a model with a stateful layer, run alone (`ERR_BUSY`). Callbacks may
   * call `predict` between two batches of a call of the same model, see `Callback`.
   *
   * @param x inputs as in {@link fit}, or a source of batches of inputs, alone or as `fit` takes them: not gathered either
   * @param options `batchSize` (32), `steps`, `verbose` (0), `callbacks`, `signal`, which ends this call alone
   * @returns outputs [N,units], or [N,T,units] where sequences are returned
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const probabilities = await model.predict(x); // NdArray [N, 1]
   */
  predict(
    x: ModelArrays | BatchSource<ModelArrays | Batch>,
    options: PredictOptions & { returnDict: true },
  ): Promise<Record<string, NdArray>>;
  predict<R extends NdArray | NdArray[] = NdArray>(
    x: ModelArrays | BatchSource<ModelArrays | Batch>,
    options?: PredictOptions,
  ): Promise<R>;
  predict(x: ModelArrays | BatchSource<ModelArrays | Batch>, options?: PredictOptions): Promise<Predicted> {
    try {
      this.assertUsable('predict');
      return this.#trainer.predict(x, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * How calls of {@link predict} at the same time are gathered. Each answer is that of the call alone within the rounding
   * of float32, for the order of sums may depend on the number of rows; a call that is refused or aborted is so alone.
   *
   * @param options `maxRows` (1024): rows that are computed together at most; `maxDelay` (0): milliseconds that a call to
   *   an idle model waits at most for others, 0 for the end of the present turn of the event loop
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`; StateError `ERR_DISPOSED`
   * @example
   * model.gather({ maxRows: 64, maxDelay: 2 });
   * const answers = await Promise.all(requests.map((row) => model.predict([row])));
   */
  gather(options: GatherOptions): void {
    this.assertUsable('gather');
    this.#trainer.gather(options);
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
  async trainOnBatch(x: ModelArrays, y: ModelArrays, options: TrainBatchOptions & { returnDict: true }): Promise<Logs>;
  async trainOnBatch<R extends number | number[] = number[]>(
    x: ModelArrays,
    y: ModelArrays,
    options?: TrainBatchOptions,
  ): Promise<R>;
  async trainOnBatch(x: ModelArrays, y: ModelArrays, options?: TrainBatchOptions): Promise<Logs | number | number[]> {
    this.assertUsable('trainOnBatch');
    return this.#trainer.trainOnBatch(x, y, options);
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
  async testOnBatch(x: ModelArrays, y: ModelArrays, options: BatchOptions & { returnDict: true }): Promise<Logs>;
  async testOnBatch<R extends number | number[] = number[]>(
    x: ModelArrays,
    y: ModelArrays,
    options?: BatchOptions,
  ): Promise<R>;
  async testOnBatch(x: ModelArrays, y: ModelArrays, options?: BatchOptions): Promise<Logs | number | number[]> {
    this.assertUsable('testOnBatch');
    return this.#trainer.testOnBatch(x, y, options);
  }

  /**
   * Outputs for the inputs of one batch: the shortest way from an array to an answer.
   *
   * @throws (rejects) as {@link fit}
   * @see keras/src/trainers/trainer.py
   * @example
   * const answer = await model.predictOnBatch([[1, 14, 22, 16]]);
   */
  async predictOnBatch<R extends NdArray | NdArray[] = NdArray>(x: ModelArrays): Promise<R> {
    this.assertUsable('predictOnBatch');
    return (await this.#trainer.predictOnBatch(x)) as R;
  }

  /**
   * Saves the model as one file: layers, weights, what `compile` was given, and the optimizer's state. The file is there
   * whole or not at all; a model that it replaces stays until then. All is copied at the call: the model may be used on.
   *
   * @param path ends in `.safetensors`
   * @param options `overwrite` (true), `includeOptimizer` (true), `assets` (none)
   * @throws (rejects) DataError `ERR_IO`, with the system's error as its cause, `ERR_NOT_FOUND` where the folder is missing;
   *   ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; StateError `ERR_BUSY` during a call, but in its callbacks,
   *   `ERR_DISPOSED`
   * @see keras/src/saving/saving_api.py
   * @example
   * await model.save('reviews.safetensors');
   * const same = await loadModel('reviews.safetensors');
   */
  async save(path: string, options?: SaveOptions): Promise<void> {
    return saveModel(this.#still('save'), this, path, options);
  }

  /**
   * Saves the weights alone.
   *
   * @param path ends in `.safetensors`
   * @param options `overwrite` (true)
   * @throws (rejects) as {@link save}
   * @example
   * await model.saveWeights('reviews.weights.safetensors');
   */
  async saveWeights(path: string, options?: SaveWeightsOptions): Promise<void> {
    return saveWeights(this.#still('saveWeights'), this, path, options);
  }

  /**
   * Sets the weights to those of a file, which {@link save}, {@link saveWeights} or another program wrote; all or none.
   * Arrays are found by name: that of the layer, a slash, and that of the weight in snake case. A name that was given is the
   * name; the numbers of automatic names count within the model: `dense_1/kernel` is the kernel of the first `Dense` that
   * was given no name.
   *
   * @param path ends in `.safetensors`
   * @param options `skipMismatch` (false)
   * @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where the file is malformed, or weights are missing or
   *   too many; ShapeError `ERR_SHAPE`; StateError `ERR_STATE` before the model is built, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * await model.loadWeights('reviews.weights.safetensors');
   */
  async loadWeights(path: string, options?: LoadWeightsOptions): Promise<void> {
    const where = this.#still('loadWeights');
    if (!this.isBuilt) throw refusal('ERR_STATE', where, 'a built model', 'one whose input shape is not known');
    return loadWeights(where, this, path, options);
  }

  /**
   * The layers as JSON; {@link modelFromJson} makes a model of it. Weights and `compile` are not in it.
   *
   * @throws StateError `ERR_DISPOSED`
   * @example
   * const copy = modelFromJson(model.toJson());
   */
  toJson(): string {
    this.assertUsable('toJson');
    return writeJson(`${this.name}.toJson`, { className: this.className, config: this.getConfig() });
  }

  /**
   * @internal Saves all that training goes on from: weights, the optimizer's state, seeds and states of layers, and what
   * `sections` hold. Throws as {@link save}.
   */
  async saveTraining(path: string, sections: Readonly<Record<string, unknown>>): Promise<void> {
    return saveTraining(this.#still('saveTraining'), this, path, sections);
  }

  /** @internal Goes on from a file of {@link saveTraining}; gives the sections of these names. Throws as {@link loadWeights}. */
  async loadTraining(path: string, names: readonly string[]): Promise<unknown[]> {
    return loadTraining(this.#still('loadTraining'), this, path, names);
  }

  /**
   * Copies of all weights, where the moving averages of the optimizer stand in for those that are trained; undefined
   * before its first step. The event loop waits, as with `getWeights`; {@link getAveragedWeightsAsync} lets it go on.
   *
   * @throws StateError `ERR_STATE` where the optimizer keeps none, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * model.compile({ optimizer: new SGD(0.01, { useEma: true }), loss: 'mse' });
   * await model.fit(x, y);
   * const averaged = model.getAveragedWeights();
   */
  getAveragedWeights(): NdArray[] | undefined {
    const averages = this.#trainer.averages(this.#still('getAveragedWeights'));
    if (averages === undefined) return undefined;
    return this.getWeights().map((weight, index) => {
      const place = averages.get(index);
      if (place !== undefined) callEngine(() => this.nativeModel().readOptimizer(place, weight.data as Float32Array));
      return weight;
    });
  }

  /**
   * The same, copied on compute threads as they are at the call. The model may be used on meanwhile.
   *
   * @throws (rejects) as {@link getAveragedWeights}; InternalError `ERR_OUT_OF_MEMORY`
   * @example
   * const averaged = await model.getAveragedWeightsAsync();
   */
  async getAveragedWeightsAsync(): Promise<NdArray[] | undefined> {
    const method = 'getAveragedWeightsAsync';
    const averages = this.#trainer.averages(this.#still(method));
    if (averages === undefined) return undefined;
    const copies = this.weightCopies(method).map((copy): NativeCopy => {
      const place = averages.get(copy.index);
      return place === undefined ? copy : { ...copy, kind: 'optimizer', index: place };
    });
    const { weights } = this;
    await copyOut(this.nativeModel(), copies);
    return copies.map(({ values }, index) => new NdArray(values, weights[index]!.shape));
  }

  /** @internal What `compile` was given, as plain data; null before. */
  get compileConfig(): CompileConfig | null {
    return this.#trainer.compileConfig;
  }

  /** @internal Weights, and all else that training goes on from, as they are at the call. */
  snapshot(): Snapshot {
    this.#still('snapshot');
    const store = new FloatStore();
    const weights = this.weights.map(({ shape }, index) => store.add('weight', index, sizeOf(shape)));
    const names = weightNames(this.layers);
    const training = { optimizer: this.#trainer.optimizerState(names, store), layers: this.layersState(store) };
    const whenCopied = store.isEmpty ? Promise.resolve() : store.copyFrom(this.nativeModel());
    // Where the rest of a snapshot is refused, nobody waits for the copies.
    whenCopied.catch(() => undefined);
    return { weights, training, whenCopied, release: () => store.release() };
  }

  /**
   * @internal Sets weights, those that are given, and what training goes on from. All is read into memory of its own, which
   * then takes the place of the model's: where a source fails, or the state is of another model, weights and optimizer stay
   * as they are. States of other sizes let stateful layers begin at zero.
   *
   * @throws (rejects) DataError `ERR_DATA` where a state is of another model or an array was detached; StateError `ERR_BUSY`,
   *   also where layers or the optimizer are changed meanwhile, `ERR_DISPOSED`; InternalError `ERR_OUT_OF_MEMORY`; what sources throw
   */
  async restore(method: string, weights: readonly (Floats | undefined)[], training?: TrainingState): Promise<void> {
    const where = this.#still(method);
    const present = this.#make();
    const store = new FloatStore();
    const sources: Floats[] = [];
    const rooms: StoredFloats[] = [];
    const add = (kind: 'weight' | 'optimizer', index: number, values: Floats): void => {
      sources.push(values);
      rooms.push(store.add(kind, index, values.length));
    };
    try {
      for (const [index, values] of weights.entries()) if (values !== undefined) add('weight', index, values);
      const optimizer = training?.optimizer ?? null;
      const fitting =
        optimizer === null
          ? undefined
          : await this.#trainer.checkOptimizerState(method, weightNames(this.layers), optimizer);
      for (const { index, values } of fitting?.arrays ?? []) add('optimizer', index, values);
      const states: Float32Array[] = [];
      for (const values of training?.layers.states ?? []) states.push(await toArray(where, values));
      await inParts(where, sources, (part, index, begin) => rooms[index]!.write(begin, part));
      this.#still(method);
      this.assertAtRest(method);
      if (this.#make().some((part, index) => part !== present[index]))
        throw refusal('ERR_BUSY', where, 'a model that is left alone until it is loaded', 'other layers or optimizer');
      if (training !== undefined) this.setLayersState(training.layers, states);
      fitting?.setNumbers();
      if (!store.isEmpty) await store.exchangeWith(this.nativeModel());
    } finally {
      store.release();
    }
  }

  /** What a state of the model fits: others take their place where layers come or go, and with `compile`. */
  #make(): unknown[] {
    return [this.isBuilt ? this.nativeModel() : undefined, this.#trainer.optimizer];
  }

  /** Arrays that are to have the weights. */
  protected weightCopies(method: string): NativeCopy[] {
    return this.weights.map(({ shape }, index) => ({
      kind: 'weight',
      index,
      values: allocate(`${this.name}.${method}`, () => new Float32Array(sizeOf(shape))),
    }));
  }

  protected abstract layersState(store: FloatStore): LayersState;
  protected abstract setLayersState(state: LayersState, states: readonly Float32Array[]): void;

  /** The name of a method, for messages, where the model is neither in another call nor computing. */
  #still(method: string): string {
    this.assertUsable(method);
    this.assertTurn(method);
    this.assertQuiet(method);
    return `${this.name}.${method}`;
  }

  /** Throws `ERR_DISPOSED`. */
  protected abstract assertUsable(method: string): void;

  /** Throws `ERR_BUSY` while a step is computed. */
  protected abstract assertQuiet(method: string): void;

  protected assertFree(method: string): void {
    this.assertUsable(method);
    this.#trainer.assertIdle(method);
    this.assertQuiet(method);
  }

  /** Rejects calls of `predict` that wait to be computed, unless one is under way. */
  protected dropWaiting(error: unknown): void {
    this.#trainer.dropWaiting(error);
  }

  /** Throws `ERR_BUSY` while a call has the model, unless a callback asks, between its batches. */
  protected assertTurn(method: string): void {
    this.#trainer.assertTurn(method);
  }

  /** The states of a callback's own calls begin at zero again. */
  protected forgetStates(): void {
    this.#trainer.forgetStates();
  }
}
