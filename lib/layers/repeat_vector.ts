// SPDX-License-Identifier: MIT
// RepeatVector: one vector becomes a sequence of it, between an encoder and a decoder for instance.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkInteger } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { expectRank, knownFeatures } from './shapes';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link RepeatVector}. */
export type RepeatVectorOptions = LayerOptions;

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link RepeatVectorOptions}. */
export const defaults = layerDefaults;

/**
 * Repeats its input `n` times: [N,C] to [N,n,C].
 *
 * @see keras/src/layers/reshaping/repeat_vector.py
 * @example
 * // An encoder's last state, given to every timestep of a decoder.
 * new Sequential([new Input([20, 8]), new LSTM(16), new RepeatVector(10), new LSTM(16, { returnSequences: true })]);
 */
export class RepeatVector extends Layer {
  static readonly className = 'RepeatVector';
  readonly className = RepeatVector.className;
  readonly n: number;

  /**
   * @param n timesteps of the output, from 1
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`
   */
  constructor(n: number, options: RepeatVectorOptions = {}, ...rest: []) {
    refuseMore('RepeatVector', rest);
    const checked = checkInteger('RepeatVector', 'n', n);
    const o = withDefaults('RepeatVector', options, defaults);
    refuseNotYet('RepeatVector', options, NOT_YET);
    super('RepeatVector', o);
    this.n = checked;
  }

  override get keepsIds(): boolean {
    return true;
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,C]');
    return [inputShape[0]!, this.n, knownFeatures(this.where, inputShape)];
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'repeat_vector', n: this.n };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), n: this.n };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): RepeatVector {
    const { n, ...options } = config;
    return new RepeatVector(n as number, options);
  }
}
