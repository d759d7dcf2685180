// SPDX-License-Identifier: MIT
// Writes zip archives of stored members. Weights do not shrink under deflate, and stored bytes are read without a copy.
// Equal members give equal bytes: every date is 1980-01-01, the first that the format has.
import { writeAtomically, type Placement } from '../../serialization';
import { bytesInParts, type Bytes } from '../../serialization/byte_source';
import { describe, refusal } from '../../util/validate';
import { crc32InParts } from './crc32';
import {
  CENTRAL,
  CENTRAL_BYTES,
  checkName,
  END,
  END_BYTES,
  LOCAL,
  LOCAL_BYTES,
  ZIP64_COUNT,
  ZIP64_SIZE,
} from './layout';

/** A member to write. */
export interface ZipMember {
  /** A relative path with forward slashes. */
  readonly name: string;
  readonly data: Bytes;
}

const VERSION = 20;
const UTF8_FLAG = 0x0800;
const FIRST_DATE = 0x0021;

/**
 * Writes an archive, whole or not at all. The bytes of the members are not copied: leave them alone until it is done.
 *
 * @throws DataError `ERR_IO`, `ERR_NOT_FOUND`; and as {@link zipChunks}
 * @example
 * await writeZip('save', 'model.zip', [{ name: 'config.json', data: bytes }], { overwrite: true });
 */
export async function writeZip(
  where: string,
  path: string,
  members: readonly ZipMember[],
  placement: Placement,
): Promise<void> {
  const chunks = await zipChunks(where, members);
  await writeAtomically(
    where,
    path,
    async (append) => {
      for (const chunk of chunks) await bytesInParts(chunk, append);
    },
    placement,
  );
}

/**
 * The bytes of an archive, in the order of the members; those of the members are what was given.
 *
 * @throws (rejects) DataError `ERR_DATA` where a name is empty, leads out of a folder or occurs twice, or the archive would need zip64
 */
export async function zipChunks(where: string, members: readonly ZipMember[]): Promise<Bytes[]> {
  const parts: Bytes[] = [];
  const directory: Buffer[] = [];
  const names = new Set<string>();
  let at = 0;
  for (const { name, data } of members) {
    if (names.has(checkName(where, name)))
      throw refusal('ERR_DATA', where, 'members of different names', `${describe(name)} twice`);
    names.add(name);
    checkSize(where, at + data.length);
    const { local, central } = headers(name, data.length, await crc32InParts(data), at);
    parts.push(local, data);
    directory.push(central);
    at += local.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  checkSize(where, at + size);
  if (members.length >= ZIP64_COUNT)
    throw refusal('ERR_DATA', where, `fewer than ${ZIP64_COUNT} members`, `${members.length}`);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return [...parts, ...directory, end];
}

function headers(name: string, size: number, sum: number, offset: number): { local: Buffer; central: Buffer } {
  const text = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(text.length === name.length ? 0 : UTF8_FLAG, 2);
  common.writeUInt16LE(FIRST_DATE, 8);
  common.writeUInt32LE(sum, 10);
  common.writeUInt32LE(size, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(text.length, 22);
  const local = Buffer.alloc(LOCAL_BYTES + text.length);
  local.writeUInt32LE(LOCAL);
  common.copy(local, 4);
  text.copy(local, LOCAL_BYTES);
  const central = Buffer.alloc(CENTRAL_BYTES + text.length);
  central.writeUInt32LE(CENTRAL);
  central.writeUInt16LE(VERSION, 4);
  common.copy(central, 6);
  central.writeUInt32LE(offset, 42);
  text.copy(central, CENTRAL_BYTES);
  return { local, central };
}

function checkSize(where: string, bytes: number): void {
  if (bytes < ZIP64_SIZE) return;
  const hint = 'The safetensors format has no such bound.';
  throw refusal('ERR_DATA', where, 'a zip archive of less than 4 GB', `${bytes} bytes or more`, hint);
}
