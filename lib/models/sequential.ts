// SPDX-License-Identifier: MIT
// Sequential: layers one after another. This file is the public face: shapes are kept by LayerStack, values by
// ModelEngine, and compile, fit, evaluate and predict are those of every TrainableModel.
import { layerFromConfig, type Input, type Layer, type LayerConfig, type WeightSpec } from '../layers';
import { copyInTurns } from '../arrays/copy';
import { outputMask, type StepInputs, type StepMask } from '../layers/step_mask';
import { checkWeights, copyWeights } from '../layers/weights';
import { refuseMore } from '../util/arguments';
import { autoName } from '../util/session';
import { nearest } from '../util/did_you_mean';
import { withDefaults } from '../util/options';
import { checkOptions, checkString, describe, refusal } from '../util/validate';
import { Stream, StreamGroup } from '../streams';
import { LayerStack } from './layer_stack';
import { ModelEngine } from './model_engine';
import { SET_SHORTCUTS } from './shortcuts';
import { printSummary, type SummaryOptions } from './summary';
import { TrainableModel } from './trainable_model';
import { NdArray } from '../ndarray';
import type { NativeActivation, NativeCopy, NativeModel, NativeShortcuts } from '../native/binding';
import type { LayersState } from '../serialization';
import type { BatchRows, CarriedStates } from '../training/trainer_host';
import type { ArrayInput, Shape } from '../types';

/** Options of {@link Sequential}. */
export interface SequentialOptions {
  /** Default: `sequential_1` and so on. */
  name?: string | null;
}

/** Defaults of {@link SequentialOptions}. */
export const defaults = Object.freeze({ name: null });

/** A model as plain data. */
export interface SequentialConfig {
  name: string;
  layers: LayerConfig[];
  /** The shape that `build` or the data gave, batch axis first; null where the layers say it themselves. */
  buildInputShape: Shape | null;
}

/** A weight of a model and the layer that it belongs to. */
export type ModelWeight = WeightSpec & {
  /** Name of the layer. */
  readonly layer: string;
};

/**
 * A model of layers one after another.
 *
 * It is built, and its shapes known, as soon as the first layer tells its input (`Embedding`, `Input`, `inputShape`),
 * else by the first data. Computing happens off the event loop; one call at a time has the model, different models work
 * at the same time. Nothing has to be disposed: `dispose()` only gives memory back sooner.
 *
 * @see keras/src/models/sequential.py
 * @example
 * const model = new Sequential();
 * model.add(new Embedding(10000, 32));
 * model.add(new SimpleRNN(32));
 * model.add(new Dense(1, { activation: 'sigmoid' }));
 * model.compile({ optimizer: 'rmsprop', loss: 'binary_crossentropy', metrics: ['acc'] });
 * const history = await model.fit(xTrain, yTrain, { epochs: 10, batchSize: 128, validationSplit: 0.2 });
 */
export class Sequential extends TrainableModel {
  readonly className = 'Sequential';
  readonly name: string;
  readonly #stack = new LayerStack();
  readonly #engine: ModelEngine;

  /**
   * @param layers layers in order, an {@link Input} first where wanted; default none
   * @param options see {@link SequentialOptions}
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where layers do not fit
   */
  constructor(layers: readonly (Layer | Input)[] = [], options: SequentialOptions = {}, ...rest: []) {
    refuseMore('Sequential', rest);
    const { name } = withDefaults('Sequential', options, defaults);
    if (!Array.isArray(layers)) throw refusal('ERR_TYPE', 'Sequential', 'an array of layers', describe(layers));
    super();
    this.name = name === null ? autoName('Sequential') : checkString('Sequential', 'name', name);
    this.#engine = new ModelEngine(this.name, this.#stack, () => this.forgetStates());
    for (const layer of layers) this.#stack.add('Sequential', layer, this.#engine);
  }

  /** The layers in order; an {@link Input} is not listed. */
  get layers(): readonly Layer[] {
    return [...this.#stack.layers];
  }

  /** Whether all shapes are known. */
  get isBuilt(): boolean {
    return this.#stack.isBuilt;
  }

  get isDisposed(): boolean {
    return this.#engine.isDisposed;
  }

  /** Bytes that the engine holds for this model; 0 before weights are first needed. */
  get memoryBytes(): number {
    return this.#engine.memoryBytes;
  }

  /** Shape of the input, batch axis first and null where unknown; undefined before the model is built. */
  get inputShape(): Shape | undefined {
    return this.isBuilt ? this.#stack.inputShape : undefined;
  }

  /** Shape of the output, batch axis first and null where unknown; undefined before the model is built. */
  get outputShape(): Shape | undefined {
    return this.#stack.outputShape;
  }

  /**
   * Shape of the output for inputs of this shape.
   *
   * @param inputShape batch axis first, null where unknown
   * @throws ShapeError `ERR_SHAPE` where a layer does not take what it would be given
   * @see keras/src/models/sequential.py
   * @example
   * new Sequential([new Conv1D(4, 3)]).computeOutputShape([null, 10, 8]); // [null, 8, 4]
   */
  computeOutputShape(inputShape: Shape): Shape {
    return this.#stack.computeOutputShape(inputShape);
  }

  /** What the first layer reads: token ids or numbers. */
  get inputKind(): 'tokens' | 'values' {
    return this.#stack.layers[0]?.inputKind ?? 'values';
  }

  /** Ids run from 0 to `vocabularySize - 1`; undefined where the model reads numbers. */
  get vocabularySize(): number | undefined {
    return this.#stack.layers[0]?.vocabularySize;
  }

  /** Whether a layer is: a batch then begins with the states that the one before ended with. */
  get isStateful(): boolean {
    return this.#stack.layers.some((layer) => layer.isStateful);
  }

  /** Activation of the last layer. */
  get lastActivation(): NativeActivation {
    return this.#stack.layers.at(-1)?.outputActivation ?? 'linear';
  }

  /** All weights in order: what they are, not their values. Empty before the model is built. */
  get weights(): readonly ModelWeight[] {
    return this.#stack.layers.flatMap((layer) => layer.weightSpecs.map((spec) => ({ ...spec, layer: layer.name })));
  }

  /** The weights that training changes. */
  get trainableWeights(): readonly ModelWeight[] {
    return this.weights.filter(({ trainable }) => trainable);
  }

  /** The weights that training leaves as they are. */
  get nonTrainableWeights(): readonly ModelWeight[] {
    return this.weights.filter(({ trainable }) => !trainable);
  }

  /** Whether any layer is trainable; setting it sets every layer's flag, which takes effect at the next `compile`. */
  get trainable(): boolean {
    return this.#stack.layers.some((layer) => layer.trainable);
  }

  set trainable(value: boolean) {
    for (const layer of this.#stack.layers) layer.trainable = value;
  }

  /**
   * Appends a layer. Weights that were learnt stay; the optimizer begins anew.
   *
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` for a layer in use or a name that is taken; ShapeError `ERR_SHAPE` where
   *   the layer does not fit; StateError `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * model.add(new SimpleRNN(32, { returnSequences: true }));
   */
  add(layer: Layer | Input): void {
    this.assertFree('add');
    this.#stack.add(`${this.name}.add`, layer, this.#engine);
    this.#engine.recall();
  }

  /**
   * Removes the last layer and returns it, with its weights. The weights of the others stay.
   *
   * @throws StateError `ERR_STATE` where there is none; `ERR_BUSY`, `ERR_DISPOSED`
   */
  pop(): Layer {
    this.assertFree('pop');
    this.#engine.recall();
    return this.#stack.pop(`${this.name}.pop`);
  }

  /**
   * Fixes the shapes of all weights. Needed only where no layer tells its input and no data came yet.
   *
   * @param inputShape batch axis first, null where unknown: `[null, 500]`, `[null, null, 32]`; may be left out of a built model
   * @throws ShapeError `ERR_SHAPE`; StateError `ERR_STATE` where the shape is missing, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * const model = new Sequential([new SimpleRNN(8), new Dense(1)]);
   * model.build([null, null, 4]);
   * model.countParams(); // 113
   */
  build(inputShape?: Shape): void {
    this.assertFree('build');
    const where = `${this.name}.build`;
    if (inputShape !== undefined) return this.#stack.build(where, inputShape);
    if (!this.isBuilt) throw refusal('ERR_STATE', where, 'an input shape', 'none', 'For instance build([null, 500]).');
  }

  /**
   * Prints a table of the layers, their output shapes and their numbers of parameters.
   *
   * @param options `printFn` (default `console.log`), `lineLength`, `style` (`'keras2'` by default, or `'keras3'`)
   * @throws StateError `ERR_STATE` before the model is built, `ERR_DISPOSED`; ConfigError for bad options
   * @see keras 2.2.4, keras/utils/layer_utils.py
   * @example
   * model.summary({ style: 'keras3', printFn: (line) => logger.info(line) });
   */
  summary(options?: SummaryOptions): void {
    this.#assertBuilt('summary');
    printSummary(`${this.name}.summary`, { name: this.name, layers: this.#stack.layers }, options);
  }

  /** Number of elements of all weights. @throws StateError `ERR_STATE` before the model is built, `ERR_DISPOSED` */
  countParams(): number {
    this.#assertBuilt('countParams');
    return this.#stack.layers.reduce((sum, layer) => sum + layer.countParams(), 0);
  }

  /**
   * Copies of all weights, in the order of {@link weights}.
   *
   * The event loop waits: about 0.2 s for 100 million numbers, and several times that where they are still to be drawn.
   * {@link getWeightsAsync} lets it go on.
   *
   * @throws StateError `ERR_STATE` before the model is built, `ERR_BUSY` while a step is computed, `ERR_DISPOSED`
   */
  getWeights(): NdArray[] {
    this.#assertBuilt('getWeights');
    return this.#stack.layers.flatMap((layer) => layer.getWeights());
  }

  /**
   * Copies of all weights as they are at the call, made on compute threads. The model may be used on meanwhile; what reads
   * or sets weights at once waits for them.
   *
   * @throws (rejects) as {@link getWeights}; InternalError `ERR_OUT_OF_MEMORY`
   * @example
   * const weights = await model.getWeightsAsync();
   */
  async getWeightsAsync(): Promise<NdArray[]> {
    this.#assertBuilt('getWeightsAsync');
    this.#engine.assertQuiet('getWeightsAsync');
    const { weights } = this;
    const values = await this.#engine.copyWeights();
    return values.map((data, index) => new NdArray(data, weights[index]!.shape));
  }

  /**
   * Sets all weights, or none where one does not fit.
   *
   * The event loop waits: about 0.2 s for 100 million numbers. {@link setWeightsAsync} lets it go on.
   *
   * @param weights arrays in the order of {@link weights}: NdArrays, nested arrays, or flat typed arrays in row-major order
   * @throws ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`; DataError `ERR_DATA`; StateError `ERR_STATE`, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * copy.setWeights(model.getWeights());
   */
  setWeights(weights: readonly ArrayInput[]): void {
    this.#assertBuilt('setWeights');
    // Callbacks set weights (EarlyStopping does) while `fit` has the model, though never while a step is computed.
    this.assertTurn('setWeights');
    this.#engine.assertQuiet('setWeights');
    const values = copyWeights(`${this.name}.setWeights`, this.weights, weights);
    let next = 0;
    for (const layer of this.#stack.layers) {
      const count = layer.weightSpecs.length;
      const part = values.slice(next, next + count);
      if (!this.#engine.writeLayer(layer, part)) layer.holdWeights(part.map((each) => ({ values: each })));
      next += count;
    }
  }

  /**
   * As {@link setWeights}, but the event loop goes on: arrays are copied a part in each of its turns, and are to be left
   * alone until then. The weights change all at once, when the promise resolves.
   *
   * @throws (rejects) as {@link setWeights}, and DataError `ERR_DATA` where an array is detached meanwhile
   * @example
   * await copy.setWeightsAsync(await model.getWeightsAsync());
   */
  async setWeightsAsync(weights: readonly ArrayInput[]): Promise<void> {
    const method = 'setWeightsAsync';
    const where = `${this.name}.${method}`;
    this.#assertBuilt(method);
    this.assertTurn(method);
    const own: Float32Array[] = [];
    for (const { data, isOwn } of checkWeights(where, this.weights, weights))
      own.push(isOwn ? data : await copyInTurns(where, data));
    await this.adoptWeights(method, own);
  }

  /**
   * Has the engine draw the first weights, and make them ready for streams, off the event loop. Calls that compute do so
   * anyway; after this, those that answer at once ({@link openStream}, {@link getWeights}) need not wait for it.
   *
   * @throws (rejects) StateError `ERR_STATE` before the model is built, `ERR_BUSY` while a call has the model, `ERR_DISPOSED`
   * @example
   * await model.prepare();
   * const stream = model.openStream();
   */
  async prepare(): Promise<void> {
    this.#assertBuilt('prepare');
    this.assertFree('prepare');
    await this.#engine.prepare();
  }

  /**
   * Lets stateful layers begin at zero again, and with batches of another size where wanted. Nothing happens to others.
   *
   * @throws StateError `ERR_BUSY` while a step is computed, `ERR_DISPOSED`
   * @see keras/src/layers/rnn/rnn.py
   * @example
   * for (const [x, y] of series) {
   *   model.resetStates();
   *   await model.fit(x, y, { batchSize: 1, shuffle: false });
   * }
   */
  resetStates(): void {
    this.#engine.assertUsable('resetStates');
    this.assertTurn('resetStates');
    this.#engine.resetStates();
  }

  /**
   * Opens a stream: a sequence that comes one timestep at a time, with a prediction at each.
   *
   * For models of `Embedding`, `SimpleRNN`, `LSTM`, `GRU`, `Dense`, `Activation`, dropout and noise (which do nothing),
   * normalizations, `Masking`, `TimeDistributed` and causal `Conv1D`. A layer that needs the timesteps to come, such as
   * `Bidirectional`, is refused. `stateful` layers keep their own states apart from those of streams.
   *
   * @throws ConfigError `ERR_CONFIG` where a layer cannot go on by timesteps; StateError `ERR_STATE` before the model is
   *   built, `ERR_BUSY` while it computes, `ERR_DISPOSED`
   * @example
   * const model = new Sequential([new Input([null, 16]), new LSTM(64), new Dense(1)]);
   * const stream = model.openStream();
   * const [prediction] = stream.push(new Float32Array(16));
   */
  openStream(): Stream {
    return new Stream(`${this.name}.openStream`, this);
  }

  /**
   * Opens streams that advance together, in one call for all of them: thousands are cheap.
   *
   * @param count streams to begin with, numbered from 0; default 0
   * @throws as {@link openStream}, and ConfigError `ERR_TYPE`, `ERR_CONFIG` for the count
   * @example
   * const group = model.openStreams(1000);
   * const predictions = group.step(new Float32Array(1000 * 16)); // [1000, 1], flat
   */
  openStreams(count = 0): StreamGroup {
    return new StreamGroup(`${this.name}.openStreams`, this, count);
  }

  /**
   * A layer by name or by index.
   *
   * @throws ConfigError `ERR_UNKNOWN_NAME`, with the nearest name, `ERR_TYPE`; DataError `ERR_RANGE`; StateError `ERR_DISPOSED`
   * @example
   * model.getLayer('simple_rnn_1') === model.getLayer({ index: 1 });
   */
  getLayer(which: string | number | { readonly name: string } | { readonly index: number }): Layer {
    this.#engine.assertUsable('getLayer');
    const where = `${this.name}.getLayer`;
    const key: unknown = typeof which === 'object' && which !== null ? readKey(where, which) : which;
    const { layers } = this.#stack;
    if (typeof key === 'number') {
      const layer = Number.isInteger(key) ? layers[key] : undefined;
      if (layer !== undefined) return layer;
      throw refusal('ERR_RANGE', where, `an index of ${layers.length} layers`, describe(key));
    }
    const name = checkString(where, 'a name or an index', key);
    const layer = layers.find((candidate) => candidate.name === name);
    if (layer !== undefined) return layer;
    const names = layers.map((candidate) => candidate.name);
    const hint = nearest(name, names);
    const expected = `one of ${names.map((known) => `"${known}"`).join(', ') || 'no layers'}`;
    throw refusal('ERR_UNKNOWN_NAME', where, expected, describe(name), hint && `Did you mean "${hint}"?`);
  }

  /** The model without its weights, as plain data: {@link fromConfig} makes one like it. */
  getConfig(): SequentialConfig {
    this.#engine.assertUsable('getConfig');
    const { input, layers, inputShape } = this.#stack;
    const items = [...(input === undefined ? [] : [input]), ...layers];
    const isTold = input !== undefined || layers[0]?.batchInputShape !== undefined;
    return {
      name: this.name,
      layers: items.map((item) => ({ className: item.className, config: { ...item.getConfig() } })),
      buildInputShape: isTold ? null : (inputShape ?? null),
    };
  }

  /**
   * A new model of the layers that {@link getConfig} described, with weights of its own.
   *
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, and whatever the layers' constructors throw
   * @example
   * const copy = Sequential.fromConfig(model.getConfig());
   */
  static fromConfig(config: SequentialConfig): Sequential {
    const where = 'Sequential.fromConfig';
    if (typeof config !== 'object' || config === null || !Array.isArray(config.layers))
      throw refusal('ERR_TYPE', where, '{ name, layers }', describe(config));
    checkOptions(where, config, ['name', 'layers', 'buildInputShape']);
    const layers = config.layers.map((layer) => layerFromConfig(where, layer));
    const model = new Sequential(layers, { name: config.name ?? null });
    if (config.buildInputShape) model.build(config.buildInputShape);
    return model;
  }

  /**
   * Frees the engine's memory now; the model is unusable afterwards. Garbage collection would do it later. Calls of
   * `predict` that are not computed yet reject with `ERR_DISPOSED`.
   *
   * @throws StateError `ERR_BUSY` while a call has the model
   */
  dispose(): void {
    if (this.isDisposed) return;
    const where = `${this.name}.predict`;
    this.dropWaiting(refusal('ERR_DISPOSED', where, 'a model in use', 'one that was disposed'));
    this.assertFree('dispose');
    this.#engine.dispose();
  }

  /**
   * Gives back the memory that no call needs at present, now: what batches were computed in, and copies of the weights as
   * the engine wants them. The next call takes again what it needs. Without this, memory that was needed by a large batch
   * is given back within half a minute.
   *
   * @throws StateError `ERR_BUSY` while a call has the model, `ERR_DISPOSED`
   * @example
   * await model.fit(x, y);
   * model.trim();
   */
  trim(): void {
    this.assertFree('trim');
    this.#engine.trim();
  }

  /** `using model = new Sequential(...)`: see {@link dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Builds the model for data of this shape where it is not built yet. */
  ensureBuilt(inputShape: Shape): void {
    this.#engine.assertUsable('build');
    if (this.isBuilt) return;
    // Timesteps are left open where the layers allow it, so that the next data may be longer.
    const [batch = null, ...axes] = inputShape;
    const open: Shape = axes.length === 2 ? [batch, null, axes[1]!] : inputShape;
    this.#stack.build(`${this.name}.build`, this.#stack.accepts(open) ? open : inputShape);
  }

  /** @internal */
  get batchRows(): BatchRows {
    return this.#engine.batchRows;
  }

  /** @internal Puts other states in the place of those that stateful layers carry. */
  exchangeStates(states: CarriedStates | undefined): CarriedStates {
    return this.#engine.exchangeStates(states);
  }

  /** @internal */
  outputMask(inputs: StepInputs): StepMask | undefined {
    return outputMask(this.#stack.layers, inputs);
  }

  /** @internal The engine's model, made on first use. */
  native(): NativeModel {
    return this.#engine.native();
  }

  /** @internal See shortcuts.ts. */
  [SET_SHORTCUTS](shortcuts: NativeShortcuts): void {
    this.assertFree('withShortcuts');
    this.#engine.useShortcuts(shortcuts);
  }

  protected override assertUsable(method: string): void {
    this.#engine.assertUsable(method);
  }

  protected override assertQuiet(method: string): void {
    this.#engine.assertQuiet(method);
  }

  protected override layersState(copies: NativeCopy[]): LayersState {
    return this.#engine.layersState('trainingState', copies);
  }

  /** @internal Sets all weights to arrays of their sizes that nobody else has. */
  async adoptWeights(method: string, values: readonly Float32Array[]): Promise<void> {
    this.#assertBuilt(method);
    this.assertTurn(method);
    this.#engine.assertQuiet(method);
    await this.#engine.adoptWeights(values);
  }

  protected override setLayersState(state: LayersState): void {
    this.#engine.setLayersState('setTrainingState', state);
  }

  /** A new engine where layers were frozen or thawed since the last. */
  protected override onCompile(): void {
    this.#engine.refresh();
  }

  #assertBuilt(method: string): void {
    this.#engine.assertUsable(method);
    if (this.isBuilt) return;
    const hint = 'Give the first layer an inputShape, add an Input, or call build.';
    throw refusal('ERR_STATE', `${this.name}.${method}`, 'a built model', 'one whose input shape is not known', hint);
  }
}

/** The one key that an object for `getLayer` has. */
function readKey(where: string, which: { readonly name?: string; readonly index?: number }): unknown {
  const { name, index } = checkOptions(where, which, ['name', 'index']);
  if (name !== undefined && index !== undefined) throw refusal('ERR_CONFIG', where, 'name or index', 'both');
  return name ?? index;
}
