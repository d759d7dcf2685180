// SPDX-License-Identifier: MIT
// One way to read names: 'glorot_uniform', 'glorotUniform' and 'GlorotUniform' name the same thing everywhere.
import { nearest } from './did_you_mean';
import { checkString, describe, refusal } from './validate';

/**
 * The snake_case spelling of a name given in snake_case, camelCase or PascalCase.
 *
 * Acronyms are one word: `SimpleRNN` is `simple_rnn`, `GRUCell` is `gru_cell`, `L1L2` is `l1_l2`, `RMSprop` is `rmsprop`.
 */
export function normalizeName(name: string): string {
  return name
    .replaceAll('RMSprop', 'Rmsprop')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/([0-9])([A-Z][a-z0-9])/g, '$1_$2')
    .toLowerCase();
}

/**
 * Looks `value` up in a table whose keys are spelt in snake_case. Where words begin does not matter (`rmsProp` finds `rmsprop`).
 *
 * @param where class or function, for the message
 * @param what the argument, for the message
 * @throws ConfigError `ERR_TYPE` where `value` is no string; `ERR_UNKNOWN_NAME`, with the nearest name, where the table lacks it
 */
export function resolveName<T>(where: string, what: string, value: string, table: ReadonlyMap<string, T>): T {
  const name = normalizeName(checkString(where, what, value));
  for (const [key, entry] of table) if (key === name || withoutBreaks(key) === withoutBreaks(name)) return entry;
  const names = [...table.keys()];
  const hint = nearest(name, names);
  throw refusal(
    'ERR_UNKNOWN_NAME',
    where,
    `${what} to be one of ${names.map((known) => `'${known}'`).join(', ')}`,
    describe(value),
    hint === undefined ? '' : `Did you mean '${hint}'?`,
  );
}

function withoutBreaks(name: string): string {
  return name.replaceAll('_', '');
}
