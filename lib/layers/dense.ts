// SPDX-License-Identifier: MIT
// Dense: activation(x · kernel + bias) on the last axis. Options, shapes and config; native/layers/dense computes.
import { resolveActivation, type ActivationLike } from '../activations';
import { resolveConstraint, type Constraint, type ConstraintLike } from '../constraints';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import { resolveActivityRegularizer } from './activity';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { knownFeatures, shapeText } from './shapes';
import type { NativeActivation, NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link Dense}. */
export interface DenseOptions extends LayerOptions {
  /** Default null: none. */
  activation?: ActivationLike;
  /** Default true. */
  useBias?: boolean;
  /** Default `'glorot_uniform'`. */
  kernelInitializer?: InitializerLike;
  /** Default `'zeros'`. */
  biasInitializer?: InitializerLike;
  /** Default null. */
  kernelRegularizer?: RegularizerLike;
  /** Default null. */
  biasRegularizer?: RegularizerLike;
  /** Penalty on the output; default null. */
  activityRegularizer?: RegularizerLike;
  /** Default null. */
  kernelConstraint?: ConstraintLike;
  /** Default null. */
  biasConstraint?: ConstraintLike;
  /** Not supported yet: only Keras' default. */
  loraRank?: null;
}

const NOT_YET = Object.freeze({ dtype: 'float32', loraRank: null } as const);

/** Defaults of {@link DenseOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  activation: null,
  useBias: true,
  kernelInitializer: 'glorot_uniform',
  biasInitializer: 'zeros',
  kernelRegularizer: null,
  biasRegularizer: null,
  activityRegularizer: null,
  kernelConstraint: null,
  biasConstraint: null,
} as const);

/**
 * Fully connected layer: `activation(x · kernel + bias)`, on the last axis.
 *
 * Input [N,C] or [N,T,C]; output [N,units] or [N,T,units]. Weights: `kernel` [C,units], `bias` [units].
 *
 * @see keras/src/layers/core/dense.py
 * @example
 * new Sequential([new Input([8]), new Dense(1, { activation: 'sigmoid' })]).countParams(); // 9
 */
export class Dense extends Layer {
  static readonly className = 'Dense';
  readonly className = Dense.className;
  readonly units: number;
  readonly activation: NativeActivation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;
  readonly kernelConstraint: Constraint | null;
  readonly biasConstraint: Constraint | null;
  readonly #activityRegularizer: Regularizer | null;

  /**
   * @param units size of the output's last axis, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: DenseOptions = {}, ...rest: []) {
    const where = 'Dense';
    refuseMore(where, rest);
    const checkedUnits = checkInteger(where, 'units', units);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const fields = {
      activation: resolveActivation(where, 'activation', o.activation),
      useBias: checkBoolean(where, 'useBias', o.useBias),
      kernelInitializer: resolveInitializer(where, 'kernelInitializer', o.kernelInitializer),
      biasInitializer: resolveInitializer(where, 'biasInitializer', o.biasInitializer),
      kernelRegularizer: resolveRegularizer(where, 'kernelRegularizer', o.kernelRegularizer),
      biasRegularizer: resolveRegularizer(where, 'biasRegularizer', o.biasRegularizer),
      activityRegularizer: resolveActivityRegularizer(where, o.activityRegularizer),
      kernelConstraint: resolveConstraint(where, 'kernelConstraint', o.kernelConstraint),
      biasConstraint: resolveConstraint(where, 'biasConstraint', o.biasConstraint),
    };
    super(where, o);
    this.units = checkedUnits;
    this.activation = fields.activation;
    this.useBias = fields.useBias;
    this.kernelInitializer = fields.kernelInitializer;
    this.biasInitializer = fields.biasInitializer;
    this.kernelRegularizer = fields.kernelRegularizer;
    this.biasRegularizer = fields.biasRegularizer;
    this.kernelConstraint = fields.kernelConstraint;
    this.biasConstraint = fields.biasConstraint;
    this.#activityRegularizer = fields.activityRegularizer;
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
  }

  override get activityRegularizer(): Regularizer | null {
    return this.#activityRegularizer;
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    if (inputShape.length < 2)
      throw refusal(
        'ERR_SHAPE',
        this.where,
        'input of rank 2 [N,C] or more',
        `rank ${inputShape.length} ${shapeText(inputShape)}`,
      );
    knownFeatures(this.where, inputShape);
    return [...inputShape.slice(0, -1), this.units];
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const kernel: WeightDeclaration = {
      name: 'kernel',
      shape: [knownFeatures(this.where, inputShape), this.units],
      initializer: this.kernelInitializer,
      regularizer: this.kernelRegularizer,
      constraint: this.kernelConstraint,
    };
    if (!this.useBias) return [kernel];
    const { biasInitializer: initializer, biasRegularizer: regularizer, biasConstraint: constraint } = this;
    return [kernel, { name: 'bias', shape: [this.units], initializer, regularizer, constraint }];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    const { units, activation, useBias } = this;
    const features = knownFeatures(this.where, inputShape);
    return { kind: 'dense', features, units, activation, useBias, ...this.nativeWeighted() };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.activation,
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.toJSON(),
      biasInitializer: this.biasInitializer.toJSON(),
      kernelRegularizer: this.kernelRegularizer?.toJSON() ?? null,
      biasRegularizer: this.biasRegularizer?.toJSON() ?? null,
      activityRegularizer: this.#activityRegularizer?.toJSON() ?? null,
      kernelConstraint: this.kernelConstraint?.toJSON() ?? null,
      biasConstraint: this.biasConstraint?.toJSON() ?? null,
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Dense {
    const { units, ...options } = config;
    return new Dense(units as number, options);
  }
}
