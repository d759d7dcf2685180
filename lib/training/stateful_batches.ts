// SPDX-License-Identifier: MIT
// Batches of a model with stateful layers: these hold a state for each row of a batch, so that all batches of a call, and of
// the calls after it until `resetStates()`, must have the same number of rows.
import { refusal } from '../util/validate';
import type { BatchRows, TrainerHost } from './trainer_host';

/** Batches of rows in memory. */
export interface BatchedRows {
  /** What messages call the data. */
  readonly what: string;
  readonly rows: number;
  readonly batchSize: number;
  /** The option that says how many rows a batch has. */
  readonly option: string;
}

/** Checks the batches of one call. */
export class StatefulBatches {
  /** A source is read ahead: its batches lead to the states of this call, whatever a callback computes meanwhile. */
  readonly #held: BatchRows;
  #first: { readonly what: string; readonly size: number } | undefined;

  constructor(
    private readonly where: string,
    private readonly host: Pick<TrainerHost, 'isStateful' | 'batchRows'>,
  ) {
    this.#held = host.batchRows;
  }

  /** @throws ShapeError `ERR_SHAPE` where the rows do not fill batches of the size that is wanted */
  expectRows({ what, rows, batchSize, option }: BatchedRows): void {
    if (!this.host.isStateful) return;
    const size = Math.min(rows, batchSize);
    if (rows % size !== 0)
      throw this.#refusal(
        `rows of ${what} that fill batches of ${size}, for a layer is stateful`,
        `${rows}`,
        `Leave rows out, or choose another ${option}.`,
      );
    this.expectBatch(`each batch of ${what}`, size);
  }

  /** @throws ShapeError `ERR_SHAPE` where a batch has another number of rows than the others */
  expectBatch(what: string, size: number): void {
    if (!this.host.isStateful) return;
    const { count } = this.#held;
    this.#first ??= { what, size };
    if (size !== this.#first.size)
      throw this.#refusal(
        `${this.#first.size} rows in ${what} as in ${this.#first.what}, for a layer is stateful`,
        `${size}`,
        'All batches of a call go on from the same states.',
      );
    if (count !== undefined && size !== count)
      throw this.#refusal(
        `${count} rows in ${what}, one for each state that stateful layers hold`,
        `${size}`,
        'Call resetStates() first.',
      );
  }

  #refusal(expected: string, received: string, hint: string): Error {
    return refusal('ERR_SHAPE', this.where, expected, received, hint);
  }
}
