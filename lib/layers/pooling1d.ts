// SPDX-License-Identifier: MIT
// MaxPooling1D and AveragePooling1D: one timestep of each window. Options, shapes and config; native/layers/pool1d computes.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkOneOf } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { expectRank } from './shapes';
import { checkDataFormat, checkOneSize, windowCount, type OneSize } from './windows';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

const PADDINGS = ['valid', 'same'] as const;

/** Options of {@link MaxPooling1D} and {@link AveragePooling1D}. */
export interface Pooling1DOptions extends LayerOptions {
  /** Steps from one window to the next; default null: the size of a window. */
  strides?: OneSize | null;
  /** `'same'`: windows reach into padding, which is in no maximum and no average; default `'valid'`. */
  padding?: (typeof PADDINGS)[number];
  /** Features stand last: null or `'channels_last'`. Default null. */
  dataFormat?: 'channels_last' | 'channelsLast' | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link Pooling1DOptions}, as in Keras. */
export const defaults = Object.freeze({
  ...layerDefaults,
  ...NOT_YET,
  strides: null,
  padding: 'valid',
  dataFormat: null,
} as const);

/** Base class of pooling over windows. */
abstract class Pooling1D extends Layer {
  readonly poolSize: number;
  readonly strides: number;
  readonly padding: 'valid' | 'same';
  readonly #givenStrides: number | null;

  protected constructor(
    where: string,
    private readonly pool: 'max' | 'average',
    poolSize: OneSize,
    options: Pooling1DOptions,
  ) {
    const size = checkOneSize(where, 'poolSize', poolSize);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    checkDataFormat(where, o.dataFormat);
    const strides = o.strides === null ? null : checkOneSize(where, 'strides', o.strides);
    const padding = checkOneOf(where, 'padding', o.padding, PADDINGS);
    super(where, o);
    this.poolSize = size;
    this.#givenStrides = strides;
    this.strides = strides ?? size;
    this.padding = padding;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    const { poolSize: size, strides, padding } = this;
    return [
      inputShape[0]!,
      windowCount(this.where, { size, strides, dilation: 1, padding }, inputShape),
      inputShape[2]!,
    ];
  }

  override toNative(): NativeLayerConfig {
    const { pool, poolSize, strides, padding } = this;
    return { kind: 'pool1d', pool, poolSize, strides, padding };
  }

  override getConfig(): Record<string, unknown> {
    const { poolSize, padding } = this;
    return { ...super.getConfig(), poolSize, strides: this.#givenStrides, padding };
  }
}

/**
 * The maximum of each window over time, feature by feature: [N,T,C] to [N,windows,C].
 *
 * Masks end here: masked timesteps are read like others, as in Keras.
 *
 * @see keras/src/layers/pooling/max_pooling1d.py
 * @example
 * new MaxPooling1D(2).computeOutputShape([null, 10, 3]); // [null, 5, 3]
 */
export class MaxPooling1D extends Pooling1D {
  static readonly className = 'MaxPooling1D';
  readonly className = MaxPooling1D.className;

  /**
   * @param poolSize timesteps of a window, from 1; default 2
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(poolSize: OneSize = 2, options: Pooling1DOptions = {}, ...rest: []) {
    refuseMore('MaxPooling1D', rest);
    super('MaxPooling1D', 'max', poolSize, options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): MaxPooling1D {
    const { poolSize, ...options } = config;
    return new MaxPooling1D(poolSize as number | undefined, options);
  }
}

/**
 * The average of each window over time, feature by feature: [N,T,C] to [N,windows,C].
 *
 * Masks end here: masked timesteps are read like others, as in Keras.
 *
 * @see keras/src/layers/pooling/average_pooling1d.py
 * @example
 * new AveragePooling1D(3, { strides: 1, padding: 'same' }).computeOutputShape([null, 10, 3]); // [null, 10, 3]
 */
export class AveragePooling1D extends Pooling1D {
  static readonly className = 'AveragePooling1D';
  readonly className = AveragePooling1D.className;

  /**
   * @param poolSize timesteps of a window, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(poolSize: OneSize, options: Pooling1DOptions = {}, ...rest: []) {
    refuseMore('AveragePooling1D', rest);
    super('AveragePooling1D', 'average', poolSize, options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): AveragePooling1D {
    const { poolSize, ...options } = config;
    return new AveragePooling1D(poolSize as number, options);
  }
}
