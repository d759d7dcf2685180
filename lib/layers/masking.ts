// SPDX-License-Identifier: MIT
// Masking: timesteps all of whose features have one value are left out by the layers that follow.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import { expectRank } from './shapes';
import type { StepInputs, StepMask } from './step_mask';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link Masking}. */
export interface MaskingOptions extends LayerOptions {
  /** A timestep is left out where all its features are this; default 0. */
  maskValue?: number;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link MaskingOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, maskValue: 0 } as const);

/**
 * Masks the timesteps of sequences whose features all are `maskValue`: recurrent layers after it skip them. Input and
 * output have one shape [N,T,C]; masked timesteps become zero.
 *
 * @see keras/src/layers/core/masking.py
 * @example
 * new Sequential([new Input([null, 8]), new Masking({ maskValue: -1 }), new LSTM(16), new Dense(1)]);
 */
export class Masking extends Layer {
  static readonly className = 'Masking';
  readonly className = Masking.className;
  readonly maskValue: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: MaskingOptions = {}, ...rest: []) {
    refuseMore('Masking', rest);
    const o = withDefaults('Masking', options, defaults);
    refuseNotYet('Masking', options, NOT_YET);
    const maskValue = checkNumber('Masking', 'maskValue', o.maskValue);
    super('Masking', o);
    this.maskValue = maskValue;
  }

  override stepMask({ data, shape }: StepInputs): StepMask {
    const [, steps = 1, features = 1] = shape;
    const value = Math.fround(this.maskValue);
    return (row, step) => {
      const begin = (row * steps + step) * features;
      return data.subarray(begin, begin + features).some((feature) => feature !== value);
    };
  }

  override computeOutputShape(inputShape: Shape): Shape {
    expectRank(this.where, inputShape, '[N,T,C]');
    return inputShape;
  }

  override get makesMask(): boolean {
    return true;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'masking', maskValue: this.maskValue };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), maskValue: this.maskValue };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): Masking {
    return new Masking(config);
  }
}
