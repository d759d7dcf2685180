// SPDX-License-Identifier: MIT
// Predictions as lines of CSV, TSV or JSON.
import { internal } from '../../index';
import type { Cell } from '../../tables';

const { describe, refusal } = internal;

export type OutputFormat = 'csv' | 'tsv' | 'jsonl';

/** Makes lines of rows. */
export class PredictionWriter {
  /** The header; '' for JSON. */
  readonly header: string;
  readonly #columns: readonly string[];
  readonly #delimiter: string;
  readonly #isJson: boolean;

  /** @throws DataError `ERR_DATA` where two columns would have one name */
  constructor(where: string, format: OutputFormat, columns: readonly string[]) {
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    if (twice !== undefined)
      throw refusal('ERR_DATA', where, `no column ${describe(twice)} in the input`, 'one', 'Leave --keep out.');
    this.#columns = columns;
    this.#delimiter = format === 'tsv' ? '\t' : ',';
    this.#isJson = format === 'jsonl';
    this.header = this.#isJson ? '' : this.#line(columns);
  }

  /** The line of one row. */
  row(cells: readonly Cell[]): string {
    if (!this.#isJson) return this.#line(cells);
    return `${JSON.stringify(Object.fromEntries(this.#columns.map((name, index) => [name, cells[index]])))}\n`;
  }

  #line(cells: readonly Cell[]): string {
    const fields = cells.map((cell) => {
      const text = cell === null ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
      const isPlain = !text.includes(this.#delimiter) && !/["\r\n]|^\s|\s$/.test(text);
      return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
    });
    // A line of nothing would be taken for a blank one.
    return `${fields.length === 1 && fields[0] === '' ? '""' : fields.join(this.#delimiter)}\n`;
  }
}
