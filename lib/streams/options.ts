// SPDX-License-Identifier: MIT
// What streams are opened with.
import { withDefaults } from '../util/options';
import { checkBoolean } from '../util/validate';
import type { ArrayInput } from '../types';

/** One value, a list in order, or an object by name. */
export type ByName<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** Values of the inputs that are vectors. */
export interface ConstantOptions {
  /**
   * For each input [N,C] its C numbers, in a group a row for each stream: one array, a list in the order of these inputs,
   * or an object by their names. What `predict` gave for one row serves as it is. Default none.
   */
  constants?: ByName<ArrayInput> | null;
}

/** Options of `model.openStream` and `model.openStreams`. */
export interface StreamOptions extends ConstantOptions {
  /** Whether predictions come as an object by the names of the outputs. Default false: one array, or a list of several. */
  returnDict?: boolean;
}

const CONSTANT_DEFAULTS = Object.freeze({ constants: null });
const DEFAULTS = Object.freeze({ ...CONSTANT_DEFAULTS, returnDict: false });

export function readStreamOptions(
  where: string,
  options: StreamOptions | undefined,
): { constants: unknown; returnDict: boolean } {
  const { constants, returnDict } = withDefaults(where, options, DEFAULTS);
  return { constants, returnDict: checkBoolean(where, 'returnDict', returnDict) };
}

/** The constants that are given anew; null where there are none. */
export function readConstantOptions(where: string, options: ConstantOptions | undefined): unknown {
  return withDefaults(where, options, CONSTANT_DEFAULTS).constants;
}
