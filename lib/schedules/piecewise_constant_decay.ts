// SPDX-License-Identifier: MIT
// A rate that jumps at given steps: options and checks. The look-up itself is native/optimizers/schedule.cc
import { checkInteger, describe, refusal } from '../util/validate';
import {
  checkRate,
  LearningRateSchedule,
  readArguments,
  type ScheduleOptions,
  type ScheduleSettings,
} from './learning_rate_schedule';
import type { NativeSchedule } from '../native/binding';

/** Options of {@link PiecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions extends ScheduleOptions {
  /** Last step of each value but the last: ascending integers of at least 0. */
  boundaries?: readonly number[];
  /** Rates, at least 0: one more than boundaries. */
  values?: readonly number[];
}

const DEFAULTS = Object.freeze({ name: 'PiecewiseConstant' });

/**
 * `values[i]` for the first boundary `i` that the step is not above; the last value behind all of them.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 *
 * @example
 * new SGD(new PiecewiseConstantDecay([1000, 2000], [0.1, 0.05, 0.01])); // 0.1 up to step 1000, 0.01 from 2001 on
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  readonly className = 'PiecewiseConstantDecay';
  readonly boundaries: readonly number[];
  readonly values: readonly number[];

  /**
   * @param boundaries ascending integers of at least 0; an options object may stand in their place
   * @param values rates, at least 0: one more than boundaries
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`, `ERR_CONFIG`
   */
  constructor(boundaries: readonly number[], values: readonly number[], options?: PiecewiseConstantDecayOptions);
  constructor(options: PiecewiseConstantDecayOptions);
  constructor(...args: unknown[]) {
    const where = 'PiecewiseConstantDecay';
    const o = readArguments(where, ['boundaries', 'values'], DEFAULTS, args);
    super(where, o['name']);
    this.boundaries = checkList(where, 'boundaries', o['boundaries'], (what, value) =>
      checkInteger(where, what, value, 0, Number.MAX_SAFE_INTEGER),
    );
    this.values = checkList(where, 'values', o['values'], (what, value) => checkRate(where, what, value));
    const { boundaries, values } = this;
    if (boundaries.length === 0)
      throw refusal('ERR_CONFIG', where, 'at least one boundary', 'none', 'Use a number as the learning rate.');
    if (values.length !== boundaries.length + 1)
      throw refusal('ERR_CONFIG', where, `${boundaries.length + 1} values`, `${values.length}`);
    const fall = boundaries.findIndex((boundary, i) => i > 0 && boundary <= boundaries[i - 1]!);
    if (fall > 0)
      throw refusal('ERR_CONFIG', where, 'boundaries that ascend', `${boundaries[fall]} after ${boundaries[fall - 1]}`);
  }

  /** The schedule that `getConfig` described. */
  static fromConfig(config: ScheduleSettings): PiecewiseConstantDecay {
    return new PiecewiseConstantDecay(config);
  }

  override getConfig(): ScheduleSettings {
    return { boundaries: [...this.boundaries], values: [...this.values], name: this.name };
  }

  override toNative(): NativeSchedule {
    return { kind: 'piecewise_constant_decay', boundaries: [...this.boundaries], values: [...this.values] };
  }
}

function checkList(
  where: string,
  what: string,
  list: unknown,
  check: (what: string, value: unknown) => number,
): readonly number[] {
  if (!Array.isArray(list)) throw refusal('ERR_TYPE', where, `${what} to be an array of numbers`, describe(list));
  return Object.freeze(Array.from(list, (value, i) => check(`${what}[${i}]`, value)));
}
