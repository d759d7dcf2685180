// SPDX-License-Identifier: MIT
// Values that are given by name, where an order is known.
import { nearest } from './did_you_mean';
import { describe, refusal } from './validate';

/**
 * The values of an object in the order of `names`, each of which it must have.
 *
 * @param what the values, for messages: `inputs`
 * @throws ConfigError `ERR_UNKNOWN_NAME`, with the nearest name; `ERR_CONFIG` where one is missing
 */
export function inOrder<T>(
  where: string,
  what: string,
  names: readonly string[],
  given: Readonly<Record<string, T>>,
): T[] {
  const listed = names.map((name) => `"${name}"`).join(', ');
  const unknown = Object.keys(given).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    const hint = nearest(unknown, names);
    const expected = `${what} by name: ${listed}`;
    throw refusal('ERR_UNKNOWN_NAME', where, expected, describe(unknown), hint && `Did you mean "${hint}"?`);
  }
  return names.map((name) => {
    if (Object.hasOwn(given, name)) return given[name]!;
    throw refusal('ERR_CONFIG', where, `${what} by name: ${listed}`, `none for "${name}"`);
  });
}
