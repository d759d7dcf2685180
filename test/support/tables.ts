// SPDX-License-Identifier: MIT
// Tables out of bytes, in pieces of any size.
import { openTable, type Row, type TableFormat } from '../../lib/tables';

/** Bytes as a stream of pieces of `size` bytes. */
export async function* piecesOf(bytes: Uint8Array | string, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < all.length; at += size) yield await Promise.resolve(all.subarray(at, at + size));
}

/** All that is in a table. */
export async function readAll(
  bytes: Uint8Array | string,
  options: { format?: TableFormat; delimiter?: string; size?: number } = {},
): Promise<{ columns: readonly string[]; rows: Row[] }> {
  const { size, format = 'csv', delimiter } = options;
  const table = await openTable('test', piecesOf(bytes, size), { format, delimiter });
  const rows: Row[] = [];
  for await (const batch of table.batches()) rows.push(...batch);
  return { columns: table.columns, rows };
}
