// SPDX-License-Identifier: MIT
// A rate that falls along a power: options, defaults and checks. The formula itself is native/optimizers/schedule.cc
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

/** Options of {@link PolynomialDecay}. */
export interface PolynomialDecayOptions extends ScheduleOptions {
  /** Rate of step 0, at least 0. */
  initialLearningRate?: number;
  /** Steps until the end, above 0. */
  decaySteps?: number;
  /** Rate at the end, at least 0. Default 0.0001. */
  endLearningRate?: number;
  /** Power of the part that is left, at least 0. Default 1: a straight line. */
  power?: number;
  /** Begins again at the end, over the next multiple of `decaySteps`. Default false. */
  cycle?: boolean;
}

const DEFAULTS = Object.freeze({ endLearningRate: 0.0001, power: 1, cycle: false, name: 'PolynomialDecay' });

/**
 * `(initialLearningRate - endLearningRate) · (1 - step / decaySteps)^power + endLearningRate`; after `decaySteps` it stays
 * at the end, or with `cycle` falls from a height of its own over the next multiple of `decaySteps`.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 *
 * @example
 * new SGD(new PolynomialDecay(0.1, 10000, { endLearningRate: 0.01, power: 0.5 }));
 */
export class PolynomialDecay extends LearningRateSchedule {
  readonly className = 'PolynomialDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly endLearningRate: number;
  readonly power: number;
  readonly cycle: boolean;

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param decaySteps steps until the end, above 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, decaySteps: number, options?: PolynomialDecayOptions);
  constructor(options: PolynomialDecayOptions);
  constructor(...args: unknown[]) {
    const where = 'PolynomialDecay';
    const o = readArguments(where, ['initialLearningRate', 'decaySteps'], DEFAULTS, args);
    super(where, o['name']);
    this.initialLearningRate = checkRate(where, 'initialLearningRate', o['initialLearningRate']);
    this.decaySteps = checkSteps(where, 'decaySteps', o['decaySteps']);
    this.endLearningRate = checkRate(where, 'endLearningRate', o['endLearningRate']);
    this.power = checkNumber(where, 'power', o['power'], { min: 0 });
    this.cycle = checkBoolean(where, 'cycle', o['cycle']);
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): PolynomialDecay {
    return new PolynomialDecay(config);
  }

  override getConfig(): ScheduleSettings {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle, name } = this;
    return { initialLearningRate, decaySteps, endLearningRate, power, cycle, name };
  }

  override toNative(): NativeSchedule {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = this;
    return { kind: 'polynomial_decay', initialLearningRate, decaySteps, endLearningRate, power, cycle };
  }
}
