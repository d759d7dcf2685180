// SPDX-License-Identifier: MIT
// Attention: values weighted by how well their keys suit a query. Options, shapes and config; native/layers/attention
// computes.
import { refuseMore } from '../../util/arguments';
import { resolveInitializer } from '../../initializers';
import { refuseNotYet, withDefaults } from '../../util/options';
import { nextSeed } from '../../util/seeds';
import { checkBoolean, checkInteger, checkNumber, checkOneOf } from '../../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from '../layer';
import { shapesOf } from '../shapes';
import { callDefaults, checkAttentionCall, expectSameFeatures, readShapes, type AttentionShapes } from './sequences';
import type { EngineGraph, EngineOptions, EngineValue } from '../../graph/lowering';
import type { NodeOptions } from '../../graph/node';
import type { TensorSpec } from '../../graph/symbolic_tensor';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** How a query and a key are scored: by their product, or by the tanh of their sum. */
export type ScoreMode = 'dot' | 'concat';

/** Options of {@link Attention}. */
export interface AttentionOptions extends LayerOptions {
  /** Whether a weight scales the scores. Default false. */
  useScale?: boolean;
  /** `'dot'` (default): q · k; `'concat'`: a weight times the sum of tanh(q + k). */
  scoreMode?: ScoreMode;
  /** Share of the attention weights to drop in training, from 0 (default) to below 1. */
  dropout?: number;
  /** Seed of the dropout: integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link AttentionOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  useScale: false,
  scoreMode: 'dot',
  dropout: 0,
  seed: null,
} as const);

/**
 * Dot-product attention (Luong): for each query a mean of the values, weighted by the softmax of the scores of query and
 * keys.
 *
 * Inputs [query, value] or [query, value, key]: query [N,Tq,C], value [N,Tv,D], key [N,Tv,C], by default the value;
 * output [N,Tq,D]. Weights: `scale` [] with `useScale`, `concatScoreWeight` [] with `scoreMode: 'concat'`.
 *
 * Options of `apply`: `useCausalMask` (default false): query i attends to keys 0 to i; `returnAttentionScores` (default
 * false): gives the weights [N,Tq,Tv] too, after dropout; the symbolic `queryMask` [N,Tq] and `valueMask` [N,Tv] replace
 * the inputs' own masks. Masked values are left out; the output of a masked query is zero, and its mask goes on. A query that
 * may attend to no value has about equal weights for all, as in Keras.
 *
 * @see keras/src/layers/attention/attention.py; Luong, Pham, Manning 2015
 * @example
 * const encoded = new GRU(128, { returnSequences: true }).apply(new Input([40, 64]));
 * const decoded = new GRU(128, { returnSequences: true }).apply(new Input([40, 64]));
 * new Attention().apply([decoded, encoded]).shape; // [null, 40, 128]
 */
export class Attention extends Layer {
  static readonly className: string = 'Attention';
  readonly className: string = Attention.className;
  readonly useScale: boolean;
  readonly scoreMode: ScoreMode;
  readonly dropout: number;
  readonly seed: number | null;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: AttentionOptions = {}, ...rest: []) {
    const where = new.target.className;
    refuseMore(where, rest);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const useScale = checkBoolean(where, 'useScale', o.useScale);
    const scoreMode = checkOneOf(where, 'scoreMode', o.scoreMode, ['dot', 'concat']);
    const dropout = checkNumber(where, 'dropout', o.dropout, { min: 0, max: 1, belowMax: true });
    const seed = o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    super(where, o);
    this.useScale = useScale;
    this.scoreMode = scoreMode;
    this.dropout = dropout;
    this.seed = seed;
    // Only dropout draws: without it, the seeds of other layers do not depend on this one.
    if (dropout > 0) this.drawSeed = seed ?? nextSeed();
  }

  override get inputCount(): readonly [number, number] {
    return [2, 3];
  }

  override get applyDefaults(): Readonly<Record<string, unknown>> {
    return callDefaults;
  }

  override get applyTensors(): readonly string[] {
    return ['queryMask', 'valueMask'];
  }

  /** @internal */
  override checkCall(where: string, inputs: readonly TensorSpec[], options: NodeOptions): void {
    checkAttentionCall(where, this.#shapes(where, inputs), options);
  }

  #shapes(where: string, inputs: readonly TensorSpec[]): AttentionShapes {
    const shapes = readShapes(
      where,
      inputs.map(({ shape }) => shape),
    );
    expectSameFeatures(where, shapes);
    return shapes;
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
    const { query, value } = readShapes(this.where, shapesOf(inputShape, 2));
    return [...query.slice(0, 2), value[2]!];
  }

  /** @internal */
  override outputSpecs(inputs: readonly TensorSpec[], extra: Readonly<Record<string, unknown>>): TensorSpec[] {
    return this.engineSpecs(inputs).slice(0, extra['returnAttentionScores'] === true ? 2 : 1);
  }

  /** @internal The output, and the weights that it is a mean by. */
  protected override engineSpecs(inputs: readonly TensorSpec[]): TensorSpec[] {
    const { query, value } = this.#shapes(this.where, inputs);
    const [batch, steps] = query as [number | null, number | null, number];
    return [
      { shape: [batch, steps, value[2]!], dtype: 'float32' },
      { shape: [batch, steps, value[1]!], dtype: 'float32' },
    ];
  }

  protected override declareWeights(_inputShape: Shape): WeightDeclaration[] {
    const scalar = (name: string): WeightDeclaration => ({
      name,
      shape: [],
      initializer: resolveInitializer(this.where, name, 'ones'),
      regularizer: null,
    });
    return [
      ...(this.useScale ? [scalar('scale')] : []),
      ...(this.scoreMode === 'concat' ? [scalar('concatScoreWeight')] : []),
    ];
  }

  override toNative(_inputShape: Shape): NativeLayerConfig {
    return this.nativeAttention(this.scoreMode, 0);
  }

  protected nativeAttention(score: 'dot' | 'concat' | 'additive', features: number): NativeLayerConfig {
    const { useScale, dropout } = this;
    const seed = this.drawSeed ?? 0;
    const family = { heads: 1, scale: 1, multiHead: false };
    return { kind: 'attention', score, features, ...family, useScale, dropout, seed, ...this.nativeWeighted() };
  }

  /** @internal One node. */
  override lower(engine: EngineGraph, inputs: readonly EngineValue[], options: EngineOptions): EngineValue[] {
    const { tensors, extra } = options;
    const masked = (value: EngineValue, name: string): EngineValue =>
      tensors[name] === undefined ? value : this.masked(engine, value, tensors[name]);
    const [query, value, key = value] = inputs as [EngineValue, EngineValue, EngineValue?];
    const hasKey = key.value !== value.value;
    const givesScores = extra['returnAttentionScores'] === true;
    const outputs = engine.add(
      this,
      this.toNative(query.shape),
      [masked(query, 'queryMask'), masked(value, 'valueMask'), ...(hasKey ? [key] : [])],
      this.engineSpecs(inputs),
      { call: { kind: 'attention', hasKey, hasMask: false, causal: extra['useCausalMask'] === true, givesScores } },
    );
    return outputs.slice(0, givesScores ? 2 : 1);
  }

  override getConfig(): Record<string, unknown> {
    const { useScale, scoreMode, dropout, seed } = this;
    return { ...super.getConfig(), useScale, scoreMode, dropout, seed };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Attention {
    return new Attention(config);
  }
}
