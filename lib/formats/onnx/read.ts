// SPDX-License-Identifier: MIT
// An ONNX file as a document.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { allocate } from '../../arrays/nested_arrays';
import { ioError } from '../../serialization';
import { describe, refusal } from '../../util/validate';
import { readForeign } from './import';
import { readOwn } from './own_files';
import { readModel } from './schema';
import type { LoadedDocument } from '../document';

/** Protocol buffers end here. */
const MOST_BYTES = 2 ** 31 - 1;

/** Operators of these sets are read: what they mean is what it was. */
const OPERATOR_SETS = [7, 26] as const;

/** The bytes of a file. @throws DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where it is none, empty or too large */
async function readWhole(where: string, file: string): Promise<Uint8Array> {
  let handle: fs.FileHandle | undefined;
  try {
    // A pipe would let the opening wait for ever.
    handle = await fs.open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await handle.stat();
    if (!stat.isFile()) throw refusal('ERR_DATA', where, 'a file', 'a folder or a device');
    if (stat.size === 0 || stat.size > MOST_BYTES)
      throw refusal('ERR_DATA', where, `a file of 1 to ${MOST_BYTES} bytes`, `${stat.size}`);
    const bytes = allocate(where, () => new Uint8Array(stat.size));
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw refusal('ERR_DATA', where, `${bytes.length} bytes`, `${at}: the file shrank`);
      at += bytesRead;
    }
    return bytes;
  } catch (error) {
    throw ioError(where, `read ${file}`, error);
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

/**
 * Reads an ONNX file: one that this library wrote as what it was, one of somebody else as far as it is recurrent layers and
 * what stands around them.
 *
 * @throws DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where the file is malformed; ConfigError `ERR_CONFIG` where an
 *   operator is none of those that are read: the message has its name and the reason
 */
export async function readOnnx<T>(
  where: string,
  path: string,
  use: (document: LoadedDocument) => Promise<T>,
): Promise<T> {
  const place = `${where}, ${path}`;
  const model = readModel(place, await readWhole(place, path));
  const [least, most] = OPERATOR_SETS;
  if (model.operators < least || model.operators > most)
    throw refusal('ERR_CONFIG', place, `operators of set ${least} to ${most}`, describe(model.operators));
  return use(readOwn(place, model) ?? readForeign(place, model));
}
