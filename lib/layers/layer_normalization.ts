// SPDX-License-Identifier: MIT
// LayerNormalization: each position by itself. Options and config; native/layers/layer_normalization computes.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { Normalization, normalizationDefaults, type NormalizationOptions } from './normalization';
import type { NativeLayer } from '../native/binding';

/** Options of {@link LayerNormalization}. */
export type LayerNormalizationOptions = NormalizationOptions;

const NOT_YET = Object.freeze({ dtype: 'float32', axis: -1 } as const);

/** Defaults of {@link LayerNormalizationOptions}, as in Keras. */
export const defaults = normalizationDefaults;

/**
 * Normalizes the features of each position by themselves: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.
 *
 * Input and output have one shape, [N,C] or [N,T,C]. Weights: `gamma` [C], `beta` [C].
 *
 * @see keras/src/layers/normalization/layer_normalization.py; Ba, Kiros, Hinton 2016
 * @example
 * new Sequential([new Input([20, 8]), new LSTM(16, { returnSequences: true }), new LayerNormalization(), new LSTM(16)]);
 */
export class LayerNormalization extends Normalization {
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

  override toNative(): NativeLayer {
    const { epsilon, center, scale } = this;
    return { kind: 'layer_normalization', epsilon, center, scale, ...this.nativeWeighted() };
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): LayerNormalization {
    return new LayerNormalization(config);
  }
}
