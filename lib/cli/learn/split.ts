// SPDX-License-Identifier: MIT
// Which rows are held back from training.
import { internal } from '../../index';

const { Mt19937, refusal } = internal;

/** Rows of a table in two parts. */
export interface Split {
  /** 1 for each row that is held back. */
  readonly isHeld: Uint8Array;
  readonly training: number;
  readonly held: number;
}

/**
 * Holds a share of the rows back: any of them by a seed, or the last ones.
 *
 * @throws DataError `ERR_DATA` where a part would be empty
 */
export function splitRows(where: string, rows: number, share: number, seed: number | 'last'): Split {
  const held = Math.round(rows * share);
  if (held === 0 || held === rows) {
    const hint = 'Pass --holdout with another share, or more rows.';
    throw refusal('ERR_DATA', where, 'rows to train on and rows to hold back', `${rows} rows in all`, hint);
  }
  const isHeld = new Uint8Array(rows);
  if (seed === 'last') isHeld.fill(1, rows - held);
  else {
    const order = Int32Array.from({ length: rows }, (_, row) => row);
    new Mt19937(seed).shuffle(order);
    for (const row of order.subarray(0, held)) isHeld[row] = 1;
  }
  return { isHeld, training: rows - held, held };
}
