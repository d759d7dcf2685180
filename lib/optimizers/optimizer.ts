// SPDX-License-Identifier: MIT
// What every optimizer has: a learning rate, a configuration, and its resolved form for the engine, which does the maths.
import { checkNumber, checkOptions, describe, refusal } from '../util/validate';
import type { NativeOptimizer } from '../native/binding';

/** Options of Keras' base optimizer that the engine does not compute yet, with the values that switch them off. */
const NOT_THERE_YET: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ['weightDecay', [null, 0]],
  ['clipnorm', [null]],
  ['clipvalue', [null]],
  ['globalClipnorm', [null]],
  ['useEma', [false]],
  ['emaMomentum', [0.99]],
  ['emaOverwriteFrequency', [null]],
  ['lossScaleFactor', [null]],
  ['gradientAccumulationSteps', [null]],
]);

/** Plain configuration of an optimizer, as `getConfig` returns it and `fromConfig` takes it. */
export type OptimizerConfig = Readonly<Record<string, string | number | boolean>>;

/** Optimizer of a model. Holds settings only: the slots (momenta, mean squares) live with the compiled model. */
export abstract class Optimizer {
  /** Class name as Keras writes it in configurations: `RMSprop`. */
  abstract readonly className: string;
  #learningRate: number;

  protected constructor(
    /** Name of the optimizer; by default that of the class in snake case. */
    readonly name: string,
    learningRate: number,
  ) {
    this.#learningRate = learningRate;
  }

  /** Step size, at least 0. A new value holds from the next batches on, in the middle of `fit` too. */
  get learningRate(): number {
    return this.#learningRate;
  }

  /** @throws ConfigError `ERR_TYPE` or `ERR_CONFIG` where it is no finite number of at least 0 */
  set learningRate(value: number) {
    this.#learningRate = checkNumber(this.name, 'learningRate', value, { min: 0 });
  }

  /** All settings as a plain object; `fromConfig` of the class makes the same optimizer from it. */
  abstract getConfig(): OptimizerConfig;

  /** The resolved settings that cross to the engine. */
  abstract toNative(): NativeOptimizer;
}

/**
 * Merges Keras' calling styles, `new Adam(0.001, { beta1 })` and `new Adam({ learningRate, beta1 })`, over the defaults.
 *
 * @throws ConfigError `ERR_UNKNOWN_OPTION` for an unknown key; `ERR_CONFIG` for an option of Keras that is not there yet
 */
export function resolveOptions<T extends { learningRate: number; name: string }>(
  where: string,
  defaults: Readonly<T>,
  first: number | object | undefined,
  second: object | undefined,
): T {
  if (typeof first === 'object' && first !== null && second !== undefined)
    throw refusal('ERR_TYPE', where, 'a learning rate and then options, or options alone', 'two objects');
  const firstIsOptions = typeof first === 'object' || typeof first === 'function';
  const given = checkOptions(where, (firstIsOptions ? first : second) as Record<string, unknown> | undefined, [
    ...Object.keys(defaults),
    ...NOT_THERE_YET.keys(),
  ]);
  const options: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const off = NOT_THERE_YET.get(key);
    if (off === undefined) options[key] = value;
    else if (!off.includes(value))
      throw refusal(
        'ERR_CONFIG',
        where,
        `${key} to be left at ${describe(off[0])}`,
        describe(value),
        `ostinato does not have ${key} yet.`,
      );
  }
  if (first !== undefined && !firstIsOptions) options['learningRate'] = first;
  return options as T;
}
