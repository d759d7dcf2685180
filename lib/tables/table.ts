// SPDX-License-Identifier: MIT
// What every reader of tables gives: named columns, and rows in batches as they come out of the file.

/** One value of a row. Files of text give strings alone; null and '' are missing values; an object is nested JSON. */
export type Cell = string | number | boolean | null | object;

/** One row. */
export interface Row {
  /** Where the row begins: a line of a text file, or a row of a Parquet file, from 1. */
  readonly line: number;
  /** One for each column, in their order. */
  readonly cells: readonly Cell[];
}

/** The formats that {@link openTable} reads. `lines` has one column, `text`: each line is one value. */
export const TABLE_FORMATS = ['csv', 'tsv', 'jsonl', 'parquet', 'lines'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** A table that is open. It is read once, from its beginning to its end. */
export interface Table {
  readonly format: TableFormat;
  /** Of files with a delimiter. */
  readonly delimiter?: string;
  readonly columns: readonly string[];
  /** The rows as they are read: a batch holds what one piece of the file gave, at least one row. */
  batches(): AsyncIterable<readonly Row[]>;
  /** Stops reading. */
  close(): Promise<void>;
}
