// SPDX-License-Identifier: MIT
// Cropping1D and ZeroPadding1D: fewer or more timesteps at both ends. native/layers/reshaping/select_steps computes.
import { refuseMore } from '../../util/arguments';
import { refuseNotYet, withDefaults } from '../../util/options';
import { checkInteger, refusal } from '../../util/validate';
import { layerDefaults, type LayerOptions } from '../layer';
import { checkDataFormat } from '../windows';
import { ALL_STEPS, MovingSteps, type Selection } from './moving_steps';

/** Timesteps at the beginning and at the end; a number for both. */
export type BothEnds = number | readonly [begin: number, end: number];

function checkBothEnds(where: string, what: string, value: unknown): readonly [number, number] {
  if (!Array.isArray(value)) {
    const size = checkInteger(where, what, value, 0);
    return [size, size];
  }
  if (value.length !== 2) throw refusal('ERR_CONFIG', where, `${what} of two sizes`, `${value.length}`);
  return [checkInteger(where, `${what}[0]`, value[0], 0), checkInteger(where, `${what}[1]`, value[1], 0)];
}

/** Options of {@link Cropping1D}. */
export type Cropping1DOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/**
 * Leaves out timesteps at the beginning and at the end: [N,T,C] to [N,T - begin - end,C]. Ids [N,T] stay ids.
 *
 * Masks end here, as in Keras; a {@link Slice} keeps them.
 *
 * @see keras/src/layers/reshaping/cropping1d.py
 * @example
 * new Cropping1D([1, 2]).computeOutputShape([null, 10, 3]); // [null, 7, 3]
 */
export class Cropping1D extends MovingSteps {
  static readonly className = 'Cropping1D';
  readonly className = Cropping1D.className;
  readonly cropping: readonly [begin: number, end: number];
  protected readonly selection: Selection;

  /**
   * @param cropping timesteps to leave out at each end, from 0; default [1, 1]
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(cropping: BothEnds = [1, 1], options: Cropping1DOptions = {}, ...rest: []) {
    refuseMore('Cropping1D', rest);
    const [begin, end] = checkBothEnds('Cropping1D', 'cropping', cropping);
    const o = withDefaults('Cropping1D', options, layerDefaults);
    refuseNotYet('Cropping1D', options, NOT_YET);
    super('Cropping1D', o);
    this.cropping = Object.freeze([begin, end] as const);
    this.selection = { ...ALL_STEPS, begin, end: end === 0 ? null : -end };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), cropping: [...this.cropping] };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Cropping1D {
    const { cropping, ...options } = config;
    return new Cropping1D(cropping as BothEnds | undefined, options);
  }
}

/** Options of {@link ZeroPadding1D}. */
export interface ZeroPadding1DOptions extends LayerOptions {
  /** Features stand last: null or `'channels_last'`. Default null. */
  dataFormat?: 'channels_last' | 'channelsLast' | null;
}

/** Defaults of {@link ZeroPadding1DOptions}, as in Keras. */
export const zeroPaddingDefaults = Object.freeze({ ...layerDefaults, dataFormat: null } as const);

/**
 * Adds timesteps of zeros at the beginning and at the end: [N,T,C] to [N,begin + T + end,C]. Ids [N,T] stay ids.
 *
 * Masks end here, as in Keras: the zeros are timesteps like others.
 *
 * @see keras/src/layers/reshaping/zero_padding1d.py
 * @example
 * new ZeroPadding1D(2).computeOutputShape([null, 10, 3]); // [null, 14, 3]
 */
export class ZeroPadding1D extends MovingSteps {
  static readonly className = 'ZeroPadding1D';
  readonly className = ZeroPadding1D.className;
  readonly padding: readonly [begin: number, end: number];
  protected readonly selection: Selection;

  /**
   * @param padding timesteps to add at each end, from 0; default 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(padding: BothEnds = 1, options: ZeroPadding1DOptions = {}, ...rest: []) {
    refuseMore('ZeroPadding1D', rest);
    const [before, after] = checkBothEnds('ZeroPadding1D', 'padding', padding);
    const o = withDefaults('ZeroPadding1D', options, zeroPaddingDefaults);
    refuseNotYet('ZeroPadding1D', options, NOT_YET);
    checkDataFormat('ZeroPadding1D', o.dataFormat);
    super('ZeroPadding1D', o);
    this.padding = Object.freeze([before, after] as const);
    this.selection = { ...ALL_STEPS, before, after };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), padding: [...this.padding], dataFormat: null };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): ZeroPadding1D {
    const { padding, ...options } = config;
    return new ZeroPadding1D(padding as BothEnds | undefined, options);
  }
}
