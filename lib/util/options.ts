// SPDX-License-Identifier: MIT
// Options objects over their defaults, and the options of Keras that are not there yet.
import { checkOptions, describe, refusal } from './validate';

/**
 * The options given over the defaults; an explicit `undefined` means the default.
 *
 * @param others options that exist but have no default here
 * @throws ConfigError `ERR_TYPE` for no plain object, `ERR_UNKNOWN_OPTION`, with the nearest name, for an unknown key
 */
export function withDefaults<D extends object, O extends object>(
  where: string,
  options: O | undefined,
  defaults: D,
  others: readonly string[] = [],
): Omit<O, keyof D> & { [K in keyof D]: K extends keyof O ? Exclude<O[K], undefined> : D[K] } {
  const given = checkOptions(where, options, [...Object.keys(defaults), ...others]);
  const all = { ...defaults } as Record<string, unknown>;
  // Not by Object.fromEntries: each object of that has a hidden class of its own, which only collections of all memory free.
  for (const [key, value] of Object.entries(given)) if (value !== undefined) all[key] = value;
  return all as ReturnType<typeof withDefaults<D, O>>;
}

/**
 * Refuses options of Keras that this version does not have, unless they are set to Keras' default, which changes nothing.
 *
 * @param notYet the options with Keras' defaults
 * @throws ConfigError `ERR_CONFIG`
 */
export function refuseNotYet(
  where: string,
  options: object | undefined,
  notYet: Readonly<Record<string, unknown>>,
): void {
  if (typeof options !== 'object' || options === null) return;
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(notYet, key) || value === undefined || value === notYet[key]) continue;
    throw refusal(
      'ERR_CONFIG',
      where,
      `${key} to be ${describe(notYet[key])}`,
      describe(value),
      `${key} is not supported yet.`,
    );
  }
}
