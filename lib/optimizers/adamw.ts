// SPDX-License-Identifier: MIT
// Adam whose weights decay: Adam with another default.
import { refuseMore } from '../util/arguments';
import { describe, refusal } from '../util/validate';
import { Adam, type AdamOptions } from './adam';
import { makeFromConfig, type OptimizerConfig } from './optimizer';
import { LearningRateSchedule } from '../schedules';

/** Options of {@link AdamW}. */
export interface AdamWOptions extends AdamOptions {
  /** Part of itself, times the learning rate, that each weight gives away in a step; at least 0. Default 0.004. */
  weightDecay?: number;
}

const DEFAULTS = Object.freeze({ weightDecay: 0.004, name: 'adamw' });

/**
 * Adam with decoupled weight decay: `w -= lr·weightDecay·w` before each step of {@link Adam}.
 *
 * Source: keras/src/optimizers/adamw.py; Loshchilov and Hutter 2019.
 *
 * @example
 * const optimizer = new AdamW(0.001, { weightDecay: 0.01 });
 * optimizer.excludeFromWeightDecay({ varNames: ['bias'] });
 */
export class AdamW extends Adam {
  protected static override readonly kind = { where: 'AdamW', defaults: DEFAULTS };

  override readonly className: string = 'AdamW';

  /**
   * @param learningRate step size, at least 0, or a schedule; default 0.001
   * @param options see {@link AdamWOptions}; may stand first, with `learningRate` inside
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(
    learningRate?: number | LearningRateSchedule | AdamWOptions,
    options?: Omit<AdamWOptions, 'learningRate'>,
    ...rest: []
  ) {
    refuseMore('AdamW', rest);
    super(learningRate, options);
    if (this.weightDecay === null)
      throw refusal('ERR_TYPE', 'AdamW', 'weightDecay to be a number', describe(null), 'Adam has none.');
  }

  /** The optimizer that `getConfig` described. */
  static override fromConfig(config: OptimizerConfig): AdamW {
    return makeFromConfig(AdamW, config);
  }
}
