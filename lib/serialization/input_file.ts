// SPDX-License-Identifier: MIT
// Files that are read and not trusted: what is opened is a file, and its size is known before anything is allocated.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { allocate } from '../arrays/nested_arrays';
import { refusal } from '../util/validate';
import { ioError } from './atomic_file';

/**
 * Opens a file for reading.
 *
 * @param where name of the function, for messages
 * @returns the file, which the caller closes, and its size
 * @throws DataError `ERR_NOT_FOUND`, `ERR_IO`; `ERR_DATA` for a folder or a device
 */
export async function openFile(where: string, path: string): Promise<{ handle: fs.FileHandle; size: number }> {
  let handle: fs.FileHandle;
  try {
    // A pipe would let the opening wait for ever.
    handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw ioError(where, `read ${path}`, error);
  }
  try {
    const stat = await handle.stat();
    if (stat.isFile()) return { handle, size: stat.size };
    throw refusal('ERR_DATA', `${where}, ${path}`, 'a file', 'a folder or a device');
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw ioError(where, `read ${path}`, error);
  }
}

/** Fills `bytes` from `position` on. @throws DataError `ERR_DATA` where the file ends before */
export async function readAll(
  where: string,
  handle: fs.FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw refusal('ERR_DATA', where, `${bytes.length} bytes`, `${at}: the file was cut off`);
    at += bytesRead;
  }
}

/**
 * All bytes of a file.
 *
 * @param most bytes that it may have
 * @throws as {@link openFile}; DataError `ERR_DATA` where it has more; InternalError `ERR_OUT_OF_MEMORY`
 */
export async function readWholeFile(where: string, path: string, most = Infinity): Promise<Uint8Array> {
  const { handle, size } = await openFile(where, path);
  try {
    if (size > most) throw refusal('ERR_DATA', `${where}, ${path}`, `a file of at most ${most} bytes`, `${size}`);
    const bytes = allocate(where, () => new Uint8Array(size));
    await readAll(`${where}, ${path}`, handle, bytes, 0);
    return bytes;
  } catch (error) {
    throw ioError(where, `read ${path}`, error);
  } finally {
    await handle.close();
  }
}
