// SPDX-License-Identifier: MIT
// The learning-rate schedules, and one made from its configuration.
import { refuseMore } from '../util/arguments';
import { resolveName } from '../util/identifiers';
import { CosineDecay } from './cosine_decay';
import { CosineDecayRestarts } from './cosine_decay_restarts';
import { ExponentialDecay } from './exponential_decay';
import { InverseTimeDecay } from './inverse_time_decay';
import { PiecewiseConstantDecay } from './piecewise_constant_decay';
import { PolynomialDecay } from './polynomial_decay';
import type { LearningRateSchedule, ScheduleSettings } from './learning_rate_schedule';

export { CosineDecay, type CosineDecayOptions } from './cosine_decay';
export { CosineDecayRestarts, type CosineDecayRestartsOptions } from './cosine_decay_restarts';
export { ExponentialDecay, type ExponentialDecayOptions } from './exponential_decay';
export { InverseTimeDecay, type InverseTimeDecayOptions } from './inverse_time_decay';
export { PiecewiseConstantDecay, type PiecewiseConstantDecayOptions } from './piecewise_constant_decay';
export { PolynomialDecay, type PolynomialDecayOptions } from './polynomial_decay';
export {
  LearningRateSchedule,
  type ScheduleConfig,
  type ScheduleOptions,
  type ScheduleSettings,
} from './learning_rate_schedule';

const TABLE: ReadonlyMap<string, (config: ScheduleSettings) => LearningRateSchedule> = new Map<
  string,
  (config: ScheduleSettings) => LearningRateSchedule
>([
  ['cosine_decay', (config) => CosineDecay.fromConfig(config)],
  ['cosine_decay_restarts', (config) => CosineDecayRestarts.fromConfig(config)],
  ['exponential_decay', (config) => ExponentialDecay.fromConfig(config)],
  ['inverse_time_decay', (config) => InverseTimeDecay.fromConfig(config)],
  ['piecewise_constant_decay', (config) => PiecewiseConstantDecay.fromConfig(config)],
  ['polynomial_decay', (config) => PolynomialDecay.fromConfig(config)],
]);

/**
 * Makes a schedule from its class name and the configuration that `getConfig` gave.
 *
 * @throws ConfigError `ERR_UNKNOWN_NAME` for a class that is none; what the class refuses
 * @see keras/src/optimizers/schedules/learning_rate_schedule.py
 * @example
 * scheduleFromConfig(schedule.className, schedule.getConfig()).call(100) === schedule.call(100); // true
 */
export function scheduleFromConfig(
  className: string,
  config: ScheduleSettings = {},
  ...rest: []
): LearningRateSchedule {
  refuseMore('scheduleFromConfig', rest);
  return resolveName('scheduleFromConfig', 'className', className, TABLE)(config);
}
