// SPDX-License-Identifier: MIT
// BatchNormalization: each feature over the batch. Options and config; native/layers/batch_normalization computes.
import { resolveInitializer, type Initializer, type InitializerLike } from '../initializers';
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkNumber } from '../util/validate';
import { knownFeatures } from './shapes';
import { AffineNormalization, affineDefaults, type AffineNormalizationOptions } from './affine_normalization';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';
import type { WeightDeclaration } from './layer';

/** Options of {@link BatchNormalization}. */
export interface BatchNormalizationOptions extends AffineNormalizationOptions {
  /** Share that the moving averages keep of themselves at each step of training; default 0.99. */
  momentum?: number;
  /** Default `'zeros'`. */
  movingMeanInitializer?: InitializerLike;
  /** Default `'ones'`. */
  movingVarianceInitializer?: InitializerLike;
  /** Not supported yet: only Keras' default. */
  renorm?: false;
  /** Not supported yet: only Keras' default. */
  renormClipping?: null;
  /** Not supported yet: only Keras' default. */
  renormMomentum?: 0.99;
  /** Not supported yet: only Keras' default. */
  synchronized?: false;
}

const NOT_YET = Object.freeze({
  dtype: 'float32',
  renorm: false,
  renormClipping: null,
  renormMomentum: 0.99,
  synchronized: false,
} as const);

/** Defaults of {@link BatchNormalizationOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...affineDefaults,
  ...NOT_YET,
  momentum: 0.99,
  movingMeanInitializer: 'zeros',
  movingVarianceInitializer: 'ones',
} as const);

/**
 * Normalizes each feature over the batch: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.
 *
 * In training mean and variance are those of the batch, over all rows and all timesteps that are not masked, and moving
 * averages follow them; in inference, and always where `trainable` is false, the moving averages take their place. Input
 * and output have one shape, [N,C] or [N,T,C]. Weights: `gamma`, `beta`, `movingMean`, `movingVariance`, each [C]; the
 * optimizer never touches the last two.
 *
 * A `call` by itself with `training: true` uses the batch and leaves the weights as they are.
 *
 * @see keras/src/layers/normalization/batch_normalization.py; Ioffe, Szegedy 2015
 * @example
 * new Sequential([new Input([8]), new Dense(16), new BatchNormalization(), new Activation('relu'), new Dense(1)]);
 */
export class BatchNormalization extends AffineNormalization {
  static readonly className = 'BatchNormalization';
  readonly className = BatchNormalization.className;
  readonly momentum: number;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME` */
  constructor(options: BatchNormalizationOptions = {}, ...rest: []) {
    const where = 'BatchNormalization';
    refuseMore(where, rest);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const momentum = checkNumber(where, 'momentum', o.momentum, { min: 0, max: 1 });
    const mean = resolveInitializer(where, 'movingMeanInitializer', o.movingMeanInitializer);
    const variance = resolveInitializer(where, 'movingVarianceInitializer', o.movingVarianceInitializer);
    super(where, o);
    this.momentum = momentum;
    this.movingMeanInitializer = mean;
    this.movingVarianceInitializer = variance;
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    const rest = { shape: [knownFeatures(this.where, inputShape)], regularizer: null, trainable: false };
    return [
      ...super.declareWeights(inputShape),
      { ...rest, name: 'movingMean', initializer: this.movingMeanInitializer },
      { ...rest, name: 'movingVariance', initializer: this.movingVarianceInitializer },
    ];
  }

  override get mixesRows(): boolean {
    return true;
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    const { momentum, epsilon, center, scale } = this;
    const features = knownFeatures(this.where, inputShape);
    return { kind: 'batch_normalization', features, momentum, epsilon, center, scale, ...this.nativeWeighted() };
  }

  override getConfig(): Record<string, unknown> {
    return {
      ...super.getConfig(),
      momentum: this.momentum,
      movingMeanInitializer: this.movingMeanInitializer.toJSON(),
      movingVarianceInitializer: this.movingVarianceInitializer.toJSON(),
    };
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): BatchNormalization {
    return new BatchNormalization(config);
  }
}
