// SPDX-License-Identifier: MIT
// Names of layers and models. Automatic ones, `simple_rnn_1`, `simple_rnn_2`, are counted for each class until
// `clearSession()`; names that are given are never touched.
import { refuseMore } from './arguments';
import { normalizeName } from './identifiers';
import { checkString, describe, refusal } from './validate';

const counters = new Map<string, number>();

/** The next automatic name for a class: its name in snake_case and a number from 1, as Keras 2 gives them. */
export function autoName(className: string): string {
  const prefix = normalizeName(className);
  const count = (counters.get(prefix) ?? 0) + 1;
  counters.set(prefix, count);
  return `${prefix}_${count}`;
}

/** What is known of a name: the name, and whether this library made it. */
export interface ResolvedName {
  readonly name: string;
  readonly isAutomatic: boolean;
}

/**
 * The name of a layer of this class: the one given, else the next automatic one.
 *
 * @param name null where none is given
 * @param automaticName the name itself where the library made it, in another program perhaps: see `Layer.getConfig`
 * @throws ConfigError `ERR_TYPE`; `ERR_CONFIG` where the name is empty or has a slash, which parts names of weights
 */
export function resolveLayerName(className: string, name: unknown, automaticName: unknown = null): ResolvedName {
  if (automaticName !== null) checkString(className, 'automaticName', automaticName);
  if (name === null || name === undefined) return { name: autoName(className), isAutomatic: true };
  const given = checkString(className, 'name', name);
  if (given === '' || given.includes('/'))
    throw refusal('ERR_CONFIG', className, 'name not to be empty, and without a slash', describe(given));
  return { name: given, isAutomatic: given === automaticName };
}

/**
 * Begins automatic names anew, so that the next `SimpleRNN` is `simple_rnn_1` again. Models and seeds stay as they are.
 *
 * @see keras/src/backend/common/global_state.py
 * @example
 * clearSession();
 * new SimpleRNN(32).name; // 'simple_rnn_1'
 */
export function clearSession(...rest: []): void {
  refuseMore('clearSession', rest);
  counters.clear();
}
