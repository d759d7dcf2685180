// SPDX-License-Identifier: MIT
// Model: a graph of layers from inputs to outputs. This file is the public face: the graph is found by lib/graph, the
// engine's half is model_engine.ts, and compile, fit, evaluate and predict are those of every TrainableModel.
import { Graph } from '../graph/graph';
import {
  kindOf,
  lowerNodes,
  vocabularyOf,
  type EngineGraph,
  type EngineOptions,
  type EngineValue,
} from '../graph/lowering';
import { SymbolicTensor, type TensorSpec } from '../graph/symbolic_tensor';
import { assignParts, partsOf, specsOf, type Layer, type Part } from '../layers/layer';
import { checkWeights } from '../layers/weights';
import { areCompatible, shapeText } from '../layers/shapes';
import { nearest } from '../util/did_you_mean';
import { withDefaults } from '../util/options';
import { checkString, describe, refusal } from '../util/validate';
import { Stream, StreamGroup } from '../streams';
import { graphConfig, graphFromConfig, type GraphConfig } from './graph_config';
import { ModelEngine } from './model_engine';
import { SET_SHORTCUTS } from './shortcuts';
import { printSummary, type SummaryOptions } from './summary';
import { TrainableModel } from './trainable_model';
import type { WeightSpec } from '../layers';
import type { NdArray } from '../ndarray';
import type { NativeActivation, NativeModel, NativeShortcuts } from '../native/binding';
import type { LayersState } from '../serialization';
import type { StreamNode } from '../streams/stream_plan';
import type { BatchRows, CarriedStates, HostInput, HostOutput } from '../training/trainer_host';
import type { ArrayInput, Shape } from '../types';

/** Options of {@link Model}. */
export interface ModelOptions {
  /** Default: `model_1` and so on. */
  name?: string | null;
}

/** Defaults of {@link ModelOptions}. */
export const defaults = Object.freeze({ name: null });

/** Symbolic tensors: one, a list in order, or an object by name. */
export type TensorStructure = SymbolicTensor | readonly SymbolicTensor[] | Readonly<Record<string, SymbolicTensor>>;

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

  /**
   * @param inputs symbolic tensors that the outputs come from
   * @param outputs what layers gave
   * @param options see {@link ModelOptions}
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where the outputs depend on other inputs too, or not on one of these, or
   *   two layers have one name
   */
  constructor(inputs: TensorStructure, outputs: TensorStructure, options: ModelOptions = {}) {
    const isDeferred = inputs === DEFERRED;
    const where = isDeferred ? 'Sequential' : 'Model';
    const { name } = withDefaults(where, options, defaults);
    super(where, { name, trainable: true, inputShape: null });
    this.#engine = new ModelEngine(this, () => this.forgetStates());
    if (isDeferred) return;
    const read = readTensors(where, 'inputs', inputs);
    this.#graph = new Graph(where, read, readTensors(where, 'outputs', outputs));
    super.build(read[0]!.shape);
  }

  /** @internal undefined before the shapes are known. */
  get graph(): Graph | undefined {
    return this.#graph;
  }

  protected setGraph(graph: Graph | undefined): void {
    this.#graph = graph;
    this.#dataInputs = undefined;
    this.#dataOutputs = undefined;
    this.#engine.recall();
  }

  /** What the model reads. @throws StateError `ERR_STATE` before the model is built */
  get inputs(): readonly SymbolicTensor[] {
    return this.#builtGraph('inputs').inputs;
  }

  /** What the model gives. @throws StateError `ERR_STATE` before the model is built */
  get outputs(): readonly SymbolicTensor[] {
    return this.#builtGraph('outputs').outputs;
  }

  /** The first input. @throws StateError `ERR_STATE` */
  override get input(): SymbolicTensor {
    return this.inputs[0]!;
  }

  /** The first output. @throws StateError `ERR_STATE` */
  override get output(): SymbolicTensor {
    return this.outputs[0]!;
  }

  #builtGraph(method: string): Graph {
    this.#assertBuilt(method);
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

  /** @internal */
  override get inputCount(): readonly [number, number] {
    const count = this.#graph?.inputs.length ?? 1;
    return [count, count];
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
  override get parts(): readonly Part[] {
    return partsOf(this.layers).map((part) => ({ ...part, trainable: super.trainable && part.trainable }));
  }

  /** @internal What data the model takes. */
  get dataInputs(): readonly HostInput[] {
    return (this.#dataInputs ??= this.#builtGraph('inputs').inputs.map(({ name, shape }, index) => ({
      name,
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

  /** Names of the outputs: those of the layers that give them, numbered where one gives several: `lstm`, `lstm_1`. */
  get outputNames(): readonly string[] {
    const names = this.#builtGraph('outputNames').outputs.map(({ node, name }) => node?.layer.name ?? name);
    return names.map((name, index) => {
      const before = names.slice(0, index).filter((other) => other === name).length;
      return before === 0 ? name : `${name}_${before}`;
    });
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
    return specsOf(this.parts).map((spec) => {
      const end = spec.name.indexOf('/');
      return { ...spec, layer: spec.name.slice(0, end), name: spec.name.slice(end + 1) };
    });
  }

  override get weightSpecs(): readonly WeightSpec[] {
    return specsOf(this.parts);
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
  override get trainable(): boolean {
    return this.layers.some((layer) => layer.trainable);
  }

  override set trainable(value: boolean) {
    super.trainable = value;
    for (const layer of this.layers) layer.trainable = value;
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
    printSummary(`${this.name}.summary`, { name: this.name, layers: this.layers }, options);
  }

  /** Number of elements of all weights. @throws StateError `ERR_STATE` before the model is built, `ERR_DISPOSED` */
  override countParams(): number {
    this.#assertBuilt('countParams');
    return this.parts.reduce((sum, { layer }) => sum + layer.countParams(), 0);
  }

  /**
   * Copies of all weights, in the order of {@link weights}.
   *
   * @throws StateError `ERR_STATE` before the model is built, `ERR_BUSY` while a step is computed, `ERR_DISPOSED`
   */
  override getWeights(): NdArray[] {
    this.#assertBuilt('getWeights');
    return this.parts.flatMap(({ layer }) => layer.getWeights());
  }

  /**
   * Sets all weights, or none where one does not fit.
   *
   * @param weights arrays in the order of {@link weights}: NdArrays, nested arrays, or flat typed arrays in row-major order
   * @throws ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`; DataError `ERR_DATA`; StateError `ERR_STATE`, `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * copy.setWeights(model.getWeights());
   */
  override setWeights(weights: readonly ArrayInput[]): void {
    this.#assertBuilt('setWeights');
    // Callbacks set weights (EarlyStopping does) while `fit` has the model, though never while a step is computed.
    this.assertTurn('setWeights');
    this.#engine.assertQuiet('setWeights');
    const values = checkWeights(`${this.name}.setWeights`, this.weights, weights);
    this.assertAtRest('setWeights');
    this.assignWeights(values);
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
   * Opens a stream: a sequence that comes one timestep at a time, with a prediction at each.
   *
   * For models of `Embedding`, `SimpleRNN`, `LSTM`, `GRU`, `Dense`, `Activation`, dropout and noise (which do nothing),
   * normalizations, `Masking`, `TimeDistributed`, merges and causal `Conv1D`. A layer that needs the timesteps to come,
   * such as `Bidirectional`, is refused. `stateful` layers keep their own states apart from those of streams.
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
    const key: unknown =
      typeof which === 'object' && which !== null ? ('name' in which ? which.name : which.index) : which;
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
    this.#engine.assertUsable('getConfig');
    return { name: this.name, ...graphConfig(this.#builtGraph('getConfig')) };
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
    const config = given as Record<string, unknown>;
    if (typeof config !== 'object' || config === null || !Array.isArray(config['layers']))
      throw refusal('ERR_TYPE', where, '{ name, layers, inputs, outputs }', describe(config));
    const { inputs, outputs } = graphFromConfig(where, config as unknown as GraphConfig);
    return new Model(inputs, outputs, { name: (config['name'] as string | undefined) ?? null });
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

  /** `using model = new Sequential(...)`: see {@link dispose}. */
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

  /** @internal The engine's model, made on first use. */
  nativeModel(): NativeModel {
    return this.#engine.native();
  }

  /** @internal The nodes of the engine's model. */
  streamNodes(): readonly StreamNode[] {
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

  protected override layersState(): LayersState {
    return this.#engine.layersState('trainingState');
  }

  protected override setLayersState(state: LayersState): void {
    this.#engine.setLayersState('setTrainingState', state);
  }

  #assertBuilt(method: string): void {
    this.#engine.assertUsable(method);
    if (this.isBuilt) return;
    const hint = 'Give the first layer an inputShape, add an Input, or call build.';
    throw refusal('ERR_STATE', `${this.name}.${method}`, 'a built model', 'one whose input shape is not known', hint);
  }
}

function specOf({ shape, dtype }: SymbolicTensor): TensorSpec {
  return { shape, dtype };
}

function readTensors(where: string, what: string, given: unknown): readonly SymbolicTensor[] {
  const list: readonly unknown[] =
    given instanceof SymbolicTensor
      ? [given]
      : Array.isArray(given)
        ? given
        : typeof given === 'object' && given !== null
          ? Object.values(given)
          : [given];
  const wrong = list.find((item) => !(item instanceof SymbolicTensor));
  if (wrong !== undefined || list.length === 0)
    throw refusal(
      'ERR_TYPE',
      where,
      `${what} to be symbolic tensors`,
      list.length === 0 ? 'none' : describe(wrong),
      'An Input is one, and what layer.apply returns.',
    );
  const tensors = list as readonly SymbolicTensor[];
  const twice = what === 'inputs' && tensors.find((tensor, index) => tensors.indexOf(tensor) < index);
  if (twice) throw refusal('ERR_CONFIG', where, 'each input once', `"${twice.name}" twice`);
  return tensors;
}
