// SPDX-License-Identifier: MIT
// Embedding: token ids to rows of a table. Options, shapes and config; native/layers/embedding computes.
import { resolveConstraint, type Constraint, type ConstraintLike } from '../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import { resolveActivityRegularizer } from './activity';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { expectRank, shapeText } from './shapes';
import { copyWeights } from './weights';
import type { StepInputs, StepMask } from './step_mask';
import type { NativeLayerConfig } from '../native/binding';
import type { ArrayInput, Shape } from '../types';

/** Options of {@link Embedding}. */
export interface EmbeddingOptions extends LayerOptions {
  /** Default `'uniform'`: RandomUniform within ±0.05. */
  embeddingsInitializer?: InitializerLike;
  /** Default null. */
  embeddingsRegularizer?: RegularizerLike;
  /** Timesteps T of every sequence; default null: any. */
  inputLength?: number | null;
  /** Default null. */
  embeddingsConstraint?: ConstraintLike;
  /** Penalty on the output; default null. */
  activityRegularizer?: RegularizerLike;
  /** Whether id 0 is padding, which the layers that follow leave out as if it were masked. Default false. */
  maskZero?: boolean;
  /** The table to begin with [inputDim, outputDim], by itself or as an array of one; default null. */
  weights?: ArrayInput | readonly [ArrayInput] | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link EmbeddingOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  embeddingsInitializer: 'uniform',
  embeddingsRegularizer: null,
  embeddingsConstraint: null,
  activityRegularizer: null,
  maskZero: false,
  weights: null,
  inputLength: null,
} as const);

/**
 * Turns token ids into vectors: row `id` of a table that is learnt.
 *
 * Input [N,T], or [N,A,T] with A parts a sample, of ids from 0 to `inputDim - 1`; output [N,T,outputDim] or
 * [N,A,T,outputDim]. Weight: `embeddings` [inputDim, outputDim].
 *
 * @see keras/src/layers/core/embedding.py
 * @example
 * const model = new Sequential([new Embedding(10000, 32), new SimpleRNN(32), new Dense(1, { activation: 'sigmoid' })]);
 * model.countParams(); // 322113
 */
export class Embedding extends Layer {
  static readonly className = 'Embedding';
  readonly className = Embedding.className;
  readonly inputDim: number;
  readonly outputDim: number;
  readonly embeddingsInitializer: Initializer;
  readonly embeddingsRegularizer: Regularizer | null;
  readonly embeddingsConstraint: Constraint | null;
  readonly maskZero: boolean;
  readonly inputLength: number | null;
  readonly #activityRegularizer: Regularizer | null;

  /**
   * @param inputDim size of the vocabulary, from 1: the largest id plus one
   * @param outputDim length of a vector, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`; ShapeError `ERR_SHAPE` where
   *   `weights` do not fit
   */
  constructor(inputDim: number, outputDim: number, options: EmbeddingOptions = {}, ...rest: []) {
    const where = 'Embedding';
    refuseMore(where, rest);
    const checkedInputDim = checkInteger(where, 'inputDim', inputDim);
    const checkedOutputDim = checkInteger(where, 'outputDim', outputDim);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const initializer = resolveInitializer(where, 'embeddingsInitializer', o.embeddingsInitializer);
    const regularizer = resolveRegularizer(where, 'embeddingsRegularizer', o.embeddingsRegularizer);
    const constraint = resolveConstraint(where, 'embeddingsConstraint', o.embeddingsConstraint);
    const activityRegularizer = resolveActivityRegularizer(where, o.activityRegularizer);
    const maskZero = checkBoolean(where, 'maskZero', o.maskZero);
    const weights = o.weights === null ? null : readTable(where, o.weights, checkedInputDim, checkedOutputDim);
    const inputLength = o.inputLength === null ? null : checkInteger(where, 'inputLength', o.inputLength);
    super(where, inputLength === null ? o : { ...o, inputShape: o.inputShape ?? [inputLength] });
    this.inputDim = checkedInputDim;
    this.outputDim = checkedOutputDim;
    this.embeddingsInitializer = initializer;
    this.embeddingsRegularizer = regularizer;
    this.embeddingsConstraint = constraint;
    this.maskZero = maskZero;
    this.inputLength = inputLength;
    this.#activityRegularizer = activityRegularizer;
    if (weights !== null) this.beginWith(weights);
  }

  /** Sequences of any length, where nothing else is given. */
  override get batchInputShape(): Shape {
    return super.batchInputShape ?? [null, null];
  }

  override get activityRegularizer(): Regularizer | null {
    return this.#activityRegularizer;
  }

  override get vocabularySize(): number {
    return this.inputDim;
  }

  override stepMask({ data, shape }: StepInputs): StepMask | undefined {
    return this.maskZero ? (row, step) => data[row * shape[1]! + step] !== 0 : undefined;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    const hint = 'Token ids come as sequences of one length.';
    expectRank(this.where, inputShape, inputShape.length === 3 ? '[N,A,T]' : '[N,T]', hint);
    const steps = inputShape.at(-1)!;
    if (this.inputLength !== null && steps !== null && steps !== this.inputLength)
      throw refusal('ERR_SHAPE', this.where, `${this.inputLength} timesteps (inputLength)`, shapeText(inputShape));
    return [...inputShape.slice(0, -1), steps ?? this.inputLength, this.outputDim];
  }

  override get inputKind(): 'tokens' {
    return 'tokens';
  }

  protected override declareWeights(): WeightDeclaration[] {
    const shape = [this.inputDim, this.outputDim];
    const { embeddingsInitializer: initializer, embeddingsRegularizer: regularizer } = this;
    return [{ name: 'embeddings', shape, initializer, regularizer, constraint: this.embeddingsConstraint }];
  }

  override get makesMask(): boolean {
    return this.maskZero;
  }

  override toNative(): NativeLayerConfig {
    const { inputDim, outputDim, maskZero } = this;
    return { kind: 'embedding', inputDim, outputDim, maskZero, ...this.nativeWeighted() };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      inputDim: this.inputDim,
      outputDim: this.outputDim,
      embeddingsInitializer: this.embeddingsInitializer.toJSON(),
      embeddingsRegularizer: this.embeddingsRegularizer?.toJSON() ?? null,
      embeddingsConstraint: this.embeddingsConstraint?.toJSON() ?? null,
      activityRegularizer: this.#activityRegularizer?.toJSON() ?? null,
      maskZero: this.maskZero,
      inputLength: this.inputLength,
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Embedding {
    const { inputDim, outputDim, ...options } = config;
    return new Embedding(inputDim as number, outputDim as number, options);
  }
}

/** As in Keras, an array of one is taken for an array of weights. */
function readTable(where: string, given: unknown, inputDim: number, outputDim: number): Float32Array[] {
  const weights: unknown = Array.isArray(given) && given.length === 1 ? given : [given];
  return copyWeights(where, [{ name: 'embeddings', shape: [inputDim, outputDim] }], weights);
}
