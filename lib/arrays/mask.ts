// SPDX-License-Identifier: MIT
// Masks at the door: which timesteps of which rows count.
import { describe, refusal } from '../util/validate';
import { toValues } from './arrays';
import { positionText } from './nested_arrays';
import type { ArrayInput } from '../types';

/** A mask [N,T]: true or 1 where a timestep counts, false or 0 where it is left out. */
export type MaskInput = ArrayInput;

/**
 * Reads a mask of `rows` by `steps`.
 *
 * @returns a copy: 1 where a timestep counts, else 0
 * @throws as {@link toValues}; ShapeError `ERR_SHAPE` for another shape; DataError `ERR_DATA` for an element that is neither
 */
export function toMask(where: string, what: string, input: unknown, rows: number, steps: number): Uint8Array {
  const { data, shape } = toValues(where, what, input);
  if (shape.length !== 2 || shape[0] !== rows || shape[1] !== steps)
    throw refusal('ERR_SHAPE', where, `${what} of shape [N,T] = [${rows}, ${steps}]`, `[${shape.join(', ')}]`);
  const index = data.findIndex((value) => value !== 0 && value !== 1);
  if (index >= 0)
    throw refusal(
      'ERR_DATA',
      where,
      `${what} of true and false, or of 1 and 0`,
      `${describe(data[index])} at ${positionText(index, shape)}`,
    );
  return Uint8Array.from(data);
}
