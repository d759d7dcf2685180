// SPDX-License-Identifier: MIT
// A rate that falls with the inverse of time.
import { RateDecay, type RateDecayOptions } from './rate_decay';
import type { ScheduleSettings } from './learning_rate_schedule';

/** Options of {@link InverseTimeDecay}. */
export type InverseTimeDecayOptions = RateDecayOptions;

/**
 * `initialLearningRate / (1 + decayRate · p)`, with `p = step / decaySteps`, rounded down where `staircase`.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 *
 * @example
 * new SGD(new InverseTimeDecay(0.1, 1000, 1)); // half after 1000 steps, a third after 2000
 */
export class InverseTimeDecay extends RateDecay {
  readonly className = 'InverseTimeDecay';
  protected readonly kind = 'inverse_time_decay';

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param decaySteps steps of one decay, above 0
   * @param decayRate what the divisor grows by in one decay, at least 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, decaySteps: number, decayRate: number, options?: InverseTimeDecayOptions);
  constructor(options: InverseTimeDecayOptions);
  constructor(...args: unknown[]) {
    super('InverseTimeDecay', args);
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): InverseTimeDecay {
    return new InverseTimeDecay(config);
  }
}
