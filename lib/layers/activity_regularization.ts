// SPDX-License-Identifier: MIT
// ActivityRegularization: values pass through, and a penalty on them is added to the loss.
import { refuseMore } from '../util/arguments';
import { refuseNotYet, withDefaults } from '../util/options';
import { checkNumber } from '../util/validate';
import { Layer, layerDefaults, type LayerOptions } from './layer';
import type { MaskPassage } from './step_mask';
import type { NativeLayerConfig } from '../native/binding';
import type { Shape } from '../types';

/** Options of {@link ActivityRegularization}. */
export interface ActivityRegularizationOptions extends LayerOptions {
  /** Factor of the sum of absolute values; default 0. */
  l1?: number;
  /** Factor of the sum of squares; default 0. */
  l2?: number;
}

const NOT_YET = Object.freeze({ dtype: 'float32' } as const);

/** Defaults of {@link ActivityRegularizationOptions}, as in Keras. */
export const defaults = Object.freeze({ ...layerDefaults, ...NOT_YET, l1: 0, l2: 0 } as const);

/**
 * Adds `(l1 * sum(|x|) + l2 * sum(x * x)) / N` to the loss, over all elements of a batch of N rows, masked timesteps
 * among them. The values pass through unchanged.
 *
 * @see keras/src/layers/regularization/activity_regularization.py
 * @example
 * new Sequential([new Input([8]), new Dense(16), new ActivityRegularization({ l1: 0.001 }), new Dense(1)]);
 */
export class ActivityRegularization extends Layer {
  static readonly className = 'ActivityRegularization';
  readonly className = ActivityRegularization.className;
  readonly l1: number;
  readonly l2: number;

  /** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
  constructor(options: ActivityRegularizationOptions = {}, ...rest: []) {
    const where = 'ActivityRegularization';
    refuseMore(where, rest);
    const o = withDefaults(where, options, defaults);
    refuseNotYet(where, options, NOT_YET);
    const l1 = checkNumber(where, 'l1', o.l1, { min: 0 });
    const l2 = checkNumber(where, 'l2', o.l2, { min: 0 });
    super(where, o);
    this.l1 = l1;
    this.l2 = l2;
  }

  override get maskPassage(): MaskPassage {
    return 'kept';
  }

  override computeOutputShape(inputShape: Shape): Shape {
    return inputShape;
  }

  override toNative(): NativeLayerConfig {
    return { kind: 'activity_regularization', l1: this.l1, l2: this.l2 };
  }

  override getConfig(): Record<string, unknown> {
    return { ...super.getConfig(), l1: this.l1, l2: this.l2 };
  }

  /** The layer that {@link getConfig} described. */
  static fromConfig(config: Record<string, unknown>): ActivityRegularization {
    return new ActivityRegularization(config);
  }
}
