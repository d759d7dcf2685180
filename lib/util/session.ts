// SPDX-License-Identifier: MIT
// The automatic names of layers and models: `simple_rnn_1`, `simple_rnn_2`, counted for each class until `clearSession()`.
import { normalizeName } from './identifiers';

const counters = new Map<string, number>();

/** The next automatic name for a class: its name in snake_case and a number from 1, as Keras 2 gives them. */
export function autoName(className: string): string {
  const prefix = normalizeName(className);
  const count = (counters.get(prefix) ?? 0) + 1;
  counters.set(prefix, count);
  return `${prefix}_${count}`;
}

/**
 * Begins automatic names anew, so that the next `SimpleRNN` is `simple_rnn_1` again. Models and seeds stay as they are.
 *
 * @see keras/src/backend/common/global_state.py
 * @example
 * clearSession();
 * new SimpleRNN(32).name; // 'simple_rnn_1'
 */
export function clearSession(): void {
  counters.clear();
}
