// SPDX-License-Identifier: MIT
// GaussianNoise: in training, normal noise is added to every element.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { nextSeed } from '../util/seeds';
import { checkInteger, checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link GaussianNoise}. */
export interface GaussianNoiseOptions extends LayerOptions {
  /** Integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link GaussianNoiseOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, seed: null } as const);

/**
 * In training, adds normal noise of mean 0 to each element; else changes nothing.
 *
 * @see keras/src/layers/regularization/gaussian_noise.py
 * @example
 * new Sequential([new Input([20, 8]), new GaussianNoise(0.1), new LSTM(16), new Dense(1)]);
 */
export class GaussianNoise extends Layer {
  static readonly className = 'GaussianNoise';
  readonly className = GaussianNoise.className;
  readonly stddev: number;
  readonly seed: number | null;

  /**
   * @param stddev standard deviation of the noise, from 0 to 1 as in Keras
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(stddev: number, options: GaussianNoiseOptions = {}, ...rest: []) {
    const where = 'GaussianNoise';
    refuseMore(where, rest);
    const checked = checkNumber(where, 'stddev', stddev, { min: 0, max: 1 });
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const seed = o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    super(where, o);
    this.stddev = checked;
    this.seed = seed;
    this.drawSeed = seed ?? nextSeed();
  }

  override get isPositionWise(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'gaussian_noise', stddev: this.stddev, multiplies: false, seed: this.drawSeed! };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), stddev: this.stddev, seed: this.seed };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): GaussianNoise {
    const { stddev, ...options } = config;
    return new GaussianNoise(stddev as number, options);
  }
}
