// SPDX-License-Identifier: MIT
// What rates that fall every so many steps share: their arguments, checks and settings. Each formula is
// native/optimizers/schedule.cc
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

/** Options of {@link ExponentialDecay} and {@link InverseTimeDecay}. */
export interface RateDecayOptions extends ScheduleOptions {
  /** Rate of step 0, at least 0. */
  initialLearningRate?: number;
  /** Steps of one decay, above 0. */
  decaySteps?: number;
  /** How much one decay is, at least 0: a factor (exponential), or what the divisor grows by (inverse time). */
  decayRate?: number;
  /** Decays once every `decaySteps` steps instead of gradually. Default false. */
  staircase?: boolean;
}

/** Base class of decays by a rate. */
export abstract class RateDecay extends LearningRateSchedule {
  protected abstract readonly kind: 'exponential_decay' | 'inverse_time_decay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly decayRate: number;
  readonly staircase: boolean;

  protected constructor(where: string, args: readonly unknown[]) {
    const defaults = { staircase: false, name: where };
    const o = readArguments(where, ['initialLearningRate', 'decaySteps', 'decayRate'], defaults, args);
    super(where, o['name']);
    this.initialLearningRate = checkRate(where, 'initialLearningRate', o['initialLearningRate']);
    this.decaySteps = checkSteps(where, 'decaySteps', o['decaySteps']);
    this.decayRate = checkNumber(where, 'decayRate', o['decayRate'], { min: 0 });
    this.staircase = checkBoolean(where, 'staircase', o['staircase']);
  }

  override getConfig(): ScheduleSettings {
    const { initialLearningRate, decaySteps, decayRate, staircase, name } = this;
    return { initialLearningRate, decaySteps, decayRate, staircase, name };
  }

  override toNative(): NativeSchedule {
    const { kind, initialLearningRate, decaySteps, decayRate, staircase } = this;
    return { kind, initialLearningRate, decaySteps, decayRate, staircase };
  }
}
