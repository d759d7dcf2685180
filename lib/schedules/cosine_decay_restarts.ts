// SPDX-License-Identifier: MIT
// Half waves one after the other: options, defaults and checks. The formula itself is native/optimizers/schedule.cc
import { checkNumber } from '../util/validate';
import {
  checkRate,
  checkSteps,
  LearningRateSchedule,
  readArguments,
  type ScheduleOptions,
  type ScheduleSettings,
} from './learning_rate_schedule';
import type { NativeSchedule } from '../native/binding';

/** Options of {@link CosineDecayRestarts}. */
export interface CosineDecayRestartsOptions extends ScheduleOptions {
  /** Rate of step 0, at least 0. */
  initialLearningRate?: number;
  /** Steps of the first period, above 0. */
  firstDecaySteps?: number;
  /** A period is this many times as long as the one before, at least 1. Default 2. */
  tMul?: number;
  /** It begins this many times as high, at least 0. Default 1. */
  mMul?: number;
  /** Part of the rate that is left at the end of a period, from 0 to 1. Default 0. */
  alpha?: number;
}

const DEFAULTS = Object.freeze({ tMul: 2, mMul: 1, alpha: 0, name: 'SGDRDecay' });

/**
 * `initialLearningRate · ((1 - alpha) · mMul^i · (1 + cos(π · p)) / 2 + alpha)` in period `i`, of which the part `p` is done.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py; Loshchilov and Hutter 2016.
 *
 * @example
 * new SGD(new CosineDecayRestarts(0.1, 1000)); // begins anew at steps 1000, 3000, 7000 ...
 */
export class CosineDecayRestarts extends LearningRateSchedule {
  readonly className = 'CosineDecayRestarts';
  readonly initialLearningRate: number;
  readonly firstDecaySteps: number;
  readonly tMul: number;
  readonly mMul: number;
  readonly alpha: number;

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param firstDecaySteps steps of the first period, above 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, firstDecaySteps: number, options?: CosineDecayRestartsOptions);
  constructor(options: CosineDecayRestartsOptions);
  constructor(...args: unknown[]) {
    const where = 'CosineDecayRestarts';
    const o = readArguments(where, ['initialLearningRate', 'firstDecaySteps'], DEFAULTS, args);
    super(where, o['name']);
    this.initialLearningRate = checkRate(where, 'initialLearningRate', o['initialLearningRate']);
    this.firstDecaySteps = checkSteps(where, 'firstDecaySteps', o['firstDecaySteps']);
    this.tMul = checkNumber(where, 'tMul', o['tMul'], { min: 1 });
    this.mMul = checkNumber(where, 'mMul', o['mMul'], { min: 0 });
    this.alpha = checkNumber(where, 'alpha', o['alpha'], { min: 0, max: 1 });
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): CosineDecayRestarts {
    return new CosineDecayRestarts(config);
  }

  override getConfig(): ScheduleSettings {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha, name } = this;
    return { initialLearningRate, firstDecaySteps, tMul, mMul, alpha, name };
  }

  override toNative(): NativeSchedule {
    const { initialLearningRate, firstDecaySteps: decaySteps, tMul, mMul, alpha } = this;
    return { kind: 'cosine_decay_restarts', initialLearningRate, decaySteps, tMul, mMul, alpha };
  }
}
