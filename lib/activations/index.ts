// SPDX-License-Identifier: MIT
// The names of activations. The functions themselves live in the engine; here a string becomes the engine's name for one.
import { resolveName } from '../util/identifiers';
import type { NativeActivation } from '../native/binding';

/** Every activation, in Keras' spelling or in camelCase; any other string is refused when it is used. */
export type ActivationName = NativeActivation | 'hardSigmoid';

/** What an `activation` option takes: a name, or null for none (`linear`). */
export type ActivationLike = ActivationName | (string & {}) | null;

const TABLE: ReadonlyMap<string, NativeActivation> = new Map(
  (
    [
      'linear',
      'tanh',
      'sigmoid',
      'relu',
      'softmax',
      'elu',
      'exponential',
      'hard_sigmoid',
      'softsign',
    ] as const satisfies readonly NativeActivation[]
  ).map((name) => [name, name]),
);

/** Names of all activations, in Keras' spelling. */
export const activationNames: readonly string[] = Object.freeze([...TABLE.keys()]);

/**
 * The engine's name of an activation.
 *
 * @param where class or function that asks, for the error message
 * @param what the option, for the error message
 * @param value a name in snake_case, camelCase or PascalCase; null or undefined means `linear`
 * @throws ConfigError `ERR_TYPE` where `value` is no string; `ERR_UNKNOWN_NAME`, with the nearest name, for an unknown one
 * @see keras/src/activations/__init__.py
 */
export function resolveActivation(where: string, what: string, value: ActivationLike | undefined): NativeActivation {
  return value === null || value === undefined ? 'linear' : resolveName(where, what, value, TABLE);
}
