// SPDX-License-Identifier: MIT
// A file that is read several times, and must stay what it was meanwhile.
import { stat } from 'node:fs/promises';
import { internal } from '../../index';
import { openTable, type Row, type Table, type TableOptions } from '../../tables';

const { ioError, refusal } = internal;

/** Rows that a model is given at once. */
const ROWS = 1024;

/** A table in a file. */
export class TableSource {
  #state: string | undefined;

  constructor(
    private readonly where: string,
    readonly path: string,
    private readonly options: TableOptions,
  ) {}

  /** Opens it for one more pass. @throws DataError `ERR_DATA` where it changed since the first; as `openTable` */
  async open(): Promise<Table> {
    const state = await this.#stat();
    this.#state ??= state;
    if (state !== this.#state) throw refusal('ERR_DATA', this.where, `${this.path} to stay as it is`, 'a change of it');
    return openTable(this.where, this.path, this.options);
  }

  async #stat(): Promise<string> {
    try {
      const { size, mtimeMs } = await stat(this.path);
      return `${size} ${mtimeMs}`;
    } catch (error) {
      throw ioError(this.where, `read ${this.path}`, error);
    }
  }
}

/** Does something with a table and closes it, whatever comes of it: an input that stays open would hold up the process. */
export async function withTable<T>(table: Table, work: (table: Table) => Promise<T>): Promise<T> {
  try {
    return await work(table);
  } finally {
    await table.close();
  }
}

/** The rows of a table in slices that a model can be given, with the number of their first row, from 0. */
export async function* slicesOf(table: Table): AsyncGenerator<{ rows: readonly Row[]; first: number }> {
  let first = 0;
  for await (const batch of table.batches())
    for (let at = 0; at < batch.length; at += ROWS) {
      const rows = batch.slice(at, at + ROWS);
      yield { rows, first };
      first += rows.length;
    }
}
