// SPDX-License-Identifier: MIT
// "After every so many batches": the counting that callbacks with a `saveFreq` share. It goes on through the epochs.
import { checkInteger, describe, refusal } from '../util/validate';

/** 'epoch', or a number of batches. */
export type SaveFreq = 'epoch' | number;

/** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` */
export function checkSaveFreq(where: string, value: unknown): SaveFreq {
  if (value === 'epoch') return value;
  if (typeof value === 'number') return checkInteger(where, 'saveFreq', value);
  const code = typeof value === 'string' ? 'ERR_CONFIG' : 'ERR_TYPE';
  throw refusal(code, where, "saveFreq to be 'epoch' or a number of batches", describe(value));
}

export class BatchCounter {
  /** Batches since the last time. */
  count = 0;

  constructor(private readonly every: number) {}

  /** Counts a batch; whether it is time. */
  isDue(): boolean {
    this.count = (this.count + 1) % this.every;
    return this.count === 0;
  }
}
