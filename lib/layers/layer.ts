// SPDX-License-Identifier: MIT
// What all layers have in common: a name, shapes, weights, config. The arithmetic of a layer is in native/layers.
import { expectKnown } from '../util/families';
import { toValues } from '../arrays/arrays';
import { NdArray } from '../ndarray';
import { autoName, resolveLayerName } from '../util/session';
import { nextSeed } from '../util/seeds';
import { checkBoolean, refusal } from '../util/validate';
import { LayerCaller, type CallOptions } from './call';
import { checkShape, shapeText } from './shapes';
import type { MaskPassage, StepInputs, StepMask } from './step_mask';
import {
  copyWeights,
  readSource,
  shareSource,
  sizeOf,
  type WeightOwner,
  type WeightSource,
  type WeightSpec,
} from './weights';
import type { Constraint } from '../constraints';
import type { NativeActivation, NativeConstraint, NativeLayer, NativePenalty, NativeWeighted } from '../native/binding';
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

/** Base class of all layers. */
export abstract class Layer {
  /** The class name, as in Keras: it is printed in summaries and written into configs. */
  abstract readonly className: string;
  /** Whether the library made the name. Files then have another number in it, that of the layer in its model. */
  readonly hasAutomaticName: boolean;
  /** What a first layer reads: token ids or numbers. */
  readonly inputKind: 'tokens' | 'values' = 'values';
  /** @internal Seed of what the layer draws in training; undefined where it draws nothing. An engine reads it once. */
  drawSeed: number | undefined;

  #name: string;
  #trainable: boolean;
  readonly #givenShape: Shape | undefined;
  #inputShape: Shape | undefined;
  #declared: readonly (WeightDeclaration & { readonly seed: number })[] = [];
  #initialWeights: readonly ArrayInput[] | undefined;
  /** Where the values of each weight come from, once the layer is built and unless an engine has them. */
  #sources: WeightSource[] = [];
  #owner: WeightOwner | undefined;
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

  /** Unique within a model: an automatic name that is taken there becomes the next one when the layer is added. */
  get name(): string {
    return this.#name;
  }

  /** Shape of the output, batch axis first, for an input of this shape. Throws `ERR_SHAPE` where the input does not suit. */
  abstract computeOutputShape(inputShape: Shape): Shape;

  /** @internal The layer as the engine takes it, every key resolved. */
  abstract toNative(): NativeLayer;

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

  /** Whether {@link call} takes a mask. */
  get readsMask(): boolean {
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

  /** @internal The option `inputShape`, batch axis first. */
  get givenInputShape(): Shape | undefined {
    return this.#givenShape;
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
    this.#owner?.trainableChanged();
  }

  /**
   * Fixes the shapes of the weights. A model does this as soon as it knows its input.
   *
   * @param inputShape batch axis first, null where unknown
   * @throws ShapeError `ERR_SHAPE` where the input does not suit, or where the layer was built for other weights
   */
  build(inputShape: Shape): void {
    const shape = checkShape(this.where, 'inputShape', inputShape);
    const declared = this.checkBuild(shape);
    if (this.#inputShape === undefined) {
      this.#declared = declared.map((weight) => ({ ...weight, seed: weight.initializer.seed ?? nextSeed() }));
      this.#sources =
        this.#initialWeights === undefined
          ? this.#declared.map(({ initializer, shape, seed }) => initializer.source(shape, seed))
          : this.#checkInitialWeights(declared).map((values) => ({ values }));
    }
    this.#inputShape = shape;
  }

  /** Values to begin with instead of the initializers': they are copied now, and must fit the weights when it is built. */
  protected beginWith(weights: readonly ArrayInput[]): void {
    this.#initialWeights = weights.map((value, index) => {
      const { data, shape } = toValues(this.where, `weights[${index}]`, value);
      // A typed array by itself has no shape but the weight's.
      return ArrayBuffer.isView(value) ? data.slice() : { data: data.slice(), shape };
    });
  }

  #checkInitialWeights(declared: readonly WeightDeclaration[]): Float32Array[] {
    return copyWeights(`${this.where}.weights`, declared, this.#initialWeights);
  }

  /** @internal What `build` refuses, refused without building: a model asks all its layers first. */
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
    else if (this.#initialWeights !== undefined) this.#checkInitialWeights(declared);
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

  /** Copies of the weights in the order of {@link weightSpecs}; empty before the layer is built. */
  getWeights(): NdArray[] {
    const values = this.#owner?.readLayer(this) ?? this.#readWeights();
    return values.map((data, index) => new NdArray(data, this.#declared[index]!.shape));
  }

  /**
   * Sets all weights, or none where one does not fit.
   *
   * @param weights arrays in the order of {@link weightSpecs}: NdArrays, nested arrays, or flat typed arrays in row-major order
   * @throws ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`; DataError `ERR_DATA`; StateError `ERR_BUSY`, `ERR_DISPOSED`
   */
  setWeights(weights: readonly ArrayInput[]): void {
    const values = copyWeights(`${this.where}.setWeights`, this.#declared, weights);
    if (this.#owner?.writeLayer(this, values) !== true) this.holdWeights(values.map((each) => ({ values: each })));
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
   * Lets a stateful layer begin at zero again, by itself and within its model; nothing happens to other layers.
   *
   * @throws StateError `ERR_STATE` within a model of several stateful layers; `ERR_BUSY`, `ERR_DISPOSED`
   * @see keras/src/layers/rnn/rnn.py
   */
  resetStates(): void {
    if (!this.isStateful) return;
    this.#owner?.resetStates(this);
    this.#caller?.resetStates(`${this.where}.resetStates`);
  }

  /** What the engine is told of the weights. */
  protected nativeWeighted(): NativeWeighted {
    const { trainable } = this;
    return { trainable, penalties: this.nativePenalties(), constraints: this.nativeConstraints() };
  }

  /** Penalties as the engine takes them: one for each weight. */
  protected nativePenalties(): NativePenalty[] {
    return this.#declared.map(({ regularizer }) => regularizer?.toNative() ?? NO_PENALTY);
  }

  /** Constraints as the engine takes them: one for each weight. */
  protected nativeConstraints(): (NativeConstraint | null)[] {
    return this.#declared.map(({ constraint }) => constraint?.toNative() ?? null);
  }

  /** A copy of a weight that no engine of the model has. What is drawn for it is kept. */
  #readWeight(index: number): Float32Array {
    const { initializer, shape, seed } = this.#declared[index]!;
    const read = readSource(this.#sources[index]!, shape);
    if (read !== undefined) return read;
    const values = initializer.initialize(shape, seed).data;
    this.#sources[index] = { values };
    return values.slice();
  }

  #readWeights(): Float32Array[] {
    return this.#declared.map((_, index) => this.#readWeight(index));
  }

  /** @internal Takes the next automatic name that is none of `taken`. */
  renumber(taken: ReadonlySet<string>): void {
    do this.#name = autoName(this.className);
    while (taken.has(this.#name));
  }

  /** @internal The model that this layer belongs to. */
  get owner(): WeightOwner | undefined {
    return this.#owner;
  }

  /** @internal */
  attach(owner: WeightOwner | undefined): void {
    this.#owner = owner;
  }

  /** @internal The layers that it is made of, whose weights are its own, one part's after another's. */
  get parts(): readonly Layer[] {
    return [];
  }

  /** @internal The layers that draw in training: this one, or those that it is made of. */
  get drawingLayers(): readonly Layer[] {
    return this.drawSeed === undefined ? [] : [this];
  }

  /** @internal Where the values are, for an engine that takes them over. */
  releaseWeights(): readonly WeightSource[] {
    return this.#sources;
  }

  /** @internal Where the values are from now on: an engine had them, or a check has passed. */
  holdWeights(sources: readonly WeightSource[]): void {
    this.#sources = [...sources];
  }

  /** @internal Copies of the weights as they are now, made off the event loop where an engine has them. */
  async copyWeights(): Promise<Float32Array[]> {
    return this.#owner?.copyLayer(this) ?? this.#readWeights();
  }

  /** @internal Sources of the present values, for an engine beside that of the model. */
  async shareWeights(): Promise<WeightSource[]> {
    const copied = this.#owner?.copyLayer(this);
    if (copied !== undefined) return (await copied).map((values) => ({ values }));
    return Promise.all(this.#sources.map((source, index) => shareSource(source, this.#declared[index]!.shape)));
  }
}
