// SPDX-License-Identifier: MIT
// Parquet by `hyparquet`, an optional peer that is imported when such a file is opened. A row group is in memory at a time.
import { types } from 'node:util';
import { internal } from '../index';
import type { Cell, Row, Table } from './table';

const { ioError, refusal } = internal;

/** What is used of the package. */
interface Parquet {
  asyncBufferFromFile(path: string): Promise<unknown>;
  parquetMetadataAsync(file: unknown): Promise<ParquetMetadata>;
  parquetReadObjects(options: {
    file: unknown;
    metadata: ParquetMetadata;
    rowStart: number;
    rowEnd: number;
  }): Promise<Record<string, unknown>[]>;
}

interface ParquetMetadata {
  readonly schema: readonly { readonly name: string; readonly num_children?: number }[];
  readonly row_groups: readonly { readonly num_rows: bigint }[];
}

/** No literal of the import: a bundle without Parquet needs no such package. */
const PACKAGE: string = 'hyparquet';
/** Rows that are handed on together. */
const ROWS = 4096;

/** @throws StateError `ERR_STATE` where the package is missing; DataError `ERR_DATA`, `ERR_NOT_FOUND`, `ERR_IO` */
export async function openParquet(where: string, path: string): Promise<Table> {
  const parquet = await loadPackage(where);
  let file: unknown;
  try {
    file = await parquet.asyncBufferFromFile(path);
  } catch (error) {
    throw ioError(where, `read ${path}`, error);
  }
  const guarded = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      throw refusal('ERR_DATA', `${where}, ${path}`, 'a Parquet file that can be read', (error as Error).message);
    }
  };
  const metadata = await guarded(() => parquet.parquetMetadataAsync(file));
  const columns = topLevelColumns(metadata);
  async function* batches(): AsyncGenerator<readonly Row[]> {
    let begin = 0;
    for (const group of metadata.row_groups) {
      const end = begin + Number(group.num_rows);
      const options = { file, metadata, rowStart: begin, rowEnd: end };
      const objects = await guarded(() => parquet.parquetReadObjects(options));
      for (let at = 0; at < objects.length; at += ROWS)
        yield objects.slice(at, at + ROWS).map((object, i) => ({
          line: begin + at + i + 1,
          cells: columns.map((name) => cellOf(object[name])),
        }));
      begin = end;
    }
  }
  return { format: 'parquet', columns, batches, close: () => Promise.resolve() };
}

async function loadPackage(where: string): Promise<Parquet> {
  try {
    return (await import(/* webpackIgnore: true */ PACKAGE)) as Parquet;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const received = isMissing ? 'none' : `one that cannot be loaded: ${message}`;
    const hint = 'Install it: npm install hyparquet.';
    throw refusal('ERR_STATE', where, 'the package hyparquet, which reads Parquet', received, hint);
  }
}

/** The schema is a tree in depth-first order below its root. */
function topLevelColumns({ schema }: ParquetMetadata): string[] {
  const names: string[] = [];
  const skip = (index: number): number => {
    let next = index + 1;
    for (let child = 0; child < (schema[index]?.num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let index = 1; index < schema.length; index = skip(index)) names.push(schema[index]!.name);
  return names;
}

function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number(value);
  if (types.isDate(value)) return value.toISOString();
  return value as Cell;
}
