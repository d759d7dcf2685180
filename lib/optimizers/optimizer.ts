// SPDX-License-Identifier: MIT
// What every optimizer has: a learning rate, what surrounds its rule, a configuration, and its resolved form for the
// engine, which does the maths.
import { expectKnown } from '../util/families';
import { LearningRateSchedule, scheduleFromConfig, type ScheduleConfig } from '../schedules';
import { normalizeName } from '../util/identifiers';
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkString,
  describe,
  refusal,
} from '../util/validate';
import type { NativeModel, NativeOptimizer, NativeRule } from '../native/binding';

/** Options of all optimizers. */
export interface OptimizerOptions {
  /** Step size, at least 0, or one for every step. Default 0.001, of SGD 0.01. */
  learningRate?: number | LearningRateSchedule;
  /** Part of itself, times the learning rate, that each weight gives away in a step; at least 0. Default null: none. */
  weightDecay?: number | null;
  /** Largest norm of the gradient of each weight, above 0. Only one of the three limits may be set. Default null. */
  clipnorm?: number | null;
  /** Largest size of each element of a gradient, above 0. Default null. */
  clipvalue?: number | null;
  /** Largest norm of the gradient of all weights together, above 0. Default null. */
  globalClipnorm?: number | null;
  /** Keeps moving averages of the weights, which take the place of the weights when `fit` ends. Default false. */
  useEma?: boolean;
  /** What a moving average keeps of itself in a step, from 0 to 1. Default 0.99. */
  emaMomentum?: number;
  /** Overwrites the weights with their averages every so many steps too. Default null: never. */
  emaOverwriteFrequency?: number | null;
  /** The loss is multiplied by this before its gradient is taken, which is then divided by it; above 0. Default null. */
  lossScaleFactor?: number | null;
  /** Moves the weights once in so many batches, at least 2, by the mean of their gradients. Default null: every batch. */
  gradientAccumulationSteps?: number | null;
  /** Default: the name of the class in small letters. */
  name?: string;
}

/** Plain configuration of an optimizer, as `getConfig` returns it and `fromConfig` takes it. */
export type OptimizerConfig = Readonly<
  Record<string, string | number | boolean | null | ScheduleConfig | readonly string[]>
>;

/** Keras' defaults of the options that all optimizers have. */
export const COMMON_DEFAULTS = Object.freeze({
  learningRate: 0.001 as number | LearningRateSchedule,
  weightDecay: null as number | null,
  clipnorm: null as number | null,
  clipvalue: null as number | null,
  globalClipnorm: null as number | null,
  useEma: false,
  emaMomentum: 0.99,
  emaOverwriteFrequency: null as number | null,
  lossScaleFactor: null as number | null,
  gradientAccumulationSteps: null as number | null,
});

/** The part of the engine's model that an optimizer reads. */
type Followed = Pick<NativeModel, 'iterations' | 'learningRate'>;

/** Largest count that a float holds: the engine keeps the batches of a step as one. */
const MOST_ACCUMULATED = 2 ** 24;

/** Optimizer of a model. Holds settings only: the slots (momenta, mean squares) live with the compiled model. */
export abstract class Optimizer {
  /** Class name as Keras writes it in configurations: `RMSprop`. */
  abstract readonly className: string;
  /** Name of the optimizer; by default that of the class in small letters. */
  readonly name: string;
  readonly weightDecay: number | null;
  readonly clipnorm: number | null;
  readonly clipvalue: number | null;
  readonly globalClipnorm: number | null;
  readonly useEma: boolean;
  readonly emaMomentum: number;
  readonly emaOverwriteFrequency: number | null;
  readonly lossScaleFactor: number | null;
  readonly gradientAccumulationSteps: number | null;
  #learningRate: number | LearningRateSchedule;
  #undecayed: readonly string[] = [];
  #followed: Followed | undefined;

  protected constructor(where: string, options: typeof COMMON_DEFAULTS & { readonly name: string }) {
    expectKnown(Optimizer, new.target);
    const above = (what: 'clipnorm' | 'clipvalue' | 'globalClipnorm' | 'lossScaleFactor') =>
      options[what] === null ? null : checkNumber(where, what, options[what], { min: 0, aboveMin: true });
    this.name = checkString(where, 'name', options.name);
    this.#learningRate = checkLearningRate(where, options.learningRate);
    this.weightDecay =
      options.weightDecay === null ? null : checkNumber(where, 'weightDecay', options.weightDecay, { min: 0 });
    this.clipnorm = above('clipnorm');
    this.clipvalue = above('clipvalue');
    this.globalClipnorm = above('globalClipnorm');
    const { clipnorm, clipvalue, globalClipnorm } = this;
    const limits = Object.entries({ clipnorm, clipvalue, globalClipnorm }).filter(([, value]) => value !== null);
    if (limits.length > 1)
      throw refusal(
        'ERR_CONFIG',
        where,
        'at most one of clipnorm, clipvalue and globalClipnorm',
        limits.map(([name]) => name).join(' and '),
      );
    this.useEma = checkBoolean(where, 'useEma', options.useEma);
    this.emaMomentum = checkNumber(where, 'emaMomentum', options.emaMomentum, { min: 0, max: 1 });
    this.emaOverwriteFrequency = count(where, 'emaOverwriteFrequency', options.emaOverwriteFrequency, 1);
    this.lossScaleFactor = above('lossScaleFactor');
    this.gradientAccumulationSteps = count(where, 'gradientAccumulationSteps', options.gradientAccumulationSteps, 2);
  }

  /** Step size at present: of the next step where a schedule gives it. A new one holds from the next batches on, in the middle of `fit` too. */
  get learningRate(): number {
    if (typeof this.#learningRate === 'number') return this.#learningRate;
    return this.#followed?.learningRate ?? this.#learningRate.call(0);
  }

  /**
   * @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` where it is no finite number of at least 0
   * @throws StateError `ERR_STATE` where a schedule gives it
   */
  set learningRate(value: number) {
    if (typeof this.#learningRate !== 'number')
      throw refusal(
        'ERR_STATE',
        `${this.name}.learningRate`,
        'to be set where it is a number',
        `${describe(value)} where ${this.#learningRate.className} gives it`,
        'Make the optimizer with a number to set it later.',
      );
    this.#learningRate = checkNumber(this.name, 'learningRate', value, { min: 0 });
  }

  /** The schedule of the learning rate, where one gives it. */
  get schedule(): LearningRateSchedule | undefined {
    return typeof this.#learningRate === 'number' ? undefined : this.#learningRate;
  }

  /** Steps done since the model was compiled; those of `gradientAccumulationSteps` batches count once. */
  get iterations(): number {
    return this.#followed?.iterations ?? 0;
  }

  /**
   * Leaves weights out of the decay, by name. Call it before training begins.
   *
   * @param options `varNames`: a weight does not decay whose name contains one of them. Names are those within the layer,
   *   in either spelling: `kernel`, `recurrentKernel`, `bias`, `embeddings`, `gamma`, `beta`; in a wrapper they begin with
   *   the layer within: the name that it was given, or its automatic name, whose number counts there, as in
   *   `forward_lstm_1/kernel`
   * @throws ConfigError `ERR_UNKNOWN_OPTION`, `ERR_TYPE`
   * @throws StateError `ERR_STATE` once the engine has the optimizer
   * @see keras/src/optimizers/base_optimizer.py
   * @example
   * const optimizer = new AdamW(0.001);
   * optimizer.excludeFromWeightDecay({ varNames: ['bias', 'gamma', 'beta'] });
   */
  excludeFromWeightDecay(options: { varNames: readonly string[] }): void {
    const where = `${this.name}.excludeFromWeightDecay`;
    const { varNames } = checkOptions(where, options, ['varNames']);
    if (!Array.isArray(varNames))
      throw refusal('ERR_TYPE', where, 'varNames to be an array of strings', describe(varNames));
    if (this.#followed !== undefined)
      throw refusal('ERR_STATE', where, 'an optimizer that did not train yet', 'one that did');
    this.#undecayed = varNames.map((name, i) => checkString(where, `varNames[${i}]`, name));
  }

  /**
   * All settings as a plain object; `fromConfig` of the class makes the same optimizer from it. The names that
   * {@link excludeFromWeightDecay} was given are `excludeFromWeightDecay`, where there are some.
   */
  getConfig(): OptimizerConfig {
    const { name, schedule, weightDecay, clipnorm, clipvalue, globalClipnorm, useEma, emaMomentum } = this;
    const { emaOverwriteFrequency, lossScaleFactor, gradientAccumulationSteps } = this;
    return {
      name,
      learningRate:
        schedule === undefined ? this.learningRate : { className: schedule.className, config: schedule.getConfig() },
      weightDecay,
      clipnorm,
      globalClipnorm,
      clipvalue,
      useEma,
      emaMomentum,
      emaOverwriteFrequency,
      lossScaleFactor,
      gradientAccumulationSteps,
      ...(this.#undecayed.length === 0 ? {} : { excludeFromWeightDecay: [...this.#undecayed] }),
    };
  }

  /** The rule with its own settings, for the engine. */
  protected abstract rule(): NativeRule;

  /**
   * The resolved settings that cross to the engine.
   *
   * @param weightNames of all weights of the model, in order, in snake case
   *
   * @internal
   */
  toNative(weightNames: readonly string[]): NativeOptimizer {
    return {
      ...this.rule(),
      learningRate: this.schedule?.toNative() ?? this.learningRate,
      weightDecay: this.weightDecay ?? 0,
      decays: weightNames.map((name) => !this.#undecayed.some((part) => hasPart(name, part))),
      clipnorm: this.clipnorm ?? 0,
      globalClipnorm: this.globalClipnorm ?? 0,
      clipvalue: this.clipvalue ?? 0,
      useEma: this.useEma,
      emaMomentum: this.emaMomentum,
      emaOverwriteFrequency: this.emaOverwriteFrequency ?? 0,
      lossScaleFactor: this.lossScaleFactor ?? 1,
      gradientAccumulationSteps: this.gradientAccumulationSteps ?? 1,
    };
  }

  /** Reads iterations and learning rate from this model of the engine from now on. @internal */
  follow(native: Followed): void {
    this.#followed = native;
  }
}

/** Whether the name of a weight contains a part as it is, or with the weight itself as Keras spells it. */
function hasPart(name: string, part: string): boolean {
  const own = part.lastIndexOf('/') + 1;
  return name.includes(part) || name.includes(part.slice(0, own) + normalizeName(part.slice(own)));
}

function checkLearningRate(where: string, value: unknown): number | LearningRateSchedule {
  if (value instanceof LearningRateSchedule) return value;
  if (typeof value === 'function')
    throw refusal(
      'ERR_TYPE',
      where,
      'learningRate to be a number or a schedule',
      'a function',
      'See LearningRateScheduler.',
    );
  return checkNumber(where, 'learningRate', value, { min: 0 });
}

function count(where: string, what: string, value: number | null, min: number): number | null {
  return value === null ? null : checkInteger(where, what, value, min, MOST_ACCUMULATED);
}

/**
 * Merges Keras' calling styles, `new Adam(0.001, { beta1 })` and `new Adam({ learningRate, beta1 })`, over the defaults.
 *
 * @throws ConfigError `ERR_UNKNOWN_OPTION` for an unknown key; `ERR_TYPE` for two objects
 */
export function resolveOptions<T extends { readonly name: string }>(
  where: string,
  defaults: T,
  first: number | LearningRateSchedule | object | undefined,
  second: object | undefined,
): typeof COMMON_DEFAULTS & T {
  const isRate =
    first instanceof LearningRateSchedule ||
    (typeof first !== 'object' && typeof first !== 'function') ||
    first === null;
  if (!isRate && second !== undefined)
    throw refusal('ERR_TYPE', where, 'a learning rate and then options, or options alone', 'two objects');
  const all = { ...COMMON_DEFAULTS, ...defaults };
  const given = checkOptions(where, (isRate ? second : first) as object | undefined, Object.keys(all));
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...all,
    ...Object.fromEntries(set),
    ...(isRate && first !== undefined ? { learningRate: first } : {}),
  } as never;
}

/** The optimizer of a class that `getConfig` described. */
export function makeFromConfig<T extends Optimizer>(Class: new (options: object) => T, config: OptimizerConfig): T {
  const { excludeFromWeightDecay: varNames, ...options } = config;
  const { learningRate } = options;
  const isSchedule = typeof learningRate === 'object' && learningRate !== null && 'className' in learningRate;
  if (isSchedule) checkOptions('learningRate', learningRate, ['className', 'config']);
  const optimizer = new Class(
    isSchedule
      ? { ...options, learningRate: scheduleFromConfig(learningRate.className, learningRate.config) }
      : options,
  );
  if (varNames !== undefined) optimizer.excludeFromWeightDecay({ varNames: varNames as readonly string[] });
  return optimizer;
}
