// SPDX-License-Identifier: MIT
// Dense: activation(x · kernel + bias) on the last axis. Options, shapes and config; native/layers/dense computes.
import { resolveActivation, type ActivationLike } from '../activations';
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { resolveRegularizer, type Regularizer, type RegularizerLike } from '../regularizers';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean, checkInteger, refusal } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions, type WeightDeclaration } from './layer';
import { knownFeatures, shapeText } from './shapes';
import type { NativeActivation, NativeLayer } from '../native/binding';
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
  /** Not supported yet: only Keras' default. */
  activityRegularizer?: null;
  /** Not supported yet: only Keras' default. */
  kernelConstraint?: null;
  /** Not supported yet: only Keras' default. */
  biasConstraint?: null;
  /** Not supported yet: only Keras' default. */
  loraRank?: null;
}

const NOT_YET = Object.freeze({
  dtype: 'float32',
  activityRegularizer: null,
  kernelConstraint: null,
  biasConstraint: null,
  loraRank: null,
} as const);

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
  readonly className = 'Dense';
  readonly units: number;
  readonly activation: NativeActivation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly kernelRegularizer: Regularizer | null;
  readonly biasRegularizer: Regularizer | null;

  /**
   * @param units size of the output's last axis, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME`
   */
  constructor(units: number, options: DenseOptions = {}) {
    const where = 'Dense';
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
    };
    super(where, o);
    this.units = checkedUnits;
    this.activation = fields.activation;
    this.useBias = fields.useBias;
    this.kernelInitializer = fields.kernelInitializer;
    this.biasInitializer = fields.biasInitializer;
    this.kernelRegularizer = fields.kernelRegularizer;
    this.biasRegularizer = fields.biasRegularizer;
  }

  override get outputActivation(): NativeActivation {
    return this.activation;
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
    };
    if (!this.useBias) return [kernel];
    const { biasInitializer: initializer, biasRegularizer: regularizer } = this;
    return [kernel, { name: 'bias', shape: [this.units], initializer, regularizer }];
  }

  override toNative(): NativeLayer {
    const { units, activation, useBias, trainable } = this;
    return {
      kind: 'dense',
      units,
      activation,
      useBias,
      trainable,
      penalties: this.nativePenalties(),
      constraints: this.nativeConstraints(),
    };
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
    };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Dense {
    const { units, ...options } = config;
    return new Dense(units as number, options);
  }
}
