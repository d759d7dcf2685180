// SPDX-License-Identifier: MIT
// Opens a table by its format, which the end of its name says.
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { internal } from '../index';
import { nearest } from '../util/did_you_mean';
import { openDelimited } from './delimited_table';
import { openJsonLines, openLines } from './lines';
import { openParquet } from './parquet';
import { TABLE_FORMATS, type Table, type TableFormat } from './table';

const { describe, ioError, refusal } = internal;

/** Options of {@link openTable}. */
export interface TableOptions {
  /** Undefined: the end of the name says it; a stream without a name is JSON Lines where it begins with `{`, else CSV. */
  readonly format?: TableFormat | undefined;
  /** One character; undefined: a tab for TSV, for CSV the one of comma, tab, semicolon and bar that fits. */
  readonly delimiter?: string | undefined;
}

/** Bytes that are read at once. */
const PIECE = 2 ** 18;
const BRACE = '{'.charCodeAt(0);
/** Spaces, line breaks, and the bytes of a byte order mark. */
const SKIPPED = [...Buffer.from(' \t\r\n\uFEFF')];

const FORMAT_OF_END: ReadonlyMap<string, TableFormat> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.tab', 'tsv'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.parquet', 'parquet'],
  ['.txt', 'lines'],
]);

/**
 * Opens a table and reads its header.
 *
 * Memory is bounded by the longest record, not by the file: rows come as pieces of the file are read, and no piece is read
 * before the rows of the last one were taken.
 *
 * @param source path of a file, or bytes that come
 * @throws (rejects) DataError `ERR_DATA`, `ERR_NOT_FOUND`, `ERR_IO`; ConfigError `ERR_CONFIG`; StateError `ERR_STATE` where
 *   Parquet cannot be read. Batches reject in the same way, and name the line
 */
export async function openTable(
  where: string,
  source: string | AsyncIterable<Uint8Array>,
  options: TableOptions = {},
): Promise<Table> {
  const { delimiter } = options;
  if (delimiter !== undefined && (delimiter.length !== 1 || /["\r\n]/.test(delimiter)))
    throw refusal('ERR_CONFIG', where, 'a delimiter of one character', describe(delimiter));
  if (typeof source === 'string') {
    const format = options.format ?? formatOfName(where, source);
    const place = `${where}, ${source}`;
    return format === 'parquet'
      ? openParquet(where, source)
      : openText(place, fileBytes(where, source), format, delimiter);
  }
  if (options.format !== undefined) return openText(where, source, options.format, delimiter);
  const { isJson, bytes } = await peek(source);
  return openText(where, bytes, isJson ? 'jsonl' : 'csv', delimiter);
}

async function openText(
  where: string,
  bytes: AsyncIterable<Uint8Array>,
  format: TableFormat,
  delimiter: string | undefined,
): Promise<Table> {
  switch (format) {
    case 'jsonl':
      return openJsonLines(where, bytes);
    case 'lines':
      return openLines(where, bytes);
    case 'parquet':
      throw refusal('ERR_CONFIG', where, 'Parquet from a file', 'a stream', 'Its columns are listed at its end.');
    default:
      return openDelimited(where, format, bytes, delimiter ?? (format === 'tsv' ? '\t' : undefined));
  }
}

function formatOfName(where: string, name: string): TableFormat {
  const end = path.extname(name).toLowerCase();
  const format = FORMAT_OF_END.get(end);
  if (format !== undefined) return format;
  const hint =
    end === '.json'
      ? 'Write one object on each line and pass --format jsonl.'
      : end === '.gz'
        ? 'Decompress it: gunzip -c FILE.'
        : `Pass --format ${TABLE_FORMATS.join('|')}.`;
  throw refusal(
    'ERR_CONFIG',
    where,
    `a file that ends in ${[...FORMAT_OF_END.keys()].join(', ')}`,
    describe(name),
    hint,
  );
}

/** @throws ConfigError `ERR_CONFIG` with the nearest name */
export function checkTableFormat(where: string, text: string): TableFormat {
  const found = TABLE_FORMATS.find((format) => format === text);
  if (found !== undefined) return found;
  const guess = nearest(text, TABLE_FORMATS);
  throw refusal('ERR_CONFIG', where, TABLE_FORMATS.join(', '), describe(text), guess && `Did you mean ${guess}?`);
}

async function* fileBytes(where: string, file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(file, { highWaterMark: PIECE })) yield piece as Buffer;
  } catch (error) {
    throw ioError(where, `read ${file}`, error);
  }
}

/** Whether the first character that is no space is a brace, and all bytes again. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<{ isJson: boolean; bytes: AsyncIterable<Uint8Array> }> {
  const pieces = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let first: number | undefined;
  while (first === undefined) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    seen.push(value);
    first = value.find((byte) => !SKIPPED.includes(byte));
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen.splice(0);
      for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) yield piece.value;
    } finally {
      await pieces.return?.();
    }
  }
  return { isJson: first === BRACE, bytes: bytes() };
}
