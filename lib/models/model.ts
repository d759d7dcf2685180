// SPDX-License-Identifier: MIT
// Model: a graph of layers from inputs to outputs. This file is the public face: the graph is found by lib/graph, the
// engine's half is model_engine.ts, and compile, fit, evaluate and predict are those of every TrainableModel.
import { Graph } from '../graph/graph';
import {
  checkKindOf,
  kindOf,
  lowerNodes,
  vocabularyOf,
  type EngineGraph,
  type EngineNode,
  type EngineOptions,
  type EngineValue,
} from '../graph/lowering';
import { SymbolicTensor, type TensorSpec } from '../graph/symbolic_tensor';
import { assignParts, partsOf, specsOf, type Layer, type Part } from '../layers/layer';
import { outputMask, type StepInputs, type StepMask } from '../layers/step_mask';
import { checkWeights, copyWeights } from '../layers/weights';
import { copyOut, prepare } from '../native/copies';
import { refuseMore } from '../util/arguments';
import { describeShared, makeShared } from '../layers/registry';
import { areCompatible, shapeText } from '../layers/shapes';
import { inOrder } from '../util/by_name';
import { nearest } from '../util/did_you_mean';
import { withDefaults } from '../util/options';
import { checkOptions, checkString, describe, refusal } from '../util/validate';
import { Stream, StreamGroup, type StreamAnswer, type StreamOptions } from '../streams';
import { graphConfig, graphFromConfig, type GraphConfig } from './graph_config';
import { ModelEngine } from './model_engine';
import { isPlainObject, type LayersState } from '../serialization';
import { SET_SHORTCUTS } from './shortcuts';
import { printSummary, type SummaryOptions } from './summary';
import { nameInputs, nameOutputs, readTensors, type TensorStructure } from './tensor_names';
import { TrainableModel } from './trainable_model';
import type { ApplyOptions } from '../layers/apply';
import type { WeightSpec } from '../layers';
import { NdArray } from '../ndarray';
import type { NativeActivation, NativeModel, NativeShortcuts } from '../native/binding';
import type { FloatStore } from '../native/float_store';
import type { BatchRows, CarriedStates, HostInput, HostOutput } from '../training/trainer_host';
import type { ArrayInput, Shape } from '../types';

/** Options of {@link Model}. */
export interface ModelOptions {
  /** Default: `model_1` and so on. */
  name?: string | null;
  /** As of every layer: what `getConfig` writes where the library made the name. Default null. */
  automaticName?: string | null;
}

/** Defaults of {@link ModelOptions}. */
export const defaults = Object.freeze({ name: null, automaticName: null });

export type { TensorStructure };

/** @internal What `Sequential` gives in place of inputs: it finds them later. */
export const DEFERRED: TensorStructure = Object.freeze([]);

/** A weight of a model and the layer that it belongs to. */
export type ModelWeight = WeightSpec & {
  /** Name of the layer. */
  readonly layer: string;
};

/**
 * A model of layers between inputs and outputs, in any arrangement without a circle: layers that join, part, and are used
 * more than once.
 *
 * Layers keep their weights: a layer in several models is one layer, and what one model learns of it the others have.
 * Computing happens off the event loop; one call at a time has the model, different models work at the same time, but
 * for one that trains while another uses the same layers (`ERR_BUSY`). Nothing has to be disposed: `dispose()` only gives
 * memory back sooner.
 *
 * @see keras/src/models/functional.py
 * @example
 * const words = new Input([null], { dtype: 'int32', name: 'words' });
 * const meta = new Input([3], { name: 'meta' });
 * const text = new LSTM(32).apply(new Embedding(10000, 32, { maskZero: true }).apply(words));
 * const score = new Dense(1, { activation: 'sigmoid', name: 'score' }).apply(concatenate([text, meta]));
 * const model = new Model([words, meta], score);
 */
export class Model extends TrainableModel {
  static readonly className: string = 'Model';
  readonly className: string = Model.className;
  readonly #engine: ModelEngine;
  #graph: Graph | undefined;
  #dataInputs: readonly HostInput[] | undefined;
  #dataOutputs: readonly HostOutput[] | undefined;
  /** Keys of the objects that the model was made of; undefined for lists. */
  #keys: { readonly inputs?: readonly string[] | undefined; readonly outputs?: readonly string[] | undefined } = {};
  #names: { readonly inputs: readonly string[]; readonly outputs: readonly string[] } | undefined;

  /**
   * @param inputs symbolic tensors that the outputs come from: one, a list, or an object, whose keys are the inputs' names
   * @param outputs what layers gave, likewise
   * @param options see {@link ModelOptions}
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where the outputs depend on other inputs too, or not on one of these, or
   *   two layers or inputs have one name
   */
  constructor(inputs: TensorStructure, outputs: TensorStructure, options: ModelOptions = {}, ...rest: []) {
    refuseMore('Model', rest);
    const isDeferred = inputs === DEFERRED;
    const where = isDeferred ? 'Sequential' : 'Model';
    const { name, automaticName } = withDefaults(where, options, defaults);
    super(where, { name, automaticName, trainable: true, inputShape: null });
    this.#engine = new ModelEngine(this, () => this.forgetStates());
    if (isDeferred) return;
    const [from, to] = [readTensors(where, 'inputs', inputs), readTensors(where, 'outputs', outputs)];
    this.#keys = { inputs: from.keys, outputs: to.keys };
    this.setGraph(new Graph(where, from.tensors, to.tensors));
    super.build(from.tensors[0]!.shape);
  }

  /** @internal undefined before the shapes are known. */
  get graph(): Graph | undefined {
    return this.#graph;
  }

  protected setGraph(graph: Graph | undefined): void {
    for (const input of graph?.inputs ?? []) checkKindOf(this.name, graph!, input);
    this.#names = graph && {
      inputs: nameInputs(this.name, graph, this.#keys.inputs),
      outputs: nameOutputs(graph, this.#keys.outputs),
    };
    this.#graph = graph;
    this.#dataInputs = undefined;
    this.#dataOutputs = undefined;
    this.#engine.recall();
  }

  /** What the model reads. @throws StateError `ERR_STATE` before the model is built */
  override get inputs(): readonly SymbolicTensor[] {
    return this.#builtGraph('inputs').inputs;
  }

  /** What the model gives. @throws StateError `ERR_STATE` before the model is built */
  override get outputs(): readonly SymbolicTensor[] {
    return this.#builtGraph('outputs').outputs;
  }

  /**
   * Names of the inputs, in order: the keys of the object that they were given as, else the names of the tensors.
   *
   * @throws StateError `ERR_STATE` before the model is built
   * @see keras/src/models/functional.py
   */
  get inputNames(): readonly string[] {
    this.#assertShapes('inputNames');
    return this.#names!.inputs;
  }

  /**
   * Names of the outputs, in order: the keys of the object that they were given as, else the names of their layers, with
   * `_1` and so on behind a name that is taken.
   *
   * @throws StateError `ERR_STATE` before the model is built
   */
  get outputNames(): readonly string[] {
    this.#assertShapes('outputNames');
    return this.#names!.outputs;
  }

  /** Also of a model that was disposed of: as a layer it goes on. */
  #builtGraph(method: string): Graph {
    this.#assertShapes(method);
    return this.#graph!;
  }

  /** The layers: each once, after those that it reads. Inputs are not listed. */
  get layers(): readonly Layer[] {
    return this.#graph?.layers ?? [];
  }

  /** Whether all shapes are known. */
  override get isBuilt(): boolean {
    return this.#graph !== undefined;
  }

  get isDisposed(): boolean {
    return this.#engine.isDisposed;
  }

  /** Bytes that the engine holds for this model; 0 before it is first needed. */
  get memoryBytes(): number {
    return this.#engine.memoryBytes;
  }

  /** Shape of the first input, batch axis first and null where unknown; undefined before the model is built. */
  override get inputShape(): Shape | undefined {
    return this.#graph?.inputs[0]!.shape;
  }

  /** Shape of the first output, batch axis first and null where unknown; undefined before the model is built. */
  override get outputShape(): Shape | undefined {
    return this.#graph?.outputs[0]!.shape;
  }

  /**
   * Shape of the first output for a first input of this shape.
   *
   * @param inputShape batch axis first, null where unknown
   * @throws ShapeError `ERR_SHAPE` where a layer does not take what it would be given
   */
  override computeOutputShape(inputShape: Shape): Shape {
    const { inputs } = this.#builtGraph('computeOutputShape');
    return this.outputSpecs([{ ...specOf(inputs[0]!), shape: inputShape }, ...inputs.slice(1).map(specOf)])[0]!.shape;
  }

  /**
   * Puts the model behind others in a model that is being described, as a layer.
   *
   * @param inputs in order, or an object by the names of the inputs
   * @throws as `Layer.apply`; ConfigError `ERR_CONFIG` where an input is missing, `ERR_UNKNOWN_NAME`
   * @example
   * const tower = new Sequential([new Embedding(10000, 32), new LSTM(32)]);
   * const [a, b] = [new Input([null]), new Input([null])];
   * const both = [a, b].map((words) => tower.apply(words)); // one set of weights
   */
  override apply<R extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>(
    inputs: TensorStructure,
    options?: ApplyOptions,
  ): R {
    this.#engine.assertUsable('apply');
    const where = `${this.where}.apply`;
    return super.apply<R>(isPlainObject(inputs) ? inOrder(where, 'inputs', this.inputNames, inputs) : inputs, options);
  }

  /** @internal */
  override get inputCount(): readonly [number, number] {
    const count = this.#graph?.inputs.length ?? 1;
    return [count, count];
  }

  /** Whether each layer computes each position by itself. */
  override get isPositionWise(): boolean {
    return this.inputCount[0] === 1 && this.outputCount === 1 && this.layers.every((layer) => layer.isPositionWise);
  }

  override get outputCount(): number {
    return this.#graph?.outputs.length ?? 1;
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    this.#graph?.inputs.forEach((tensor, index) => {
      const { shape } = inputs[index]!;
      if (!areCompatible(tensor.shape, shape))
        throw refusal('ERR_SHAPE', this.where, `input ${shapeText(tensor.shape)}`, shapeText(shape));
    });
  }

  /** @internal The outputs for inputs of these shapes. */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    const { inputs: own, nodes, outputs } = this.#builtGraph('outputSpecs');
    const specs = new Map<SymbolicTensor, TensorSpec>(own.map((tensor, index) => [tensor, inputs[index]!]));
    for (const { layer, inputs: read, options, outputs: given } of nodes) {
      const found = layer.outputSpecs(
        read.map((tensor) => specs.get(tensor)!),
        options.extra,
      );
      given.forEach((tensor, index) => specs.set(tensor, found[index]!));
    }
    return outputs.map((tensor) => specs.get(tensor)!);
  }

  /** @internal */
  override readsTokens(index: number): boolean {
    const graph = this.#graph;
    return graph !== undefined && kindOf(graph, graph.inputs[index]!) === 'tokens';
  }

  /** @internal The layers of this model, among those of another. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], _options: EngineOptions): EngineValue[] {
    return lowerNodes(engine, this.#builtGraph('lower'), inputs);
  }

  /** @internal */
  override get sublayers(): readonly Layer[] {
    return this.layers;
  }

  /** @internal */
  override get parts(): readonly Part[] {
    return partsOf(this.layers).map((part) => ({ ...part, trainable: super.trainable && part.trainable }));
  }

  /** @internal What data the model takes. */
  get dataInputs(): readonly HostInput[] {
    return (this.#dataInputs ??= this.#builtGraph('inputs').inputs.map(({ shape }, index) => ({
      name: this.inputNames[index]!,
      shape,
      kind: this.readsTokens(index) ? 'tokens' : 'values',
      vocabularySize: this.vocabularyFor(index),
    })));
  }

  /** @internal What data the model gives. */
  get dataOutputs(): readonly HostOutput[] {
    const { outputs } = this.#builtGraph('outputs');
    return (this.#dataOutputs ??= outputs.map(({ shape }, index) => ({ name: this.outputNames[index]!, shape })));
  }

  /** @internal */
  computeOutputShapes(inputShapes: readonly Shape[]): Shape[] {
    const { inputs } = this.#builtGraph('computeOutputShapes');
    const specs = inputs.map(({ dtype }, index) => ({ dtype, shape: inputShapes[index]! }));
    return this.outputSpecs(specs).map(({ shape }) => shape);
  }

  /** What the first input holds: token ids or numbers. */
  override get inputKind(): 'tokens' | 'values' {
    return this.readsTokens(0) ? 'tokens' : 'values';
  }

  /** Ids run from 0 to `vocabularySize - 1`; undefined where the first input is numbers. */
  override get vocabularySize(): number | undefined {
    return this.vocabularyFor(0);
  }

  /** @internal */
  override vocabularyFor(index: number): number | undefined {
    const graph = this.#graph;
    return graph === undefined ? undefined : vocabularyOf(graph, graph.inputs[index]!);
  }

  /** Whether a layer is: a batch then begins with the states that the one before ended with. */
  override get isStateful(): boolean {
    return this.layers.some((layer) => layer.isStateful);
  }

  override get outputActivation(): NativeActivation {
    return this.#graph?.outputs[0]!.node?.layer.outputActivation ?? 'linear';
  }

  /** All weights in order: what they are, not their values. Empty before the model is built. */
  get weights(): ModelWeight[] {
    if (!this.isBuilt) return [];
    return specsOf(this.parts).map((spec) => {
      const end = spec.name.indexOf('/');
      return { ...spec, layer: spec.name.slice(0, end), name: spec.name.slice(end + 1) };
    });
  }

  override get weightSpecs(): readonly WeightSpec[] {
    return this.isBuilt ? specsOf(this.parts) : [];
  }

  /** The weights that training changes. */
  get trainableWeights(): readonly ModelWeight[] {
    return this.weights.filter(({ trainable }) => trainable);
  }

  /** The weights that training leaves as they are. */
  get nonTrainableWeights(): readonly ModelWeight[] {
    return this.weights.filter(({ trainable }) => !trainable);
  }

  /**
   * Whether training may change weights: those of layers that are trainable too. Setting it sets every layer's flag, which
   * takes effect at the next `compile`.
   *
   * @see keras/src/layers/layer.py
   */
  override get trainable(): boolean {
    return super.trainable && (this.layers.length === 0 || this.layers.some((layer) => layer.trainable));
  }

  override set trainable(value: boolean) {
    super.trainable = value;
    for (const layer of this.layers) layer.trainable = value;
  }

  /** Whether summaries list the inputs. */
  protected get showsInputs(): boolean {
    return true;
  }

  /** The flag without the layers', which have their own. */
  protected get ownTrainable(): boolean {
    return super.trainable;
  }

  protected set ownTrainable(value: boolean) {
    super.trainable = value;
  }

  /**
   * Prints a table of the layers, their output shapes and their numbers of parameters, and, where they do not stand in a
   * row, what each reads: `lstm_1[0][1]` is output 1 of call 0 of `lstm_1`.
   *
   * @param options `printFn` (default `console.log`), `lineLength`, `style` (`'keras2'` by default, or `'keras3'`)
   * @throws StateError `ERR_STATE` before the model is built, `ERR_DISPOSED`; ConfigError for bad options
   * @see keras 2.2.4, keras/utils/layer_utils.py
   * @example
   * model.summary({ style: 'keras3', printFn: (line) => logger.info(line) });
   */
  summary(options?: SummaryOptions): void {
    this.#assertBuilt('summary');
    const graph = this.#graph!;
    const { name, inputNames, weights, showsInputs } = this;
    printSummary(`${name}.summary`, { name, graph, inputNames, weights, showsInputs }, options);
  }

  /** Number of elements of all weights. @throws StateError `ERR_STATE` before the model is built, `ERR_DISPOSED` */
  override countParams(): number {
    this.#assertBuilt('countParams');
    return this.parts.reduce((sum, { layer }) => sum + layer.countParams(), 0);
  }

  /**
   * Copies of all weights, in the order of {@link weights}.
   *
   * The event loop waits: about 0.2 s for 100 million numbers, and several times that where they are still to be drawn.
   * {@link getWeightsAsync} lets it go on.
   *
   * @throws StateError `ERR_STATE` before the model is built, `ERR_BUSY` while a step is computed, `ERR_DISPOSED`
   */
  override getWeights(): NdArray[] {
    this.#assertBuilt('getWeights');
    return this.parts.flatMap(({ layer }) => layer.getWeights());
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
    const copies = this.weightCopies('getWeightsAsync');
    await copyOut(this.nativeModel(), copies);
    return copies.map(({ values }, index) => new NdArray(values, weights[index]!.shape));
  }

  /**
   * Sets all weights, or none where one does not fit.
   *
   * The event loop waits: about 0.2 s for 100 million numbers. {@link setWeightsAsync} lets it go on.
   *
   * @param weights arrays in the order of `model.weights`: NdArrays, nested arrays, or flat typed arrays in row-major order
   * @throws ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`; DataError `ERR_DATA`; StateError `ERR_STATE`, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * copy.setWeights(model.getWeights());
   */
  override setWeights(weights: readonly ArrayInput[]): void {
    this.#assertBuilt('setWeights');
    // Callbacks set weights (EarlyStopping does) while `fit` has the model, though never while a step is computed.
    this.assertTurn('setWeights');
    this.#engine.assertQuiet('setWeights');
    const values = copyWeights(`${this.name}.setWeights`, this.weights, weights);
    this.assertAtRest('setWeights');
    this.assignWeights(values);
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
    const values = checkWeights(where, this.weights, weights).map(({ data }) => data);
    await this.restore(method, values);
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
    await prepare(this.nativeModel());
  }

  /** @internal */
  override assignWeights(values: readonly Float32Array[]): void {
    assignParts(this.parts, values);
  }

  /** @internal */
  override assertAtRest(method: string): void {
    for (const { layer } of this.parts) layer.assertAtRest(method);
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
  override resetStates(): void {
    this.#engine.assertUsable('resetStates');
    this.assertTurn('resetStates');
    this.#engine.resetStates();
  }

  /**
   * Opens a stream: sequences that come one timestep at a time, with a prediction at each.
   *
   * Inputs that are sequences, [N,T] of ids and [N,T,C], come by `push`. Inputs that are vectors [N,C], such as the initial
   * states of a decoder, are constants: they are given when the stream opens, and stay.
   *
   * For models of `Embedding`, `SimpleRNN`, `LSTM`, `GRU`, `Dense`, `Activation`, dropout and noise (which do nothing),
   * normalizations, `Masking`, `TimeDistributed`, merges and causal `Conv1D`, in any graph. A layer that needs the
   * timesteps to come, such as `Bidirectional`, is refused. `stateful` layers keep their own states apart from those of
   * streams.
   *
   * @typeParam R `Float32Array` for a model of one output, `Float32Array[]` for one of several
   * @param options see {@link StreamOptions}
   * @throws ConfigError `ERR_CONFIG` where a layer cannot go on by timesteps or a constant is missing, `ERR_UNKNOWN_NAME`,
   *   `ERR_UNKNOWN_OPTION`, `ERR_TYPE`; ShapeError `ERR_SHAPE`; StateError `ERR_STATE` before the model is built, `ERR_BUSY`
   *   while it computes, `ERR_DISPOSED`
   * @example
   * const model = new Sequential([new Input([null, 16]), new LSTM(64), new Dense(1)]);
   * const stream = model.openStream();
   * const [prediction] = stream.push(new Float32Array(16));
   *
   * const words = decoder.openStream({ constants: await encoder.predict(text) });
   * for (let word = START; word !== END; ) word = argMax(words.push(word));
   */
  openStream(options: StreamOptions & { readonly returnDict: true }): Stream<Record<string, Float32Array>>;
  openStream<R extends Float32Array | Float32Array[] = Float32Array>(options?: StreamOptions): Stream<R>;
  openStream(options?: StreamOptions): Stream<StreamAnswer> {
    return new Stream(`${this.name}.openStream`, this, options);
  }

  /**
   * Opens streams that advance together, in one call for all of them: thousands are cheap.
   *
   * @param count streams to begin with, numbered from 0; default 0
   * @param options see {@link StreamOptions}; constants have a row for each stream
   * @throws as {@link openStream}, and ConfigError `ERR_TYPE`, `ERR_CONFIG` for the count
   * @example
   * const group = model.openStreams(1000);
   * const predictions = group.step(new Float32Array(1000 * 16)); // [1000, 1], flat
   */
  openStreams(
    count: number | undefined,
    options: StreamOptions & { readonly returnDict: true },
  ): StreamGroup<Record<string, Float32Array>>;
  openStreams<R extends Float32Array | Float32Array[] = Float32Array>(
    count?: number,
    options?: StreamOptions,
  ): StreamGroup<R>;
  openStreams(count = 0, options?: StreamOptions): StreamGroup<StreamAnswer> {
    return new StreamGroup(`${this.name}.openStreams`, this, count, options);
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
    const { layers } = this;
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
  override getConfig(): Record<string, unknown> {
    this.#assertBuilt('getConfig');
    return this.layerConfig();
  }

  /** @internal */
  override layerConfig(): Record<string, unknown> {
    const config = describeShared(() =>
      graphConfig(this.#builtGraph('getConfig'), this.inputNames, this.#keys.outputs),
    );
    return { ...this.naming, trainable: this.ownTrainable, ...config };
  }

  /**
   * A new model of the layers that {@link getConfig} described, with weights of its own.
   *
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, `ERR_CONFIG` where the layers do not follow from each other, and
   *   whatever the layers' constructors throw
   * @example
   * const copy = Model.fromConfig(model.getConfig());
   */
  static fromConfig(given: object): Model {
    const where = 'Model.fromConfig';
    const config = given as Partial<GraphConfig> & ModelOptions & { readonly trainable?: boolean };
    if (typeof config !== 'object' || config === null || !Array.isArray(config.layers))
      throw refusal('ERR_TYPE', where, '{ name, layers, inputs, outputs }', describe(config));
    checkOptions(where, config, ['name', 'automaticName', 'layers', 'inputs', 'outputs', 'trainable']);
    const { inputs, outputs } = makeShared(() => graphFromConfig(where, config));
    const { name = null, automaticName = null } = config;
    const model = new Model(inputs, outputs, { name, automaticName });
    model.ownTrainable = config.trainable ?? true;
    return model;
  }

  /**
   * Frees the engine's memory now; the model is unusable afterwards. Garbage collection would do it later. Calls of
   * `predict` that are not computed yet reject with `ERR_DISPOSED`. Layers and their weights stay.
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

  /** `using model = new Sequential(...)`: see `dispose`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal Builds the model for data of this shape where it is not built yet. */
  ensureBuilt(_inputShape: Shape): void {
    this.#engine.assertUsable('build');
  }

  /** @internal */
  get batchRows(): BatchRows {
    return this.#engine.batchRows;
  }

  /** @internal Puts other states in the place of those that stateful layers carry. */
  exchangeStates(states: CarriedStates | undefined): CarriedStates {
    return this.#engine.exchangeStates(states);
  }

  /** @internal Which timesteps of an output count, for these inputs; undefined where all may. */
  override outputMask(inputs: readonly StepInputs[], output: number): StepMask | undefined {
    const graph = this.#graph;
    return graph && outputMask(graph, inputs, graph.outputs[output]!);
  }

  /** @internal The engine's model, made on first use. */
  nativeModel(): NativeModel {
    return this.#engine.native();
  }

  /** @internal The nodes of the engine's model. */
  streamNodes(): readonly EngineNode[] {
    return this.#engine.nodes();
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

  protected override layersState(store: FloatStore): LayersState {
    return this.#engine.layersState('trainingState', store);
  }

  protected override setLayersState(state: LayersState, states: readonly Float32Array[]): void {
    this.#engine.setLayersState('restore', state, states);
  }

  #assertBuilt(method: string): void {
    this.#engine.assertUsable(method);
    this.#assertShapes(method);
  }

  #assertShapes(method: string): void {
    if (this.isBuilt) return;
    const hint = 'Give the first layer an inputShape, add an Input, or call build.';
    throw refusal('ERR_STATE', `${this.name}.${method}`, 'a built model', 'one whose input shape is not known', hint);
  }
}

function specOf({ shape, dtype }: SymbolicTensor): TensorSpec {
  return { shape, dtype };
}

/** The one key that an object for `getLayer` has. */
function readKey(where: string, which: { readonly name?: string; readonly index?: number }): unknown {
  const { name, index } = checkOptions(where, which, ['name', 'index']);
  if (name !== undefined && index !== undefined) throw refusal('ERR_CONFIG', where, 'name or index', 'both');
  return name ?? index;
}
