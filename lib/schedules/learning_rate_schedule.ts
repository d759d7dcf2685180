// SPDX-License-Identifier: MIT
// What every schedule has: a configuration, its form for the engine, which does the maths, and a rate for every step.
import { expectKnown } from '../util/families';
import { checkInteger, checkNumber, checkOptions, checkString, describe, refusal } from '../util/validate';
import { loadBinding } from '../native/engine';
import type { NativeSchedule } from '../native/binding';

/** Settings of a schedule as a plain object, as `getConfig` returns them and `fromConfig` takes them. */
export type ScheduleSettings = Readonly<Record<string, unknown>>;

/** A schedule as plain data, as `getConfig` of an optimizer writes it. */
export interface ScheduleConfig {
  className: string;
  config: ScheduleSettings;
}

/** Options that every schedule has. */
export interface ScheduleOptions {
  /** Default: that of Keras. */
  name?: string;
}

/**
 * A learning rate as a function of the step, counted from 0: what `learningRate` of an optimizer takes besides a number.
 *
 * With `gradientAccumulationSteps` a step is a batch, as in Keras.
 *
 * Source: keras/src/optimizers/schedules/learning_rate_schedule.py.
 */
export abstract class LearningRateSchedule {
  /** Class name as Keras writes it in configurations: `ExponentialDecay`. */
  abstract readonly className: string;
  readonly name: string;

  protected constructor(where: string, name: unknown) {
    expectKnown(LearningRateSchedule, new.target);
    this.name = checkString(where, 'name', name);
  }

  /** All settings as a plain object; `fromConfig` of the class makes the same schedule from it. */
  abstract getConfig(): ScheduleSettings;

  /** @internal The resolved settings that cross to the engine. */
  abstract toNative(): NativeSchedule;

  /**
   * The learning rate of a step, as the engine computes it.
   *
   * @param step an integer of at least 0
   * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`; NativeLoadError
   * @example
   * new ExponentialDecay(0.1, 100, 0.5).call(200); // 0.025
   */
  call(step: number): number {
    const checked = checkInteger(`${this.className}.call`, 'step', step, 0, Number.MAX_SAFE_INTEGER);
    return loadBinding().scheduledRate(this.toNative(), checked);
  }
}

/**
 * Reads `(first, second, { option })` as well as `({ first, second, option })` over the defaults.
 *
 * @param positional names of the arguments that may come first, in order
 * @throws ConfigError `ERR_TYPE` where the arguments are no such list; `ERR_UNKNOWN_OPTION`; `ERR_CONFIG` where an argument
 *   is an option, too
 */
export function readArguments(
  where: string,
  positional: readonly string[],
  defaults: Readonly<Record<string, unknown>>,
  args: readonly unknown[],
): Record<string, unknown> {
  const isOptions = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const at = args.findIndex(isOptions);
  const first = at < 0 ? args : args.slice(0, at);
  if (first.length > positional.length || (at >= 0 && args.length > at + 1))
    throw refusal(
      'ERR_TYPE',
      where,
      `at most ${positional.join(', ')} and then an options object`,
      `${args.length} arguments`,
    );
  const given = checkOptions(where, args[at] as Record<string, unknown> | undefined, [
    ...positional,
    ...Object.keys(defaults),
  ]);
  const twice = positional.slice(0, first.length).find((name) => given[name] !== undefined);
  if (twice !== undefined) throw refusal('ERR_CONFIG', where, `${twice} once`, 'it among the options, too');
  const read: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) if (value !== undefined) read[key] = value;
  first.forEach((value, i) => {
    if (value !== undefined) read[positional[i]!] = value;
  });
  for (const name of positional)
    if (read[name] === undefined) throw refusal('ERR_TYPE', where, name, describe(undefined));
  return read;
}

/** A learning rate: at least 0. */
export function checkRate(where: string, what: string, value: unknown): number {
  return checkNumber(where, what, value, { min: 0 });
}

/** A number of steps: above 0. */
export function checkSteps(where: string, what: string, value: unknown): number {
  return checkNumber(where, what, value, { min: 0, aboveMin: true });
}
