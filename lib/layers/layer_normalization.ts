// SPDX-License-Identifier: MIT
// LayerNormalization: each position by itself. Options and config; native/layers/layer_normalization computes.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { AffineNormalization, affineDefaults, type AffineNormalizationOptions } from './affine_normalization';
import { knownFeatures } from './shapes';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link LayerNormalization}. */
export type LayerNormalizationOptions = AffineNormalizationOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link LayerNormalizationOptions}, as in Keras. */
export const defaults = affineDefaults;

/**
 * Normalizes the features of each position by themselves: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.
 *
 * Input and output have one shape, [N,C] or [N,T,C]. Weights: `gamma` [C], `beta` [C].
 *
 * @see keras/src/layers/normalization/layer_normalization.py; Ba, Kiros, Hinton 2016
 * @example
 * new Sequential([new Input([20, 8]), new LSTM(16, { returnSequences: true }), new LayerNormalization(), new LSTM(16)]);
 */
export class LayerNormalization extends AffineNormalization {
  static readonly className = 'LayerNormalization';
  readonly className = LayerNormalization.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`, `ERR_UNKNOWN_NAME` */
  constructor(options: LayerNormalizationOptions = {}, ...rest: []) {
    const where = 'LayerNormalization';
    refuseMore(where, rest);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    super(where, o);
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    const { epsilon, center, scale } = this;
    const features = knownFeatures(this.where, inputShape);
    return { kind: 'layer_normalization', features, epsilon, center, scale, ...this.nativeWeighted() };
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): LayerNormalization {
    return new LayerNormalization(config);
  }
}
