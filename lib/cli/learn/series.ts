// SPDX-License-Identifier: MIT
// A table as a time series: rows that ascend in time, windows over them, and targets some rows ahead.
import { internal, NdArray } from '../../index';
import { columnAt, parseNumber } from './columns';
import { Encoder } from './encoder';
import type { Row, Table } from '../../tables';
import type { Recipe, Series } from './recipe';

const { allocate, describe, refusal } = internal;

/** Checks that rows ascend by their column of time: numbers by their value, texts by code units, as ISO 8601 does. */
export class TimeOrder {
  readonly #where: string;
  readonly #name: string | null;
  readonly #at: number;
  #before: string | undefined;

  constructor(where: string, { time }: Series, columns: readonly string[]) {
    this.#where = where;
    this.#name = time;
    this.#at = time === null ? -1 : columnAt(where, columns, time);
  }

  /** The time of the next row; '' without a column. @throws DataError `ERR_DATA` where it does not ascend */
  next(row: Row): string {
    if (this.#name === null) return '';
    const cell = row.cells[this.#at]!;
    const time = cell === null || typeof cell === 'object' ? '' : Buffer.from(String(cell)).toString();
    const before = this.#before;
    if (time === '' || (before !== undefined && !isBefore(before, time))) {
      const received = time === '' ? 'a missing value' : `${describe(time)} after ${describe(before)}`;
      const hint = 'Sort the rows by time; dates go as 2026-01-31T12:00:00Z or as numbers.';
      const expected = `times that ascend in column ${describe(this.#name)}`;
      throw refusal('ERR_DATA', this.#where, expected, `${received} in line ${row.line}`, hint);
    }
    this.#before = time;
    return time;
  }
}

function isBefore(a: string, b: string): boolean {
  const [m, n] = [parseNumber(a), parseNumber(b)];
  return Number.isNaN(m) || Number.isNaN(n) ? a < b : m < n;
}

/** All rows of a series in memory: 4 bytes for each number. */
export interface SeriesRows {
  /** [N,C] */
  readonly values: NdArray;
  /** [N] */
  readonly targets: Float32Array;
  readonly lines: Int32Array;
}

/** Reads a series to its end. @throws DataError `ERR_DATA` */
export async function readSeriesRows(where: string, table: Table, recipe: Recipe): Promise<SeriesRows> {
  const encoder = new Encoder(where, recipe, table.columns, true);
  const order = new TimeOrder(where, recipe.series!, table.columns);
  const parts: Float32Array[] = [];
  const [targets, lines]: [number[], number[]] = [[], []];
  for await (const batch of table.batches()) {
    batch.forEach((row) => void order.next(row));
    parts.push(encoder.numbers(batch).data);
    for (const row of batch) {
      targets.push(encoder.target(row));
      lines.push(row.line);
    }
  }
  const width = recipe.numbers.length;
  const values = new Float32Array(targets.length * width);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return {
    values: new NdArray(values, [targets.length, width]),
    targets: Float32Array.from(targets),
    lines: Int32Array.from(lines),
  };
}

/**
 * Windows over a part of a series whose targets lie in a range of rows.
 *
 * @param begin first row that is a target, `end` the first that is none
 */
export function windowsOf(
  { values, targets, lines }: SeriesRows,
  { window, horizon }: Series,
  begin: number,
  end: number,
) {
  const ahead = window - 1 + horizon;
  const first = Math.max(begin - ahead, 0);
  const count = end - ahead - first;
  if (count < 1) return undefined;
  const at = first + ahead;
  return {
    x: slide(values, window, first, count),
    y: targets.slice(at, at + count),
    lines: lines.slice(at, at + count),
  };
}

/** Windows [count,T,C] over rows [N,C], each one row further, from row `first` on. */
export function slide(values: NdArray, window: number, first: number, count: number): NdArray {
  const width = values.shape[1]!;
  const size = window * width;
  const data = allocate('series', () => new Float32Array(count * size));
  for (let at = 0; at < count; at++) {
    const from = (first + at) * width;
    data.set(values.data.subarray(from, from + size), at * size);
  }
  return new NdArray(data, [count, window, width]);
}
