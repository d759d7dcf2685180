// SPDX-License-Identifier: MIT
// GlobalMaxPooling1D and GlobalAveragePooling1D: one vector of all timesteps. native/layers/global_pool1d computes.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkBoolean } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { expectRank } from './shapes';
import { checkDataFormat } from './windows';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link GlobalMaxPooling1D} and {@link GlobalAveragePooling1D}. */
export interface GlobalPooling1DOptions extends LayerOptions {
  /** Whether the output is a sequence of one timestep [N,1,C]; default false: [N,C]. */
  keepdims?: boolean;
  /** Features stand last: null or `'channels_last'`. Default null. */
  dataFormat?: 'channels_last' | 'channelsLast' | null;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link GlobalPooling1DOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, keepdims: false, dataFormat: null } as const);

/** Base class of pooling over all timesteps. */
abstract class GlobalPooling1D extends Layer {
  readonly keepdims: boolean;

  protected constructor(
    where: string,
    private readonly pool: 'max' | 'average',
    options: GlobalPooling1DOptions,
  ) {
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    checkDataFormat(where, o.dataFormat);
    const keepdims = checkBoolean(where, 'keepdims', o.keepdims);
    super(where, o);
    this.keepdims = keepdims;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    const [batch, , features] = inputShape as [number | null, number | null, number | null];
    return this.keepdims ? [batch, 1, features] : [batch, features];
  }

  override toNative(): NativeLayerConfig {
    const { pool, keepdims } = this;
    return { kind: 'global_pool1d', pool, keepdims };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), keepdims: this.keepdims };
  }
}

/**
 * The maximum over all timesteps, feature by feature: [N,T,C] to [N,C].
 *
 * Knows no mask: masked timesteps are read like others, as in Keras.
 *
 * @see keras/src/layers/pooling/global_max_pooling1d.py
 * @example
 * new Sequential([new Embedding(1000, 32), new Conv1D(64, 5), new GlobalMaxPooling1D(), new Dense(1)]);
 */
export class GlobalMaxPooling1D extends GlobalPooling1D {
  static readonly className = 'GlobalMaxPooling1D';
  readonly className = GlobalMaxPooling1D.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: GlobalPooling1DOptions = {}, ...rest: []) {
    refuseMore('GlobalMaxPooling1D', rest);
    super('GlobalMaxPooling1D', 'max', options);
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): GlobalMaxPooling1D {
    return new GlobalMaxPooling1D(config);
  }
}

/**
 * The average over the timesteps that are not masked, feature by feature: [N,T,C] to [N,C].
 *
 * Differs from Keras: a row all of whose timesteps are masked gives 0, not NaN.
 *
 * @see keras/src/layers/pooling/global_average_pooling1d.py
 * @example
 * new Sequential([new Embedding(1000, 32, { maskZero: true }), new GlobalAveragePooling1D(), new Dense(1)]);
 */
export class GlobalAveragePooling1D extends GlobalPooling1D {
  static readonly className = 'GlobalAveragePooling1D';
  readonly className = GlobalAveragePooling1D.className;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: GlobalPooling1DOptions = {}, ...rest: []) {
    refuseMore('GlobalAveragePooling1D', rest);
    super('GlobalAveragePooling1D', 'average', options);
  }

  override get readsMask(): boolean {
    return true;
  }

  /** The layer that `getConfig` described. */
  static fromConfig(config: Record<string, unknown>): GlobalAveragePooling1D {
    return new GlobalAveragePooling1D(config);
  }
}
