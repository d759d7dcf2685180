// SPDX-License-Identifier: MIT
// MultiHeadAttention: projections of query, key and value, attention within each of several heads, and a projection of
// what all of them give. The engine has the parts: dense layers, and attention over columns side by side.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { nextSeed } from '../../util/seeds';
import { checkInteger, checkNumber, describe, refusal } from '../../util/validate';
import { NO_ENGINE_OPTIONS, type EngineGraph, type EngineOptions, type EngineValue } from '../../graph/lowering';
import { intoParts } from '../folding';
import { Layer, layerDefaults, type LayerOptions } from '../layer';
import { Wrapper } from '../wrapper';
import {
  Projection,
  projectionConfig,
  projectionDefaults,
  resolveProjection,
  type ProjectionOptions,
  type ProjectionParts,
} from './projection';
import { shapesOf } from '../shapes';
import { callDefaults, checkAttentionCall, readShapes, type AttentionShapes } from './sequences';
import type { NodeOptions } from '../../graph/node';
import type { TensorSpec } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link MultiHeadAttention}. */
export interface MultiHeadAttentionOptions extends LayerOptions, ProjectionOptions {
  /** Size of each head of the values; default null: `keyDim`. */
  valueDim?: number | null;
  /** Share of the attention weights to drop in training, from 0 (default) to below 1. */
  dropout?: number;
  /** Features of the output, a number or an array of one; default null: those of the query. */
  outputShape?: number | readonly number[] | null;
  /** Seed of the dropout: integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
  /** These four are not supported yet: only Keras' defaults. */
  attentionAxes?: null;
  slidingWindow?: null;
  flashAttention?: null;
  useGate?: false;
}

const NOT_YET = Object.freeze({
  dtype: 'float32',
  attentionAxes: null,
  slidingWindow: null,
  flashAttention: null,
  useGate: false,
} as const);

/** Defaults of {@link MultiHeadAttentionOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...projectionDefaults,
  ...NOT_YET,
  valueDim: null,
  dropout: 0,
  outputShape: null,
  seed: null,
} as const);

/** What goes on between the projections, within each head. */
export class HeadAttention extends Layer {
  static readonly className = 'HeadAttention';
  readonly className = HeadAttention.className;

  constructor(
    private readonly heads: number,
    private readonly keyDim: number,
    private readonly dropout: number,
    seed: number | null,
  ) {
    super('HeadAttention', { name: 'attention' });
    if (dropout > 0) this.drawSeed = seed ?? nextSeed();
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override toNative(_inputShape: Shape): NativeLayerConfig {
    const { heads, dropout } = this;
    const scores = { score: 'dot', scale: 1 / Math.sqrt(this.keyDim), useScale: false, features: 0 } as const;
    const seed = this.drawSeed ?? 0;
    return { kind: 'attention', heads, ...scores, multiHead: true, dropout, seed, ...this.nativeWeighted() };
  }
}

/**
 * Attention in several heads, each with projections of its own of query, key and value.
 *
 * Inputs [query, value] or [query, value, key]: query [N,Tq,C], value [N,Tv,D], key [N,Tv,E], by default the value; output
 * [N,Tq,C], or as `outputShape` says. Weights, with H heads of K and V features: `query/kernel` [C,H,K], `query/bias` [H,K],
 * `key/kernel` [E,H,K], `key/bias` [H,K], `value/kernel` [D,H,V], `value/bias` [H,V], `attention_output/kernel` [H,V,C],
 * `attention_output/bias` [C].
 *
 * Options of `apply`: `useCausalMask` (default false): query i attends to keys 0 to i; `returnAttentionScores` (default
 * false): gives the weights [N,H,Tq,Tv] too, before dropout; the symbolic `attentionMask` [N,Tq,Tv] or [N,1,Tv] says which
 * query attends to which key, 0 where it does not; the symbolic `queryMask` [N,Tq], `valueMask` and `keyMask` [N,Tv] replace
 * the inputs' own masks. The mask of the query goes on. A query that may attend to no key, as a masked one, attends to all
 * alike, or to none where there is dropout or scores are returned: so does Keras.
 *
 * @see keras/src/layers/attention/multi_head_attention.py; Vaswani et al. 2017
 * @example
 * const x = new Input([null, 32]);
 * new MultiHeadAttention(4, 8).apply([x, x], { useCausalMask: true }).shape; // [null, null, 32]
 */
export class MultiHeadAttention extends Wrapper {
  static readonly className = 'MultiHeadAttention';
  readonly className = MultiHeadAttention.className;
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly dropout: number;
  readonly seed: number | null;
  readonly #given: { readonly valueDim: number | null; readonly outputShape: number | null };
  readonly #options: ProjectionParts;
  readonly #query: Projection;
  readonly #key: Projection;
  readonly #value: Projection;
  readonly #attention: HeadAttention;
  readonly #output: Projection;
  /** Shapes of the inputs at hand; else of those that the layer was built for. */
  #shapes: AttentionShapes | undefined;

  /**
   * @param numHeads number of heads, from 1
   * @param keyDim size of each head of query and key, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions = {}, ...rest: []) {
    refuseMore('MultiHeadAttention', rest);
    const where = 'MultiHeadAttention';
    const heads = checkInteger(where, 'numHeads', numHeads);
    const width = checkInteger(where, 'keyDim', keyDim);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const valueDim = o.valueDim === null ? width : checkInteger(where, 'valueDim', o.valueDim);
    const dropout = checkNumber(where, 'dropout', o.dropout, { min: 0, max: 1, belowMax: true });
    const seed = o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    const outputShape = readOutputShape(where, o.outputShape);
    const parts = resolveProjection(where, o);
    super(where, o);
    this.numHeads = heads;
    this.keyDim = width;
    this.valueDim = valueDim;
    this.dropout = dropout;
    this.seed = seed;
    this.#given = { valueDim: o.valueDim, outputShape };
    this.#options = parts;
    this.#query = new Projection('query', null, () => [heads, width], parts);
    this.#key = new Projection('key', null, () => [heads, width], parts);
    this.#value = new Projection('value', null, () => [heads, valueDim], parts);
    this.#attention = new HeadAttention(heads, width, dropout, seed);
    this.#output = new Projection('attention_output', [heads, valueDim], () => [this.#outputFeatures()], parts);
    this.adopt([this.#query, this.#key, this.#value, this.#attention, this.#output]);
  }

  #outputFeatures(): number {
    return this.#given.outputShape ?? this.#shapes!.query[2]!;
  }

  override get inputCount(): readonly [number, number] {
    return [2, 3];
  }

  override get applyDefaults(): Readonly<Record<string, unknown>> {
    return callDefaults;
  }

  override get applyTensors(): readonly string[] {
    return ['queryMask', 'valueMask', 'keyMask', 'attentionMask'];
  }

  /** @internal */
  override checkCall(where: string, inputs: readonly TensorSpec[], options: NodeOptions): void {
    checkAttentionCall(where, attendedShapes(where, inputs), options);
  }

  /** @internal */
  override buildFor(inputs: readonly TensorSpec[]): void {
    const shapes = attendedShapes(this.where, inputs);
    this.#with(shapes, () => super.build(shapes.query));
  }

  /** Builds the layer for query, value and key of this shape. */
  override build(inputShape: Shape): void {
    const shapes = readShapes(this.where, [inputShape, inputShape]);
    this.#with(shapes, () => super.build(inputShape));
  }

  override checkBuild(inputShape: Shape): ReturnType<Wrapper['checkBuild']> {
    if (this.#shapes?.query === inputShape) return super.checkBuild(inputShape);
    const shapes = readShapes(this.where, [inputShape, inputShape]);
    return this.#with(shapes, () => super.checkBuild(inputShape));
  }

  /** What is done with these inputs at hand. The first that the layer is built for stay. */
  #with<T>(shapes: AttentionShapes, act: () => T): T {
    const before = this.#shapes;
    this.#shapes = shapes;
    try {
      return act();
    } finally {
      if (before !== undefined || !this.isBuilt) this.#shapes = before;
    }
  }

  protected override partShape(inputShape: Shape, part: Layer): Shape {
    const { query, value, key } = this.#shapes ?? readShapes(this.where, [inputShape, inputShape]);
    if (part === this.#query) return query;
    if (part === this.#key) return key;
    if (part === this.#value) return value;
    const [batch, steps] = query as [number | null, number | null];
    return [batch, steps, this.numHeads * (part === this.#attention ? this.keyDim : this.valueDim)];
  }

  /** Shape of the first output where it was first applied; undefined before the layer is built. */
  override get outputShape(): Shape | undefined {
    return this.nodes[0]?.outputs[0]!.shape ?? super.outputShape;
  }

  /**
   * Shape of the output, batch axis first.
   *
   * @param inputShape an array of those of query, value and, where there is one, key; or one that all have
   */
  override computeOutputShape(inputShape: Shape | readonly Shape[]): Shape {
    const { query } = readShapes(this.where, shapesOf(inputShape, 2));
    return [...query.slice(0, 2), this.#given.outputShape ?? query[2]!];
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[], extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    const { query, value } = attendedShapes(this.where, inputs);
    const [batch, steps] = query as [number | null, number | null];
    const output: TensorSpec = { shape: this.computeOutputShape(inputs.map(({ shape }) => shape)), dtype: 'float32' };
    if (extra['returnAttentionScores'] !== true) return [output];
    return [output, { shape: [batch, this.numHeads, steps, value[1]!], dtype: 'float32' }];
  }

  /** @internal Three projections, attention, and one more projection. */
  override lower(
    engine: EngineGraph,
    inputs: readonly EngineValue[],
    { tensors, extra }: EngineOptions,
  ): EngineValue[] {
    const [query, value, key] = inputs as [EngineValue, EngineValue, EngineValue?];
    const masked = (input: EngineValue, name: string): EngineValue =>
      tensors[name] === undefined ? input : this.masked(engine, input, tensors[name]);
    const project = (projection: Projection, input: EngineValue): EngineValue =>
      projection.lower(engine, [input], NO_ENGINE_OPTIONS)[0]!;
    const values = masked(value, 'valueMask');
    const projected = [
      project(this.#query, masked(query, 'queryMask')),
      project(this.#value, values),
      project(this.#key, masked(key ?? values, 'keyMask')),
    ] as const;
    const { attentionMask } = tensors;
    const givesScores = extra['returnAttentionScores'] === true;
    const [batch, steps] = query.shape as [number | null, number | null];
    const [context, scores] = engine.add(
      this.#attention,
      this.#attention.toNative(projected[0].shape),
      [...projected, ...(attentionMask === undefined ? [] : [attentionMask])],
      [
        { shape: [batch, steps, this.numHeads * this.valueDim], dtype: 'float32' },
        { shape: [batch, steps === null ? null : this.numHeads * steps, value.shape[1]!], dtype: 'float32' },
      ],
      {
        call: {
          kind: 'attention',
          hasKey: true,
          hasMask: attentionMask !== undefined,
          causal: extra['useCausalMask'] === true,
          givesScores,
        },
      },
    );
    const output = project(this.#output, context!);
    if (!givesScores) return [output];
    return [output, intoParts(engine, this, scores!, [batch, this.numHeads, steps, value.shape[1]!])];
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      numHeads: this.numHeads,
      keyDim: this.keyDim,
      ...this.#given,
      dropout: this.dropout,
      seed: this.seed,
      ...projectionConfig(this.#options),
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): MultiHeadAttention {
    const { numHeads, keyDim, ...options } = config;
    return new MultiHeadAttention(numHeads as number, keyDim as number, options);
  }
}

function attendedShapes(where: string, inputs: readonly TensorSpec[]): AttentionShapes {
  return readShapes(
    where,
    inputs.map(({ shape }) => shape),
  );
}

function readOutputShape(where: string, given: number | readonly number[] | null): number | null {
  if (given === null) return null;
  if (!Array.isArray(given)) return checkInteger(where, 'outputShape', given);
  if (given.length === 1) return checkInteger(where, 'outputShape', given[0]);
  throw refusal('ERR_CONFIG', where, 'outputShape to be one size, or null', describe(given));
}
