// SPDX-License-Identifier: MIT
// AdditiveAttention: attention whose scores are sums of tanh.
import { refuseMore } from '../../util/arguments';
import { resolveInitializer } from '../../initializers';
import { withDefaults } from '../../util/options';
import { knownFeatures } from '../shapes';
import { layerDefaults, type WeightDeclaration } from '../layer';
import { Attention, type AttentionOptions } from './attention';
import type { NativeLayerConfig } from '../../native/binding';
import type { Shape } from '../../types';

/** Options of {@link AdditiveAttention}. */
export interface AdditiveAttentionOptions extends Omit<AttentionOptions, 'scoreMode' | 'useScale'> {
  /** Whether each feature has a weight in the sum. Default true. */
  useScale?: boolean;
}

/** Defaults of {@link AdditiveAttentionOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  dtype: 'float32',
  useScale: true,
  dropout: 0,
  seed: null,
} as const);

/**
 * Additive attention (Bahdanau): as {@link Attention}, with scores sum of scale · tanh(query + key).
 *
 * Inputs, output and options of `apply` are those of {@link Attention}. Weight: `scale` [C] with `useScale`.
 *
 * @see keras/src/layers/attention/additive_attention.py; Bahdanau, Cho, Bengio 2015
 * @example
 * const [context, weights] = new AdditiveAttention().apply<SymbolicTensor[]>([decoded, encoded], {
 *   returnAttentionScores: true,
 * });
 */
export class AdditiveAttention extends Attention {
  static override readonly className = 'AdditiveAttention';
  override readonly className = AdditiveAttention.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: AdditiveAttentionOptions = {}, ...rest: []) {
    refuseMore('AdditiveAttention', rest);
    const where = 'AdditiveAttention';
    super(withDefaults(where, options, defaults));
  }

  protected override declareWeights(inputShape: Shape): WeightDeclaration[] {
    if (!this.useScale) return [];
    const initializer = resolveInitializer(this.where, 'scale', 'glorotUniform');
    return [{ name: 'scale', shape: [knownFeatures(this.where, inputShape)], initializer, regularizer: null }];
  }

  override toNative(inputShape: Shape): NativeLayerConfig {
    return this.nativeAttention('additive', this.useScale ? knownFeatures(this.where, inputShape) : 0);
  }

  override getConfig(): Record<string, unknown> {
    const config = super.getConfig();
    delete config['scoreMode'];
    return config;
  }

  /** The layer that {@link getConfig} described. */
  static override fromConfig(config: Record<string, unknown>): AdditiveAttention {
    return new AdditiveAttention(config);
  }
}
