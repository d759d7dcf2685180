// SPDX-License-Identifier: MIT
// SpatialDropout1D: in training, a share of the features of each row becomes zero at all its timesteps.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { nextSeed } from '../util/seeds';
import { checkInteger, checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { expectRank } from './shapes';
import type { MaskPassage } from './step_mask';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link SpatialDropout1D}. */
export interface SpatialDropout1DOptions extends LayerOptions {
  /** Integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link SpatialDropout1DOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, seed: null } as const);

/**
 * In training, sets each feature of a row [T,C] to zero at all timesteps with probability `rate` and divides the others
 * by `1 - rate`; else changes nothing.
 *
 * Differs from Keras: a rate of 1, which leaves nothing, is refused.
 *
 * @see keras/src/layers/regularization/spatial_dropout.py; Tompson et al. 2014
 * @example
 * new Sequential([new Embedding(1000, 32), new SpatialDropout1D(0.2), new LSTM(16), new Dense(1)]);
 */
export class SpatialDropout1D extends Layer {
  static readonly className = 'SpatialDropout1D';
  readonly className = SpatialDropout1D.className;
  readonly rate: number;
  readonly seed: number | null;

  /**
   * @param rate share of features to drop, from 0 to below 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(rate: number, options: SpatialDropout1DOptions = {}, ...rest: []) {
    const where = 'SpatialDropout1D';
    refuseMore(where, rest);
    const checkedRate = checkNumber(where, 'rate', rate, { min: 0, max: 1, belowMax: true });
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const seed = o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    super(where, o);
    this.rate = checkedRate;
    this.seed = seed;
    this.drawSeed = seed ?? nextSeed();
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'spatial_dropout1d', rate: this.rate, seed: this.drawSeed! };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): SpatialDropout1D {
    const { rate, ...options } = config;
    return new SpatialDropout1D(rate as number, options);
  }
}
