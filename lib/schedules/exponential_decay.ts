// SPDX-License-Identifier: MIT
// A rate that falls by the same factor again and again.
import { RateDecay, type RateDecayOptions } from './rate_decay';
import type { ScheduleSettings } from './learning_rate_schedule';

/** Options of {@link ExponentialDecay}. */
export type ExponentialDecayOptions = RateDecayOptions;

/**
 * `initialLearningRate · decayRate^p`, with `p = step / decaySteps`, rounded down where `staircase`.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 *
 * @example
 * new Adam(new ExponentialDecay(0.01, 1000, 0.9)); // a tenth less every 1000 steps
 */
export class ExponentialDecay extends RateDecay {
  readonly className = 'ExponentialDecay';
  protected readonly kind = 'exponential_decay';

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param decaySteps steps of one decay, above 0
   * @param decayRate factor of one decay, at least 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, decaySteps: number, decayRate: number, options?: ExponentialDecayOptions);
  constructor(options: ExponentialDecayOptions);
  constructor(...args: unknown[]) {
    super('ExponentialDecay', args);
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): ExponentialDecay {
    return new ExponentialDecay(config);
  }
}
