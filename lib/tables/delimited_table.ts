// SPDX-License-Identifier: MIT
// CSV and TSV as tables: the header names the columns, and every record has as many fields.
import { internal } from '../index';
import { DelimitedText, detectDelimiter, type TextRecord } from './delimited_text';
import type { Row, Table } from './table';
import { Utf8Reader } from './utf8';

const { describe, refusal } = internal;

/** Characters that are looked at for the delimiter at most, where no line ends before. */
const BEGINNING = 2 ** 16;

/**
 * Reads the header.
 *
 * @param delimiter one character; undefined: the one that fits
 * @throws DataError `ERR_DATA`
 */
export async function openDelimited(
  where: string,
  format: 'csv' | 'tsv',
  source: AsyncIterable<Uint8Array>,
  delimiter: string | undefined,
): Promise<Table> {
  const pieces = source[Symbol.asyncIterator]();
  const utf8 = new Utf8Reader(where);
  const close = async (): Promise<void> => void (await pieces.return?.());
  try {
    let text = '';
    let isDone = false;
    const next = async (): Promise<void> => {
      const piece = await pieces.next();
      isDone = piece.done === true;
      text += piece.done === true ? utf8.end() : utf8.push(piece.value);
    };
    while (!isDone && !/[\r\n]./s.test(text) && text.length < BEGINNING) await next();
    const taken = delimiter ?? detectDelimiter(text);
    const parser = new DelimitedText(where, taken);
    const records = parser.push(text);
    if (isDone) records.push(...parser.end());
    while (!isDone && records.length === 0) {
      text = '';
      await next();
      records.push(...parser.push(text), ...(isDone ? parser.end() : []));
    }
    const header = records.shift();
    if (header === undefined) throw refusal('ERR_DATA', where, 'a header and rows', 'an empty file');
    const columns = checkHeader(where, header.cells);

    async function* batches(): AsyncGenerator<readonly Row[]> {
      const checked = (found: readonly TextRecord[]): readonly Row[] => {
        for (const record of found) checkRecord(where, columns.length, record);
        return found;
      };
      try {
        if (records.length > 0) yield checked(records.splice(0));
        while (!isDone) {
          text = '';
          await next();
          const found = parser.push(text);
          if (isDone) found.push(...parser.end());
          if (found.length > 0) yield checked(found);
        }
      } finally {
        await close();
      }
    }
    return { format, delimiter: taken, columns, batches, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws DataError `ERR_DATA` for columns without a name or with one name, and where the header is a row of numbers */
function checkHeader(where: string, columns: readonly string[]): readonly string[] {
  const isNumbers = columns.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
  if (isNumbers)
    throw refusal('ERR_DATA', where, 'names of columns in the first line', 'numbers alone', 'Add a header.');
  const seen = new Set<string>();
  for (const name of columns) {
    if (seen.has(name)) throw refusal('ERR_DATA', where, 'each name of a column once', `${describe(name)} twice`);
    seen.add(name);
  }
  return columns;
}

function checkRecord(where: string, count: number, { cells, line }: TextRecord): void {
  if (cells.length === count) return;
  const hint = 'A field that holds the delimiter or a line break stands in quotes.';
  throw refusal(
    'ERR_DATA',
    where,
    `${count} ${count === 1 ? 'field' : 'fields'}, as the header has`,
    `${cells.length} in line ${line}`,
    hint,
  );
}
