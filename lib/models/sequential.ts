// SPDX-License-Identifier: MIT
// Sequential: a model whose layers stand in a row. It is a graph like any other as soon as its input is known.
import { Graph } from '../graph/graph';
import { checkInput } from '../graph/lowering';
import { checkKinds } from '../layers/apply';
import { SymbolicTensor } from '../graph/symbolic_tensor';
import { Input, Layer, layerFromConfig, type LayerConfig } from '../layers';
import { configOfLayer, describeShared, makeShared } from '../layers/registry';
import { areCompatible, checkShape, shapeText } from '../layers/shapes';
import { refuseMore } from '../util/arguments';
import { checkOptions, describe, refusal } from '../util/validate';
import { DEFERRED, Model, type ModelOptions } from './model';
import type { GraphNode } from '../graph/node';
import type { TensorSpec } from '../graph/symbolic_tensor';
import type { HostInput, HostOutput } from '../training/trainer_host';
import type { Shape } from '../types';

/** Options of {@link Sequential}. */
export type SequentialOptions = ModelOptions;

/** A model as plain data. */
export interface SequentialConfig {
  name: string;
  /** The name again, where the library made it. */
  automaticName?: string;
  /** Whether the model lets its layers be trained, which have flags of their own. */
  trainable: boolean;
  layers: LayerConfig[];
  /** The shape that `build` or the data gave, batch axis first; null where the layers say it themselves. */
  buildInputShape: Shape | null;
}

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
export class Sequential extends Model {
  static override readonly className = 'Sequential';
  override readonly className = Sequential.className;
  readonly #layers: Layer[] = [];
  /** The call of each layer, once the input is known. */
  #nodes: GraphNode[] = [];
  #input: Input | undefined;
  /** What the first layer reads; undefined while unknown. */
  #source: SymbolicTensor | undefined;

  /**
   * @param layers layers in order, an {@link Input} first where wanted; default none
   * @param options see {@link SequentialOptions}
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE` where layers do not fit
   */
  constructor(layers: readonly (Layer | Input)[] = [], options: SequentialOptions = {}, ...rest: []) {
    refuseMore('Sequential', rest);
    super(DEFERRED, DEFERRED, options);
    if (!Array.isArray(layers)) throw refusal('ERR_TYPE', 'Sequential', 'an array of layers', describe(layers));
    for (const layer of layers) this.#append('Sequential', layer);
  }

  /** The layers in order; an {@link Input} is not listed. */
  override get layers(): readonly Layer[] {
    return [...this.#layers];
  }

  override get dataInputs(): readonly HostInput[] {
    if (this.isBuilt) return super.dataInputs;
    const { inputKind, vocabularySize } = this;
    const name = this.#source?.name ?? `${this.#layers[0]?.name ?? this.name}_input`;
    return [{ name, kind: inputKind, vocabularySize, shape: this.#source?.shape }];
  }

  protected override get showsInputs(): boolean {
    return false;
  }

  override get dataOutputs(): readonly HostOutput[] {
    if (this.isBuilt) return super.dataOutputs;
    return [{ name: this.#layers.at(-1)?.name ?? this.name, shape: undefined }];
  }

  override get vocabularySize(): number | undefined {
    return this.isBuilt ? super.vocabularySize : this.#layers[0]?.vocabularySize;
  }

  /** @internal */
  override readsTokens(index: number): boolean {
    if (this.isBuilt) return super.readsTokens(index);
    return this.#source?.dtype === 'int32' || (this.#layers[0]?.readsTokens(0) ?? false);
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
  override computeOutputShape(inputShape: Shape): Shape {
    return this.#layers.reduce((shape, layer) => layer.computeOutputShape(shape), inputShape);
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    return this.#layers.reduce<TensorSpec[]>(
      (specs, layer) => layer.outputSpecs(specs, layer.applyDefaults),
      [...inputs],
    );
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    if (this.isBuilt) super.buildFor(inputs);
    else this.#build(`${this.name}.apply`, inputs[0]!.shape);
  }

  /**
   * Appends a layer. Weights that were learnt stay; the optimizer begins anew.
   *
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` for a name that is taken; ShapeError `ERR_SHAPE` where the layer does not
   *   fit; StateError `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * model.add(new SimpleRNN(32, { returnSequences: true }));
   */
  add(layer: Layer | Input): void {
    this.#assertOwn('add');
    this.#append(`${this.name}.add`, layer);
  }

  /** What another model relies on must not change. */
  #assertOwn(method: string): void {
    this.assertFree(method);
    if (!this.isPart) return;
    const expected = 'a model that is no layer of another';
    const hint = 'Make a new one of its layers: new Sequential(model.layers).';
    throw refusal('ERR_STATE', `${this.name}.${method}`, expected, 'one that was applied', hint);
  }

  #append(where: string, item: unknown): void {
    if (item instanceof Input) return this.#setInput(where, item);
    if (!(item instanceof Layer)) {
      const hint = typeof item === 'function' ? 'Make one with new.' : '';
      throw refusal('ERR_TYPE', where, 'a layer or an Input', describe(item), hint);
    }
    this.#checkNew(where, item);
    if (this.#layers.length === 0) this.#source ??= sourceOf(where, item, item.batchInputShape);
    if (this.#source === undefined) {
      this.#nameApart(item);
      this.#layers.push(item);
      return;
    }
    if (this.#layers.length === 0) checkSource(where, this.#source, item);
    const node = item.connect(where, this.#nodes.at(-1)?.outputs[0] ?? this.#source);
    this.#nameApart(item);
    this.#layers.push(item);
    this.#nodes.push(node);
    this.#connect();
  }

  #setInput(where: string, input: Input): void {
    if (this.#input !== undefined || this.#layers.length > 0)
      throw refusal('ERR_CONFIG', where, 'Input as the first item, once', `one after ${this.#describeEnd()}`);
    this.#input = input;
    this.#source = input;
  }

  #checkNew(where: string, layer: Layer): void {
    if (holds(layer, this))
      throw refusal('ERR_CONFIG', where, 'a layer that the model is not within', `${layer.className} "${layer.name}"`);
    if (layer.outputCount !== 1)
      throw refusal(
        'ERR_CONFIG',
        where,
        'layers of one output',
        `${layer.className} "${layer.name}" with ${whySeveral(layer)}`,
        'Use a Model for layers of several outputs.',
      );
    if (layer.inputCount[0] > 1)
      throw refusal(
        'ERR_CONFIG',
        where,
        'layers of one input',
        `${layer.className} "${layer.name}"`,
        'Use a Model for layers of several inputs.',
      );
    const named = this.#layers.find(({ name }) => name === layer.name);
    const isFree =
      named !== layer && (layer.hasAutomaticName || (named?.hasAutomaticName ?? layer.name !== this.#source?.name));
    if (!isFree)
      throw refusal('ERR_CONFIG', where, 'layers of different names', `"${layer.name}" twice`, 'Set the option name.');
  }

  /** An automatic name that is taken becomes the next one. */
  #nameApart(layer: Layer): void {
    const taken = new Set([
      ...(this.#source === undefined ? [] : [this.#source.name]),
      ...this.#layers.map(({ name }) => name),
    ]);
    if (!taken.has(layer.name)) return;
    const other = this.#layers.find(({ name }) => name === layer.name);
    (layer.hasAutomaticName ? layer : other!).renumber(taken);
  }

  #describeEnd(): string {
    const last = this.#layers.at(-1);
    return last === undefined ? 'another Input' : `${last.className} "${last.name}"`;
  }

  /**
   * Removes the last layer and returns it, with its weights. The weights of the others stay.
   *
   * @throws StateError `ERR_STATE` where there is none; `ERR_BUSY`, `ERR_DISPOSED`
   */
  pop(): Layer {
    this.#assertOwn('pop');
    const layer = this.#layers.pop();
    if (layer === undefined)
      throw refusal('ERR_STATE', `${this.name}.pop`, 'at least one layer', 'a model without layers');
    if (this.#nodes.length > this.#layers.length) layer.forgetNode(this.#nodes.pop()!);
    if (this.#layers.length === 0) this.#source = this.#input;
    this.#connect();
    return layer;
  }

  /** The graph of the layers so far. */
  #connect(): void {
    const last = this.#nodes.at(-1);
    this.setGraph(last === undefined ? undefined : new Graph(this.name, [this.#source!], [last.outputs[0]!]));
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
  override build(inputShape?: Shape): void {
    this.assertFree('build');
    const where = `${this.name}.build`;
    if (inputShape !== undefined) return this.#build(where, inputShape);
    if (!this.isBuilt) throw refusal('ERR_STATE', where, 'an input shape', 'none', 'For instance build([null, 500]).');
  }

  #build(where: string, given: unknown): void {
    const shape: Shape = [null, ...checkShape(where, 'inputShape', given).slice(1)];
    const first = this.#layers[0];
    if (first === undefined) throw refusal('ERR_STATE', where, 'at least one layer', 'a model without layers');
    if (this.#source !== undefined) {
      if (areCompatible(this.#source.shape, shape)) return;
      throw refusal('ERR_SHAPE', where, `input ${shapeText(this.#source.shape)}`, shapeText(shape));
    }
    const source = sourceOf(where, first, shape)!;
    // Nothing is built unless everything fits.
    this.#layers.reduce<TensorSpec[]>(
      (specs, layer) => {
        checkKinds(where, layer, specs);
        layer.checkGivenShape(where, specs[0]!.shape);
        layer.checkBuild(specs[0]!.shape);
        return layer.outputSpecs(specs, layer.applyDefaults);
      },
      [{ shape, dtype: source.dtype }],
    );
    this.#source = source;
    this.#nodes = [];
    for (const layer of this.#layers) this.#nodes.push(layer.connect(where, this.#nodes.at(-1)?.outputs[0] ?? source));
    this.#connect();
  }

  /** @internal Builds the model for data of this shape where it is not built yet. */
  override ensureBuilt(inputShape: Shape): void {
    super.ensureBuilt(inputShape);
    if (this.isBuilt) return;
    // Timesteps are left open where the layers allow it, so that the next data may be longer.
    const [batch = null, ...axes] = inputShape;
    const open: Shape = axes.length === 2 ? [batch, null, axes[1]!] : inputShape;
    this.#build(`${this.name}.build`, this.#accepts(open) ? open : inputShape);
  }

  #accepts(shape: Shape): boolean {
    try {
      this.computeOutputShape(shape);
      return true;
    } catch {
      return false;
    }
  }

  /** The model without its weights, as plain data: {@link fromConfig} makes one like it. */
  override getConfig(): Record<string, unknown> & SequentialConfig {
    this.assertUsable('getConfig');
    return this.layerConfig();
  }

  /** @internal */
  override layerConfig(): Record<string, unknown> & SequentialConfig {
    const items = [...(this.#input === undefined ? [] : [this.#input]), ...this.#layers];
    const isTold = this.#input !== undefined || this.#layers[0]?.batchInputShape !== undefined;
    const configOf = (item: Layer | Input): LayerConfig =>
      item instanceof Layer ? configOfLayer(item) : { className: item.className, config: { ...item.getConfig() } };
    return {
      ...this.naming,
      trainable: this.ownTrainable,
      layers: describeShared(() => items.map(configOf)),
      buildInputShape: isTold ? null : (this.#source?.shape ?? null),
    };
  }

  /**
   * A new model of the layers that {@link getConfig} described, with weights of its own.
   *
   * @throws ConfigError `ERR_TYPE`, `ERR_UNKNOWN_NAME`, and whatever the layers' constructors throw
   * @example
   * const copy = Sequential.fromConfig(model.getConfig());
   */
  static override fromConfig(given: object): Sequential {
    const config = given as Partial<SequentialConfig>;
    const where = 'Sequential.fromConfig';
    if (typeof config !== 'object' || config === null || !Array.isArray(config.layers))
      throw refusal('ERR_TYPE', where, '{ name, layers }', describe(config));
    checkOptions(where, config, ['name', 'automaticName', 'layers', 'buildInputShape', 'trainable']);
    const { layers: items, name = null, automaticName = null } = config;
    const layers = makeShared(() => items.map((layer) => layerFromConfig(where, layer)));
    const model = new Sequential(layers, { name, automaticName });
    model.ownTrainable = config.trainable ?? true;
    if (config.buildInputShape) model.build(config.buildInputShape);
    return model;
  }
}

/** Whether a layer is another, or has it somewhere within. */
function holds(layer: Layer, other: Layer): boolean {
  return layer === other || layer.sublayers.some((sublayer) => holds(sublayer, other));
}

/** What gives a layer several outputs. */
function whySeveral(layer: Layer): string {
  if (layer.returnsStates) return 'returnState: true';
  return layer.outputSizes === undefined ? `${layer.outputCount}` : 'mergeMode: null';
}

/** What a first layer of this input shape reads. */
function sourceOf(where: string, first: Layer, shape: Shape | undefined): SymbolicTensor | undefined {
  if (shape === undefined) return undefined;
  const source = new SymbolicTensor(`${first.name}_input`, {
    shape,
    dtype: first.readsTokens(0) ? 'int32' : 'float32',
  });
  checkSource(where, source, first);
  return source;
}

/** What the engine cannot read, whatever the layers make of it. */
function checkSource(where: string, source: SymbolicTensor, first: Layer): void {
  const isTokens = source.dtype === null ? first.readsTokens(0) : source.dtype === 'int32';
  checkInput(where, source, isTokens ? 'tokens' : 'values');
}
