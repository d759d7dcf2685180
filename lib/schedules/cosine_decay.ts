// SPDX-License-Identifier: MIT
// Half a wave, with a warm-up before it: options, defaults and checks. The formula itself is native/optimizers/schedule.cc
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

/** Options of {@link CosineDecay}. */
export interface CosineDecayOptions extends ScheduleOptions {
  /** Rate of step 0, at least 0. */
  initialLearningRate?: number;
  /** Steps of the decay, above 0; those of the warm-up come before them. */
  decaySteps?: number;
  /** Part of the rate that is left at the end, from 0 to 1. Default 0. */
  alpha?: number;
  /** Rate at the end of the warm-up, at least 0; null for no warm-up. Default null. */
  warmupTarget?: number | null;
  /** Steps of the warm-up, at least 0. Default 0. */
  warmupSteps?: number;
}

const DEFAULTS = Object.freeze({ alpha: 0, warmupTarget: null, warmupSteps: 0, name: 'CosineDecay' });

/**
 * With a warm-up the rate first goes from `initialLearningRate` to `warmupTarget` in a straight line; then it falls along
 * half a wave: `rate · ((1 - alpha) · (1 + cos(π · step / decaySteps)) / 2 + alpha)`, where it stays.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py; Loshchilov and Hutter 2016.
 *
 * @example
 * new AdamW(new CosineDecay(0, 9000, { warmupTarget: 0.001, warmupSteps: 1000 }));
 */
export class CosineDecay extends LearningRateSchedule {
  readonly className = 'CosineDecay';
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  readonly alpha: number;
  readonly warmupTarget: number | null;
  readonly warmupSteps: number;

  /**
   * @param initialLearningRate rate of step 0, at least 0; an options object may stand in its place
   * @param decaySteps steps of the decay, above 0
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(initialLearningRate: number, decaySteps: number, options?: CosineDecayOptions);
  constructor(options: CosineDecayOptions);
  constructor(...args: unknown[]) {
    const where = 'CosineDecay';
    const o = readArguments(where, ['initialLearningRate', 'decaySteps'], DEFAULTS, args);
    super(where, o['name']);
    this.initialLearningRate = checkRate(where, 'initialLearningRate', o['initialLearningRate']);
    this.decaySteps = checkSteps(where, 'decaySteps', o['decaySteps']);
    this.alpha = checkNumber(where, 'alpha', o['alpha'], { min: 0, max: 1 });
    this.warmupTarget = o['warmupTarget'] === null ? null : checkRate(where, 'warmupTarget', o['warmupTarget']);
    this.warmupSteps = checkNumber(where, 'warmupSteps', o['warmupSteps'], { min: 0 });
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): CosineDecay {
    return new CosineDecay(config);
  }

  override getConfig(): ScheduleSettings {
    const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps, name } = this;
    return { initialLearningRate, decaySteps, alpha, name, warmupTarget, warmupSteps };
  }

  override toNative(): NativeSchedule {
    const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = this;
    return { kind: 'cosine_decay', initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps };
  }
}
