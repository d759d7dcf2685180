// SPDX-License-Identifier: MIT
// A rate that falls with the inverse of time: options, defaults and checks. The formula itself is native/optimizers/schedule.cc
import { checkBoolean, checkNumber } from '../util/validate';
import {
  checkRate,
  checkSteps,
  LearningRateSchedule,
  readArguments,
  type ScheduleOptions,
  type ScheduleSettings,
} from './learning_rate_schedule';
import type { NativeSchedule } from '../native/binding';

/** Options of {@link InverseTimeDecay}. */
export interface InverseTimeDecayOptions extends ScheduleOptions {
  /** Rate of step 0, at least 0. */
  initialLearningRate?: number;
  /** Steps of one decay, above 0. */
  decaySteps?: number;
  /** What the divisor grows by in one decay, at least 0. */
  decayRate?: number;
  /** Decays once every `decaySteps` steps instead of gradually. Default false. */
  staircase?: boolean;
}

const DEFAULTS = Object.freeze({ staircase: false, name: 'InverseTimeDecay' });

/**
 * `initialLearningRate / (1 + decayRate · p)`, with `p = step / decaySteps`, rounded down where `staircase`.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 *
 * @example
 * new SGD(new InverseTimeDecay(0.1, 1000, 1)); // half after 1000 steps, a third after 2000
 */
export class InverseTimeDecay extends LearningRateSchedule {
  readonly className = 'InverseTimeDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param decaySteps steps of one decay, above 0
   * @param decayRate what the divisor grows by in one decay, at least 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, decaySteps: number, decayRate: number, options?: InverseTimeDecayOptions);
  constructor(options: InverseTimeDecayOptions);
  constructor(...args: unknown[]) {
    const where = 'InverseTimeDecay';
    const o = readArguments(where, ['initialLearningRate', 'decaySteps', 'decayRate'], DEFAULTS, args);
    super(where, o['name']);
    this.initialLearningRate = checkRate(where, 'initialLearningRate', o['initialLearningRate']);
    this.decaySteps = checkSteps(where, 'decaySteps', o['decaySteps']);
    this.decayRate = checkNumber(where, 'decayRate', o['decayRate'], { min: 0 });
    this.staircase = checkBoolean(where, 'staircase', o['staircase']);
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): InverseTimeDecay {
    return new InverseTimeDecay(config);
  }

  override getConfig(): ScheduleSettings {
    const { initialLearningRate, decaySteps, decayRate, staircase, name } = this;
    return { initialLearningRate, decaySteps, decayRate, staircase, name };
  }

  override toNative(): NativeSchedule {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this;
    return { kind: 'inverse_time_decay', initialLearningRate, decaySteps, decayRate, staircase };
  }
}
