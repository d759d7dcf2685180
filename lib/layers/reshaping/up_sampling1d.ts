// SPDX-License-Identifier: MIT
// UpSampling1D: every timestep several times. native/layers/reshaping/select_steps computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkInteger } from '../../util/validate';
import { layerDefaults, type LayerOptions } from '../layer';
import { ALL_STEPS, MovingSteps, type Selection } from './moving_steps';

/** Options of {@link UpSampling1D}. */
export type UpSampling1DOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/**
 * Repeats every timestep `size` times: [N,T,C] to [N,T * size,C]. Ids [N,T] stay ids.
 *
 * Masks end here, as in Keras.
 *
 * @see keras/src/layers/reshaping/up_sampling1d.py
 * @example
 * new UpSampling1D(3).computeOutputShape([null, 4, 2]); // [null, 12, 2]
 */
export class UpSampling1D extends MovingSteps {
  static readonly className = 'UpSampling1D';
  readonly className = UpSampling1D.className;
  readonly size: number;
  protected readonly selection: Selection;

  /**
   * @param size how many times, from 1; default 2
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(size = 2, options: UpSampling1DOptions = {}, ...rest: []) {
    refuseMore('UpSampling1D', rest);
    const repeats = checkInteger('UpSampling1D', 'size', size);
    const o = withDefaults('UpSampling1D', options, layerDefaults);
    refuseNotYet('UpSampling1D', options, NOT_YET);
    super('UpSampling1D', o);
    this.size = repeats;
    this.selection = { ...ALL_STEPS, repeats };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), size: this.size };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): UpSampling1D {
    const { size, ...options } = config;
    return new UpSampling1D(size as number | undefined, options);
  }
}
