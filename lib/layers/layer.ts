// SPDX-License-Identifier: MIT
// What all layers have in common: a name, shapes, weights, config, a place in graphs. The arithmetic of a layer is in
// native/layers.
import { expectKnown } from '../util/families';
import { toValues } from '../arrays/arrays';
import { GraphNode, type NodeOptions } from '../graph/node';
import { callEngine, loadBinding } from '../native/engine';
import { makeError } from '../errors';
import { allocate } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { autoName, resolveLayerName } from '../util/session';
import { nextSeed } from '../util/seeds';
import { checkBoolean, refusal } from '../util/validate';
import { activityLayer } from './activity';
import { readApplication, type ApplyOptions } from './apply';
import { LayerCaller, type CallOptions } from './call';
import { areCompatible, checkShape, shapeText } from './shapes';
import type { MaskPassage, StepInputs, StepMask } from './step_mask';
import { copyWeights, giveSource, sizeOf, type WeightSource, type WeightSpec } from './weights';
import type { Constraint } from '../constraints';
import type { EngineGraph, EngineOptions, EngineValue } from '../graph/lowering';
import type { SymbolicTensor, TensorSpec } from '../graph/symbolic_tensor';
import type {
  NativeActivation,
  NativeConstraint,
  NativeLayer,
  NativeLayerConfig,
  NativePenalty,
  NativeWeighted,
} from '../native/binding';
import type { Regularizer } from '../regularizers';
import type { ArrayInput, Shape } from '../types';

/** Options that every layer takes. */
export interface LayerOptions {
  /** Default: the class in snake_case and a number, `simple_rnn_1`. Unique within a model, and without a slash. */
  name?: string | null;
  /**
   * What {@link Layer.getConfig} writes beside `name` where the library made the name, and the same: the layer is then
   * named automatically, as before. Any other value has no effect. Default null.
   */
  automaticName?: string | null;
  /** Whether training changes the weights; default true. A change takes effect at the next `compile`. */
  trainable?: boolean;
  /** For the first layer of a model: axes after the batch, null where unknown. Default null: given by `Input` or by the data. */
  inputShape?: Shape | null;
  /** Not supported yet: only Keras' default. */
  dtype?: 'float32';
}

/** Defaults of {@link LayerOptions}. */
export const layerDefaults = Object.freeze({
  name: null,
  automaticName: null,
  trainable: true,
  inputShape: null,
  dtype: 'float32',
} as const);

/** What the engine is told of a weight without regularizer. */
export const NO_PENALTY: NativePenalty = Object.freeze({ l1: 0, l2: 0, orthogonal: 0, orthogonalByRows: true });

/** Weights larger than this would overflow the engine's 32-bit sizes. */
const MAX_ELEMENTS = 2147483647;

/** A weight as a subclass declares it. */
export type WeightDeclaration = Omit<WeightSpec, 'trainable' | 'constraint'> & {
  /** Default null. */
  readonly constraint?: Constraint | null;
  /** False for what training never changes; else it follows the layer. */
  readonly trainable?: boolean;
};

/** A layer of the engine within another. */
export interface Part {
  /** Names of the layers on the way, each with a slash behind it; '' for the layer itself. */
  readonly path: string;
  readonly layer: Layer;
  /** Whether the layers on the way let it be trained. */
  readonly trainable: boolean;
}

/** The parts of layers, each once, with the names of these in front of their paths. */
export function partsOf(layers: readonly Layer[]): Part[] {
  const known = new Set<Layer>();
  return layers.flatMap((layer) =>
    layer.parts.flatMap((part) => {
      if (known.has(part.layer)) return [];
      known.add(part.layer);
      return [{ ...part, path: `${layer.name}/${part.path}` }];
    }),
  );
}

/** The weights of parts, in order. */
export function specsOf(parts: readonly Part[]): WeightSpec[] {
  return parts.flatMap(({ path, layer, trainable }) =>
    layer.weightSpecs.map((spec) => ({ ...spec, name: path + spec.name, trainable: trainable && spec.trainable })),
  );
}

/** Sets the weights of parts to checked values, which follow each other as the weights do. */
export function assignParts(parts: readonly Part[], values: readonly Float32Array[]): void {
  let next = 0;
  for (const { layer } of parts) {
    const count = layer.weightSpecs.length;
    layer.assignWeights(values.slice(next, next + count));
    next += count;
  }
}

/** A model that runs a stateful layer, as the layer sees it. */
export interface StatefulUser {
  /** The layer begins at zero again there. Throws `ERR_BUSY`. */
  resetStates(layer: Layer): void;
}

/** Base class of all layers. */
export abstract class Layer {
  /** The class name, as in Keras: it is printed in summaries and written into configs. */
  abstract readonly className: string;
  /** Unique within a model. */
  /** Whether the library made the name. Files then have another number in it, that of the layer in its model. */
  readonly hasAutomaticName: boolean;
  /** What a first layer reads: token ids or numbers. */
  get inputKind(): 'tokens' | 'values' {
    return 'values';
  }

  #name: string;
  #trainable: boolean;
  readonly #givenShape: Shape | undefined;
  #inputShape: Shape | undefined;
  #declared: readonly (WeightDeclaration & { readonly seed: number })[] = [];
  /** Where the values of each weight come from, once the layer is built and until the engine has it. */
  #sources: WeightSource[] = [];
  #native: NativeLayer | undefined;
  #drawSeed: number | undefined;
  #nodes: GraphNode[] = [];
  #users: WeakRef<StatefulUser>[] = [];
  #isPart = false;
  #caller: LayerCaller | undefined;

  protected constructor(className: string, options: Omit<LayerOptions, 'dtype'>) {
    expectKnown(Layer, new.target);
    const { name, automaticName, trainable = layerDefaults.trainable, inputShape } = options;
    this.#trainable = checkBoolean(className, 'trainable', trainable);
    const hasShape = inputShape !== null && inputShape !== undefined;
    this.#givenShape = hasShape ? [null, ...checkShape(className, 'inputShape', inputShape)] : undefined;
    const resolved = resolveLayerName(className, name, automaticName);
    this.#name = resolved.name;
    this.hasAutomaticName = resolved.isAutomatic;
  }

  /** Unique within a model: an automatic name that is taken there becomes the next one when the model is made. */
  get name(): string {
    return this.#name;
  }

  /** Shape of the output, batch axis first, for an input of this shape. Throws `ERR_SHAPE` where the input does not suit. */
  abstract computeOutputShape(inputShape: Shape): Shape;

  /** @internal The layer as the engine takes it for an input of this shape, every key resolved. */
  toNative(_inputShape: Shape): NativeLayerConfig {
    throw makeError('ERR_INTERNAL', `${this.where}: expected a layer of the engine, received one of several.`);
  }

  /**
   * The constructor's arguments by name: plain data, from which the class' `fromConfig` makes the same layer. Where the
   * library made the name, it is `automaticName` too.
   */
  getConfig(): Record<string, unknown> {
    const { name } = this;
    const inputShape = this.#givenShape?.slice(1) ?? null;
    const naming = this.hasAutomaticName ? { name, automaticName: name } : { name };
    return { ...naming, trainable: this.#trainable, inputShape };
  }

  /** @internal The config of a layer among others: also of a model that was disposed of. */
  layerConfig(): Record<string, unknown> {
    return this.getConfig();
  }

  /** The weights that an input of this shape needs. */
  protected declareWeights(_inputShape: Shape): WeightDeclaration[] {
    return [];
  }

  /** The activation applied last, which a loss may be fused with. */
  get outputActivation(): NativeActivation {
    return 'linear';
  }

  /** Penalty on the outputs; null for none. */
  get activityRegularizer(): Regularizer | null {
    return null;
  }

  /** Ids run from 0 to `vocabularySize - 1` where the layer reads tokens; else undefined. */
  get vocabularySize(): number | undefined {
    return undefined;
  }

  /** @internal {@link vocabularySize} of input `index`. */
  vocabularyFor(index: number): number | undefined {
    return this.readsTokens(index) ? this.vocabularySize : undefined;
  }

  /** Sizes of the states that are carried from step to step, in order; empty where there are none. */
  get stateSizes(): readonly number[] {
    return [];
  }

  /** Whether a batch begins with the states that the batch before ended with. */
  get isStateful(): boolean {
    return false;
  }

  /** Whether {@link call} returns the final states after the output. */
  get returnsStates(): boolean {
    return false;
  }

  /** Where {@link call} returns several outputs: their sizes of the last axis, side by side in what the engine gives. */
  get outputSizes(): readonly number[] | undefined {
    return undefined;
  }

  /** How many outputs the layer gives. */
  get outputCount(): number {
    return (this.outputSizes?.length ?? 1) + (this.returnsStates ? this.stateSizes.length : 0);
  }

  /** Whether {@link call} takes a mask. */
  get readsMask(): boolean {
    return false;
  }

  /** @internal The shape of a mask for an input, as messages name it. */
  maskShape(inputShape: Shape): Shape {
    return [null, inputShape[1] ?? null];
  }

  /** @internal Whether a mask of this shape suits an input: [N,T], timesteps that count. */
  maskFits(inputShape: Shape, mask: Shape): boolean {
    const steps = inputShape[1] ?? null;
    return mask.length === 2 && (steps === null || mask[1] === null || mask[1] === steps);
  }

  /** Whether the output has a mask of the layer's own making. */
  get makesMask(): boolean {
    return false;
  }

  /** Whether the rows of a batch depend on each other in training. */
  get mixesRows(): boolean {
    return false;
  }

  /** Whether each position of a sequence is computed by itself, from its own features alone. */
  get isPositionWise(): boolean {
    return false;
  }

  /** @internal What becomes of the mask of its input. A layer that says nothing of it ends it. */
  get maskPassage(): MaskPassage {
    return this.isPositionWise ? 'kept' : 'ended';
  }

  /** @internal The mask that the layer makes of its inputs; undefined where it makes none. */
  stepMask(_inputs: StepInputs): StepMask | undefined {
    return undefined;
  }

  /** How messages name this layer: `SimpleRNN "simple_rnn_1"`. */
  protected get where(): string {
    return `${this.className} "${this.name}"`;
  }

  /** Input shape that the options gave, batch axis first, or undefined. */
  get batchInputShape(): Shape | undefined {
    return this.#givenShape;
  }

  /** @internal What the layer was told of its input must be true of what it gets. @throws ShapeError `ERR_SHAPE` */
  checkGivenShape(where: string, shape: Shape): void {
    const given = this.#givenShape;
    if (given === undefined || areCompatible(given, shape)) return;
    const expected = `input ${shapeText(given)} for "${this.name}", as its inputShape says`;
    throw refusal('ERR_SHAPE', where, expected, shapeText(shape));
  }

  /** Whether the input's shape, and so every weight's, is known. */
  get isBuilt(): boolean {
    return this.#inputShape !== undefined;
  }

  /** Shape of the input, batch axis first; undefined before the layer is built. */
  get inputShape(): Shape | undefined {
    return this.#inputShape;
  }

  /** Shape of the output, batch axis first; undefined before the layer is built. */
  get outputShape(): Shape | undefined {
    return this.#inputShape && this.computeOutputShape(this.#inputShape);
  }

  /** Whether training changes the weights. A change takes effect at the next `compile`, as in Keras. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(value: boolean) {
    this.#trainable = checkBoolean(this.where, 'trainable', value);
  }

  /**
   * Fixes the shapes of the weights. A model does this as soon as it knows its input.
   *
   * @param inputShape batch axis first, null where unknown
   * @throws ShapeError `ERR_SHAPE` where the input does not suit, or where the layer was built for other weights
   */
  build(inputShape: Shape): void {
    const shape = checkShape(this.where, 'inputShape', inputShape);
    this.checkBuild(shape);
    if (this.#inputShape === undefined) {
      const declared = this.declareWeights(shape);
      this.#declared = declared.map((weight) => ({ ...weight, seed: weight.initializer.seed ?? nextSeed() }));
      this.#sources =
        declared.length === 0 || this.initialWeights === undefined
          ? this.#declared.map(({ initializer, shape: weight, seed }) => initializer.source(weight, seed))
          : this.checkInitialWeights(declared).map((values) => ({ values }));
    }
    this.#inputShape = shape;
  }

  /** Values to begin with instead of the initializers': they are copied now, and must fit the weights when it is built. */
  protected beginWith(weights: readonly ArrayInput[]): void {
    this.initialWeights = weights.map((value, index) => {
      const { data, shape } = toValues(this.where, `weights[${index}]`, value);
      // A typed array by itself has no shape but the weight's.
      return ArrayBuffer.isView(value) ? data.slice() : { data: data.slice(), shape };
    });
  }

  /** @internal What {@link beginWith} was given. */
  protected initialWeights: readonly ArrayInput[] | undefined;

  protected checkInitialWeights(declared: readonly Pick<WeightSpec, 'name' | 'shape'>[]): Float32Array[] {
    return copyWeights(`${this.where}.weights`, declared, this.initialWeights);
  }

  /** @internal What `build` refuses, refused without building: a model asks all its layers first. Gives the weights that there will be. */
  checkBuild(shape: Shape): readonly WeightDeclaration[] {
    this.computeOutputShape(shape);
    const declared = this.declareWeights(shape);
    for (const weight of declared) {
      weight.initializer.checkShape(this.where, weight.shape);
      weight.regularizer?.checkShape(this.where, weight.name, weight.shape);
      weight.constraint?.checkShape(this.where, weight.name, weight.shape);
      if (sizeOf(weight.shape) > MAX_ELEMENTS)
        throw refusal('ERR_CONFIG', this.where, `${weight.name} of fewer than 2^31 elements`, shapeText(weight.shape));
    }
    if (this.#inputShape !== undefined) this.#checkSameWeights(declared, shape);
    else if (declared.length > 0 && this.initialWeights !== undefined) this.checkInitialWeights(declared);
    return declared;
  }

  #checkSameWeights(declared: readonly WeightDeclaration[], shape: Shape): void {
    const isSame = declared.every(({ shape: sizes }, i) => String(sizes) === String(this.#declared[i]?.shape));
    if (isSame) return;
    const built = `input like ${shapeText(this.#inputShape!)}, for which it was built`;
    throw refusal('ERR_SHAPE', this.where, built, shapeText(shape), 'Use a new layer.');
  }

  /** The weights in Keras' order; empty before the layer is built. */
  get weightSpecs(): readonly WeightSpec[] {
    return this.#declared.map(({ name, shape, initializer, regularizer, constraint = null, trainable = true }) => ({
      name,
      shape,
      initializer,
      regularizer,
      constraint,
      trainable: this.#trainable && trainable,
    }));
  }

  /**
   * Number of elements of all weights.
   *
   * @throws StateError `ERR_STATE` before the layer is built
   */
  countParams(): number {
    if (!this.isBuilt)
      throw refusal('ERR_STATE', `${this.where}.countParams`, 'a built layer', 'one without input shape');
    return this.#declared.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Copies of the weights in the order of {@link weightSpecs}; empty before the layer is built. @throws StateError `ERR_BUSY` */
  getWeights(): NdArray[] {
    return this.weightSpecs.map(({ shape }, index) => new NdArray(this.#readWeight(index), shape));
  }

  #readWeight(index: number): Float32Array {
    const native = this.#native;
    if (native === undefined) return this.#readSource(index);
    const out = allocate(this.where, () => new Float32Array(sizeOf(this.#declared[index]!.shape)));
    this.#atRest('getWeights', () => native.readWeight(index, out));
    return out;
  }

  /**
   * Sets all weights, or none where one does not fit.
   *
   * @param weights arrays in the order of {@link weightSpecs}: NdArrays, nested arrays, or flat typed arrays in row-major order
   * @throws ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`; DataError `ERR_DATA`; StateError `ERR_BUSY`
   */
  setWeights(weights: readonly ArrayInput[]): void {
    const values = copyWeights(`${this.where}.setWeights`, this.weightSpecs, weights);
    this.assertAtRest('setWeights');
    this.assignWeights(values);
  }

  /** @internal Takes checked values as they are. */
  assignWeights(values: readonly Float32Array[]): void {
    const native = this.#native;
    if (native === undefined) this.#sources = values.map((each) => ({ values: each }));
    else values.forEach((value, index) => this.#atRest('setWeights', () => native.writeWeight(index, value)));
  }

  /** @internal @throws StateError `ERR_BUSY` while a model computes with the weights */
  assertAtRest(method: string): void {
    if (this.#native?.busy === true)
      throw refusal('ERR_BUSY', `${this.where}.${method}`, 'a layer at rest', 'a call while a model computes with it');
  }

  #atRest<T>(method: string, call: () => T): T {
    this.assertAtRest(method);
    return callEngine(call);
  }

  /**
   * Puts the layer behind others in a model that is being described. It is built for the input where it is not built yet;
   * applied more than once, it has one set of weights for all its uses. It keeps what it was applied to as long as it lives.
   *
   * @param inputs what it reads: an {@link Input} or what another layer gave; an array for layers of several inputs
   * @param options see {@link ApplyOptions}
   * @returns the output; an array where there are several: `lstm.apply<SymbolicTensor[]>(x)` with `returnState`
   * @throws ConfigError `ERR_TYPE` for what is no symbolic tensor, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`
   * @see keras/src/ops/operation.py
   * @example
   * const words = new Input([null], { dtype: 'int32' });
   * const state = new LSTM(32).apply(new Embedding(10000, 32).apply(words));
   */
  apply<R extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>(
    inputs: SymbolicTensor | readonly SymbolicTensor[],
    options?: ApplyOptions,
  ): R {
    const { outputs } = this.connect(`${this.where}.apply`, inputs, options);
    return (outputs.length === 1 ? outputs[0] : [...outputs]) as R;
  }

  /** @internal A call of this layer, which it remembers. */
  connect(where: string, inputs: SymbolicTensor | readonly SymbolicTensor[], options?: ApplyOptions): GraphNode {
    const node = this.makeNode(where, inputs, options);
    this.#nodes.push(node);
    return node;
  }

  /** @internal A call of this layer that it does not remember. */
  makeNode(where: string, given: SymbolicTensor | readonly SymbolicTensor[], options?: ApplyOptions): GraphNode {
    const { inputs, options: read } = readApplication(where, this, given, options);
    this.checkGivenShape(where, inputs[0]!.shape);
    this.buildFor(inputs);
    return new GraphNode(this, inputs, read, this.outputSpecs(inputs, read.extra));
  }

  /** @internal Forgets a call: the model that made it goes on without it. */
  forgetNode(node: GraphNode): void {
    this.#nodes = this.#nodes.filter((known) => known !== node);
  }

  /**
   * The layer's calls so far, those of each `Sequential` that it is in among them: `inputs` and `outputs` of each.
   *
   * @example
   * const embedding = new Embedding(10000, 32);
   * for (const words of [question, answer]) embedding.apply(words);
   * embedding.nodes[1].outputs[0]; // of the answer
   */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /**
   * The first of {@link outputs}: for cutting a model.
   *
   * @throws StateError `ERR_STATE` as {@link outputs}
   * @example
   * const features = new Model(model.inputs, model.getLayer('lstm_1').output);
   */
  get output(): SymbolicTensor {
    return this.outputs[0]!;
  }

  /** The first of {@link inputs}. @throws StateError `ERR_STATE` as {@link outputs} */
  get input(): SymbolicTensor {
    return this.inputs[0]!;
  }

  /**
   * What the layer gave where it was applied once: the output, and with `returnState` the states behind it.
   *
   * @throws StateError `ERR_STATE` where it was not applied, or more than once: see {@link nodes} then
   * @see keras/src/ops/operation.py
   * @example
   * const [, h, c] = model.getLayer('encoder').outputs;
   * const encoder = new Model(model.inputs[0], [h, c]);
   */
  get outputs(): readonly SymbolicTensor[] {
    return this.#onlyNode('outputs').outputs;
  }

  /** What the layer was applied to, once. @throws StateError `ERR_STATE` as {@link outputs} */
  get inputs(): readonly SymbolicTensor[] {
    return this.#onlyNode('inputs').inputs;
  }

  #onlyNode(what: string): GraphNode {
    if (this.#nodes.length === 1) return this.#nodes[0]!;
    const count = this.#nodes.length;
    throw refusal(
      'ERR_STATE',
      `${this.where}.${what}`,
      'a layer that was applied once',
      count === 0 ? 'one that was not applied' : `one that was applied ${count} times`,
      count === 0 ? '' : `Choose a call: layer.nodes[0].${what}.`,
    );
  }

  /** How many inputs the layer reads, at least and at most. */
  get inputCount(): readonly [least: number, most: number] {
    return [1, 1];
  }

  /** Other options of {@link apply} that the class takes, with their defaults. */
  get applyDefaults(): Readonly<Record<string, unknown>> {
    return {};
  }

  /** Names of further tensors that the options of {@link apply} may hold. */
  get applyTensors(): readonly string[] {
    return [];
  }

  /** @internal Refuses options of {@link apply} that the class takes, where they do not suit. */
  checkCall(_where: string, _inputs: readonly TensorSpec[], _options: NodeOptions): void {}

  /** @internal Builds the layer for these inputs, or checks that they suit what it was built for. */
  buildFor(inputs: readonly TensorSpec[]): void {
    this.build(inputs[0]!.shape);
  }

  /** @internal The outputs for these inputs. */
  outputSpecs(inputs: readonly TensorSpec[], _extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    const { shape, dtype } = inputs[0]!;
    return [{ shape: this.computeOutputShape(shape), dtype: this.keepsIds && dtype !== null ? dtype : 'float32' }];
  }

  /** Whether rows are moved and nothing is computed, so that ids stay ids. */
  get keepsIds(): boolean {
    return false;
  }

  /** @internal Whether input `index` is ids where its `Input` does not tell. */
  readsTokens(_index: number): boolean {
    return this.inputKind === 'tokens';
  }

  /** @internal Whether input `index` may be ids: those that it reads, or moves. */
  takesIds(index: number): boolean {
    return this.readsTokens(index) || this.keepsIds;
  }

  /** @internal Adds the layer to the engine's graph: one node, and the penalty on what it gives, states too. */
  lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const [first, ...rest] = inputs;
    const read = options.mask === null ? first! : this.masked(engine, first!, options.mask);
    const outputs = engine.add(
      this,
      this.toNative(first!.shape),
      [read, ...rest, ...options.initialState],
      this.engineSpecs(inputs, options.extra),
    );
    const given = this.outputSpecs(inputs, options.extra).length;
    return outputs.slice(0, given).map((output) => this.penalized(engine, output));
  }

  /** @internal What the engine's node gives: the outputs, and what else it always gives. */
  protected engineSpecs(inputs: readonly TensorSpec[], extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    return this.outputSpecs(inputs, extra);
  }

  /** @internal An output with the penalty of `activityRegularizer`. */
  protected penalized(engine: EngineGraph, output: EngineValue): EngineValue {
    const { activityRegularizer } = this;
    if (activityRegularizer === null) return output;
    return engine.addPlain(this, activityLayer(activityRegularizer), [output], [output])[0]!;
  }

  /** @internal An input with a mask of its own. */
  protected masked(engine: EngineGraph, input: EngineValue, mask: EngineValue): EngineValue {
    return engine.addPlain(this, { kind: 'set_mask' }, [input, mask], [input])[0]!;
  }

  /**
   * Runs this layer by itself on one batch, off the event loop, with its own weights or those that its model has learnt.
   * It is built for the input where it is not built yet. The layer of a model is left as it is.
   *
   * @param x one batch: values [N,C] or [N,T,C]; token ids [N,T] for an `Embedding`
   * @param options see {@link CallOptions}; `initialState` and `mask` are for recurrent layers
   * @returns the output; for a recurrent layer with `returnState` an array `[output, ...states]`, and with
   *   `mergeMode: null` `[forward, backward, ...states]`: `layer.call<NdArray[]>(x)`
   * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`; DataError
   *   `ERR_DATA`, `ERR_RANGE`; StateError `ERR_BUSY`, `ERR_DISPOSED`
   * @see keras/src/layers/layer.py
   * @example
   * const lstm = new LSTM(8, { returnState: true });
   * const [output, h, c] = await lstm.call<NdArray[]>(x); // [N,8] each
   */
  async call<R extends NdArray | NdArray[] = NdArray>(x: ArrayInput, options?: CallOptions): Promise<R> {
    this.#caller ??= new LayerCaller(this);
    return (await this.#caller.call(`${this.where}.call`, x, options)) as R;
  }

  /**
   * Lets a stateful layer begin at zero again, by itself and within its models; nothing happens to other layers.
   *
   * @throws StateError `ERR_BUSY` while a model computes with it
   * @see keras/src/layers/rnn/rnn.py
   */
  resetStates(): void {
    if (!this.isStateful) return;
    this.#users = this.#users.filter((user) => user.deref() !== undefined);
    for (const user of this.#users) user.deref()?.resetStates(this);
    this.#caller?.resetStates(`${this.where}.resetStates`);
  }

  /** @internal A model's engine runs this layer. */
  addUser(user: StatefulUser): void {
    this.#users.push(new WeakRef(user));
  }

  /** What the engine is told of the weights. */
  protected nativeWeighted(): NativeWeighted {
    return { penalties: this.nativePenalties(), constraints: this.nativeConstraints() };
  }

  /** Penalties as the engine takes them: one for each weight. */
  protected nativePenalties(): NativePenalty[] {
    return this.#declared.map(({ regularizer }) => regularizer?.toNative() ?? NO_PENALTY);
  }

  /** Constraints as the engine takes them: one for each weight. */
  protected nativeConstraints(): (NativeConstraint | null)[] {
    return this.#declared.map(({ constraint }) => constraint?.toNative() ?? null);
  }

  /** A copy of a weight that the engine does not have. What is drawn for it is kept. */
  #readSource(index: number): Float32Array {
    const source = this.#sources[index]!;
    if ('values' in source) return source.values.slice();
    const { initializer, shape, seed } = this.#declared[index]!;
    const values = initializer.initialize(shape, seed).data;
    this.#sources[index] = { values };
    return values.slice();
  }

  /** @internal Takes the next automatic name that is none of `taken`. */
  renumber(taken: ReadonlySet<string>): void {
    do this.#name = autoName(this.className);
    while (taken.has(this.#name));
  }

  /** @internal Seed of what the layer draws in training; undefined where it draws nothing. */
  get drawSeed(): number | undefined {
    return this.#drawSeed;
  }

  set drawSeed(seed: number | undefined) {
    this.#drawSeed = seed;
    const native = this.#native;
    if (native !== undefined && seed !== undefined) callEngine(() => native.setSeed(seed));
  }

  /** @internal A wrapper is made of this layer. */
  becomePart(): void {
    this.#isPart = true;
  }

  /** @internal Whether another layer or model has this one as a layer, and relies on what it gives. */
  get isPart(): boolean {
    return this.#isPart || this.#nodes.length > 0;
  }

  /** @internal The layers that this one is made of, their own parts not among them; none for most. */
  get sublayers(): readonly Layer[] {
    return [];
  }

  /** @internal The layers of the engine that this one is made of: itself, where it is none of several. */
  get parts(): readonly Part[] {
    return [{ path: '', layer: this, trainable: true }];
  }

  /** @internal Whether the engine has one object for all uses of this layer: where there are weights or a seed. */
  get ownsNative(): boolean {
    return this.#declared.length > 0 || this.#drawSeed !== undefined;
  }

  /**
   * @internal The engine's layer, made on first use; the weights lie there from then on.
   *
   * @throws NativeLoadError `ERR_NATIVE_LOAD`; InternalError `ERR_OUT_OF_MEMORY`
   */
  native(): NativeLayer {
    if (this.#native !== undefined) return this.#native;
    const native = callEngine(() => new (loadBinding().NativeLayer)(this.toNative(this.#inputShape!)));
    this.#sources.forEach((source, index) => giveSource(native, index, source));
    this.#native = native;
    this.#sources = [];
    return native;
  }
}
