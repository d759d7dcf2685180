// SPDX-License-Identifier: MIT
// Dropout: in training, a share of the elements becomes zero and the others grow to make up for it.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { nextSeed } from '../util/seeds';
import { checkInteger, checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link Dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** Integer from 0 to 2^53 - 1; default null: drawn from the global seed. */
  seed?: number | null;
  /** Not supported yet: only Keras' default. */
  noiseShape?: null;
}

const NOT_YET = Object.freeze({ dtype: 'float32', noiseShape: null } as const);

/** Defaults of {@link DropoutOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, seed: null } as const);

/**
 * In training, sets each element to zero with probability `rate` and divides the others by `1 - rate`; else changes nothing.
 *
 * Differs from Keras: a rate of 1, which leaves nothing, is refused.
 *
 * @see keras/src/layers/regularization/dropout.py; Srivastava et al. 2014
 * @example
 * new Sequential([new Input([8]), new Dropout(0.5, { seed: 1 }), new Dense(1)]);
 */
export class Dropout extends Layer {
  static readonly className = 'Dropout';
  readonly className = Dropout.className;
  readonly rate: number;
  readonly seed: number | null;

  /**
   * @param rate share of elements to drop, from 0 to below 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(rate: number, options: DropoutOptions = {}, ...rest: []) {
    refuseMore('Dropout', rest);
    const checkedRate = checkNumber('Dropout', 'rate', rate, { min: 0, max: 1, belowMax: true });
    const o = withDefaults('Dropout', options, defaults);
    refuseNotYet('Dropout', options, NOT_YET);
    const seed = o.seed === null ? null : checkInteger('Dropout', 'seed', o.seed, 0, Number.MAX_SAFE_INTEGER);
    super('Dropout', o);
    this.rate = checkedRate;
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
    return { kind: 'dropout', rate: this.rate, seed: this.drawSeed! };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Dropout {
    const { rate, ...options } = config;
    return new Dropout(rate as number, options);
  }
}
