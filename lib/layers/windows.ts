// SPDX-License-Identifier: MIT
// What layers with a window over time have in common: their options, and how many windows there are.
import { checkInteger, describe, refusal } from '../util/validate';
import { shapeText } from './shapes';
import type { Shape } from '../types';

/** A size along the only axis there is: a number, or an array of it, as Keras takes it. */
export type OneSize = number | readonly [number];

/** A size from 1. */
export function checkOneSize(where: string, what: string, value: unknown): number {
  if (!Array.isArray(value)) return checkInteger(where, what, value);
  if (value.length !== 1) throw refusal('ERR_CONFIG', where, `${what} of one size`, describe(value));
  return checkInteger(where, what, value[0]);
}

/**
 * Features stand last.
 *
 * @throws ConfigError `ERR_CONFIG` for any other `dataFormat` than null and `'channels_last'`
 */
export function checkDataFormat(where: string, value: unknown): void {
  if (value === null || value === 'channels_last' || value === 'channelsLast') return;
  throw refusal('ERR_CONFIG', where, "dataFormat to be null or 'channels_last'", describe(value));
}

/** Which steps windows read. */
export interface Windows {
  readonly size: number;
  readonly strides: number;
  readonly dilation: number;
  readonly padding: 'valid' | 'same' | 'causal';
}

/**
 * Windows over the timesteps of [N,T,C]: null where T is unknown.
 *
 * @throws ShapeError `ERR_SHAPE` where a sequence is too short for one
 */
export function windowCount(where: string, windows: Windows, inputShape: Shape): number | null {
  const steps = inputShape[1] ?? null;
  if (steps === null) return null;
  const { size, strides, dilation, padding } = windows;
  if (padding !== 'valid') return Math.ceil(steps / strides);
  const reach = dilation * (size - 1) + 1;
  if (steps < reach)
    throw refusal(
      'ERR_SHAPE',
      where,
      `input of at least ${reach} timesteps`,
      `${shapeText(inputShape)}`,
      "Pad the sequences, or set padding: 'same'.",
    );
  return Math.floor((steps - reach) / strides) + 1;
}
