// SPDX-License-Identifier: MIT
// Files that are read and not trusted: what is opened is a file, and its size is known before anything is allocated.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { allocate } from '../arrays/nested_arrays';
import { refusal } from '../util/validate';
import { ioError } from './atomic_file';
import { ByteSource } from './byte_source';

/** A file that is open for reading. */
export class InputFile {
  readonly #where: string;
  readonly #path: string;
  readonly #handle: fs.FileHandle;

  private constructor(
    where: string,
    path: string,
    handle: fs.FileHandle,
    /** Bytes that it had when it was opened. */
    readonly size: number,
  ) {
    this.#where = where;
    this.#path = path;
    this.#handle = handle;
  }

  /**
   * @param where name of the function, for messages
   * @throws DataError `ERR_NOT_FOUND`, `ERR_IO`; `ERR_DATA` for a folder or a device
   */
  static async open(where: string, path: string): Promise<InputFile> {
    let handle: fs.FileHandle;
    try {
      // A pipe would let the opening wait for ever.
      handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      throw ioError(where, `read ${path}`, error);
    }
    const place = `${where}, ${path}`;
    try {
      const stat = await handle.stat();
      if (stat.isFile()) return new InputFile(where, path, handle, stat.size);
      throw refusal('ERR_DATA', place, 'a file', 'a folder or a device');
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw ioError(where, `read ${path}`, error);
    }
  }

  /** Fills `bytes` from `position` on. @throws DataError `ERR_DATA` where the file ends before; `ERR_IO` */
  async read(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await this.#part(bytes, at, position + at);
      if (bytesRead === 0)
        throw refusal(
          'ERR_DATA',
          `${this.#where}, ${this.#path}`,
          `${bytes.length} bytes`,
          `${at}: the file was cut off`,
        );
      at += bytesRead;
    }
  }

  async #part(bytes: Uint8Array, at: number, position: number): Promise<{ readonly bytesRead: number }> {
    try {
      return await this.#handle.read(bytes, at, bytes.length - at, position);
    } catch (error) {
      throw ioError(this.#where, `read ${this.#path}`, error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** The bytes of a file that is open. */
class FileBytes extends ByteSource {
  constructor(private readonly file: InputFile) {
    super();
  }

  override get length(): number {
    return this.file.size;
  }

  override read(begin: number, out: Uint8Array): Promise<void> {
    return this.file.read(out, begin);
  }
}

/**
 * Lets `use` read the bytes of a file.
 *
 * @param most bytes that it may have
 * @throws as {@link InputFile.open}; DataError `ERR_DATA` where it has more; what `use` throws
 */
export async function withBytes<T>(
  where: string,
  path: string,
  most: number,
  use: (bytes: ByteSource) => Promise<T>,
): Promise<T> {
  const file = await InputFile.open(where, path);
  try {
    if (file.size > most)
      throw refusal('ERR_DATA', `${where}, ${path}`, `a file of at most ${most} bytes`, `${file.size}`);
    return await use(new FileBytes(file));
  } finally {
    await file.close();
  }
}

/**
 * All bytes of a file.
 *
 * @param most bytes that it may have
 * @throws as {@link InputFile.open}; DataError `ERR_DATA` where it has more; InternalError `ERR_OUT_OF_MEMORY`
 */
export function readWholeFile(where: string, path: string, most = Infinity): Promise<Uint8Array> {
  return withBytes(where, path, most, async (source) => {
    const bytes = allocate(where, () => new Uint8Array(source.length));
    await source.read(0, bytes);
    return bytes;
  });
}
