// SPDX-License-Identifier: MIT
// GaussianDropout: in training, every element is multiplied by normal noise around 1.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { nextSeed } from '../util/seeds';
import { checkInteger, checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link GaussianDropout}. */
export interface GaussianDropoutOptions extends LayerOptions {
  /** Integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link GaussianDropoutOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, seed: null } as const);

/**
 * In training, multiplies each element by normal noise of mean 1 and deviation `sqrt(rate / (1 - rate))`; else changes
 * nothing.
 *
 * Differs from Keras: a rate of 1, whose deviation is infinite, is refused.
 *
 * @see keras/src/layers/regularization/gaussian_dropout.py; Srivastava et al. 2014
 * @example
 * new Sequential([new Input([20, 8]), new GaussianDropout(0.1), new LSTM(16), new Dense(1)]);
 */
export class GaussianDropout extends Layer {
  static readonly className = 'GaussianDropout';
  readonly className = GaussianDropout.className;
  readonly rate: number;
  readonly seed: number | null;

  /**
   * @param rate as of a `Dropout`, from 0 to below 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(rate: number, options: GaussianDropoutOptions = {}, ...rest: []) {
    refuseMore('GaussianDropout', rest);
    const where = 'GaussianDropout';
    const checked = checkNumber(where, 'rate', rate, { min: 0, max: 1, belowMax: true });
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const seed = o.seed === null ? null : checkInteger(where, 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    super(where, o);
    this.rate = checked;
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
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return { kind: 'gaussian_noise', stddev, multiplies: true, seed: this.drawSeed! };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): GaussianDropout {
    const { rate, ...options } = config;
    return new GaussianDropout(rate as number, options);
  }
}
