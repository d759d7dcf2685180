// SPDX-License-Identifier: MIT
// Reads the goldens of test/golden, where they are.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Packed {
  shape: number[];
  data: number[];
}

const file = (name: string): string => path.join(__dirname, '..', 'golden', `${name}.json`);

/** `describe`, or `describe.skip` where the golden is not there. */
export function describeGolden(name: string, body: () => void): void {
  (existsSync(file(name)) ? describe : describe.skip)(`golden ${name}.json`, body);
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(file(name), 'utf8')) as T;
}

/**
 * The values of a golden that Keras was given. They were floats, written with nine digits: rounding to float again gives
 * exactly what Keras saw.
 */
export function given(packed: Packed | { data: number[] }): Float64Array {
  return Float64Array.from(packed.data, Math.fround);
}
