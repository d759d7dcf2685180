// SPDX-License-Identifier: MIT
// How far a `fit` is: what is needed, beside weights and optimizer, to go on from the middle of it.
import type { FitProgress } from '../callbacks/callback';
import { checkInteger, checkOptions, describe, refusal } from '../util/validate';

/** The progress of one `fit`. */
export class ProgressTracker {
  epoch: number;
  batch = 0;
  seed: number;
  /** How many there are is known when the first batch has told what the metrics are. */
  totals: Float64Array = new Float64Array();
  /** Whether a callback may still say where to begin. */
  isOpen = true;

  constructor(epoch: number, seed: number) {
    this.epoch = epoch;
    this.seed = seed;
  }

  get value(): FitProgress {
    const { epoch, batch, seed } = this;
    return { epoch, batch, seed, totals: [...this.totals] };
  }

  /** @throws StateError `ERR_STATE` after `onTrainBegin`; ConfigError where the value does not fit this `fit` */
  assign(where: string, value: unknown): void {
    if (!this.isOpen)
      throw refusal('ERR_STATE', where, 'to be set in onTrainBegin', 'a value later', 'An epoch has begun.');
    const given = checkOptions(where, value as Partial<FitProgress>, ['epoch', 'batch', 'seed', 'totals']);
    const { totals } = given;
    const fits =
      Array.isArray(totals) &&
      totals.length === this.totals.length &&
      totals.every((sum: unknown) => typeof sum === 'number');
    if (!fits)
      throw refusal('ERR_CONFIG', where, `totals to be an array of ${this.totals.length} numbers`, describe(totals));
    this.epoch = checkInteger(where, 'epoch', given.epoch, 0);
    this.batch = checkInteger(where, 'batch', given.batch, 0);
    this.seed = checkInteger(where, 'seed', given.seed, 0, Number.MAX_SAFE_INTEGER);
    this.totals.set(totals);
  }

  /** The epoch is over. */
  finishEpoch(): void {
    this.epoch++;
    this.batch = 0;
    this.totals.fill(0);
  }
}
