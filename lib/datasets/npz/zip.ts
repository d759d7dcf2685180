// SPDX-License-Identifier: MIT
// Reads the members of a zip archive held in memory, as numpy's `savez` writes them, and trusts nothing in it: sizes are
// checked before anything is inflated, entries may not overlap, and what numpy never writes is refused.
import { constants, inflateRawSync } from 'node:zlib';
import { describe, refusal } from '../../util/validate';

/** One member of an archive, checked but not yet inflated. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
}

/** What an archive may hold at most; beyond, it is refused before anything is inflated. */
export const ZIP_LIMITS = Object.freeze({
  entries: 64,
  nameBytes: 256,
  /** Inflated bytes of all members together. */
  totalBytes: 512 * 1024 * 1024,
  /** A member larger than `freeBytes` may not be more than `ratio` times its packed size. */
  ratio: 200,
  freeBytes: 1024 * 1024,
});

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const ENCRYPTED_FLAGS = 0x2041;

/**
 * Lists the members of an archive from its central directory.
 *
 * @param where name of the file, for messages
 * @param archive the whole archive
 * @returns members by name, in the archive's order
 * @throws DataError `ERR_DATA` where the archive is malformed, encrypted, split, zip64, or beyond {@link ZIP_LIMITS}
 */
export function listZip(where: string, archive: Buffer): Map<string, ZipEntry> {
  const end = findEnd(where, archive);
  const count = archive.readUInt16LE(end + 10);
  const directorySize = archive.readUInt32LE(end + 12);
  const directory = archive.readUInt32LE(end + 16);
  const isSplit = archive.readUInt16LE(end + 4) !== 0 || archive.readUInt16LE(end + 6) !== 0;
  if (isSplit || archive.readUInt16LE(end + 8) !== count) throw bad(where, 'an archive in one part', 'a split archive');
  if (count === 0xffff || directory === 0xffffffff || directorySize === 0xffffffff)
    throw bad(where, 'a plain zip archive', 'a zip64 archive');
  if (count > ZIP_LIMITS.entries) throw bad(where, `at most ${ZIP_LIMITS.entries} members`, `${count}`);
  if (directory + directorySize !== end)
    throw bad(where, 'a central directory that ends at its end record', 'another place');

  const entries = new Map<string, ZipEntry>();
  let at = directory;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const [entry, next] = readCentral(where, archive, at, end);
    if (entries.has(entry.name)) throw bad(where, 'members of different names', `${describe(entry.name)} twice`);
    total += entry.size;
    if (total > ZIP_LIMITS.totalBytes)
      throw bad(where, `at most ${ZIP_LIMITS.totalBytes} bytes when inflated`, `${total} or more`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== end) throw bad(where, `${count} members in the central directory`, 'bytes left over');
  return locate(where, archive, entries, directory);
}

/**
 * The bytes of one member: a copy where it was deflated, a view where it was stored.
 *
 * @throws DataError `ERR_DATA` where it does not inflate to the stated size and checksum
 */
export function readZipEntry(where: string, archive: Buffer, entry: ZipEntry): Buffer {
  const packed = archive.subarray(entry.offset, entry.offset + entry.packedSize);
  const bytes = entry.method === 0 ? packed : inflate(where, packed, entry);
  if (bytes.length !== entry.size)
    throw bad(where, `${entry.size} bytes in ${describe(entry.name)}`, `${bytes.length}`);
  const sum = crc32(bytes);
  if (sum !== entry.crc32)
    throw bad(where, `CRC-32 ${hex(entry.crc32)} for ${describe(entry.name)}`, hex(sum), 'The file is damaged.');
  return bytes;
}

function findEnd(where: string, archive: Buffer): number {
  // A comment of up to 65,535 bytes may follow the 22 bytes of the end record.
  for (let at = archive.length - 22; at >= 0 && at >= archive.length - 22 - 0xffff; at--) {
    if (archive.readUInt32LE(at) === END && at + 22 + archive.readUInt16LE(at + 20) === archive.length) return at;
  }
  throw bad(where, 'a zip archive', `${archive.length} bytes without an end record`, 'Is the file complete?');
}

/** One record of the central directory, its offset still that of the local header, and where the next record begins. */
function readCentral(where: string, archive: Buffer, at: number, end: number): [ZipEntry, number] {
  if (at + 46 > end || archive.readUInt32LE(at) !== CENTRAL)
    throw bad(where, `a member record at byte ${at}`, 'something else');
  const nameLength = archive.readUInt16LE(at + 28);
  const next = at + 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  if (next > end || nameLength === 0 || nameLength > ZIP_LIMITS.nameBytes)
    throw bad(where, `a member name of 1 to ${ZIP_LIMITS.nameBytes} bytes`, `${nameLength}`);
  const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
  const method = archive.readUInt16LE(at + 10);
  const packedSize = archive.readUInt32LE(at + 20);
  const size = archive.readUInt32LE(at + 24);
  const offset = archive.readUInt32LE(at + 42);
  if ((archive.readUInt16LE(at + 8) & ENCRYPTED_FLAGS) !== 0)
    throw bad(where, 'plain members', `${describe(name)}, which is encrypted`);
  if (method !== 0 && method !== 8)
    throw bad(where, 'stored or deflated members', `${describe(name)} with method ${method}`);
  if (packedSize === 0xffffffff || size === 0xffffffff || offset === 0xffffffff)
    throw bad(where, 'plain zip members', `${describe(name)}, which is zip64`);
  if (archive.readUInt16LE(at + 34) !== 0) throw bad(where, 'an archive in one part', 'a split archive');
  if (method === 0 && packedSize !== size)
    throw bad(where, `${size} stored bytes in ${describe(name)}`, `${packedSize}`);
  if (size > ZIP_LIMITS.freeBytes && size > packedSize * ZIP_LIMITS.ratio)
    throw bad(where, `members packed at most ${ZIP_LIMITS.ratio} to 1`, `${describe(name)}: ${packedSize} for ${size}`);
  return [{ name, method, crc32: archive.readUInt32LE(at + 16), packedSize, size, offset }, next];
}

/** Moves each entry's offset from its local header to its bytes, and checks that no two entries share a byte. */
function locate(
  where: string,
  archive: Buffer,
  entries: ReadonlyMap<string, ZipEntry>,
  directory: number,
): Map<string, ZipEntry> {
  const located = new Map<string, ZipEntry>();
  const spans: [begin: number, end: number][] = [];
  for (const entry of entries.values()) {
    const header = entry.offset;
    if (header + 30 > directory || archive.readUInt32LE(header) !== LOCAL)
      throw bad(where, `a local header of ${describe(entry.name)} at byte ${header}`, 'something else');
    const nameLength = archive.readUInt16LE(header + 26);
    const offset = header + 30 + nameLength + archive.readUInt16LE(header + 28);
    if (offset + entry.packedSize > directory)
      throw bad(where, `${describe(entry.name)} inside the archive`, 'an end beyond it');
    if (
      archive.toString('utf8', header + 30, header + 30 + nameLength) !== entry.name ||
      archive.readUInt16LE(header + 8) !== entry.method ||
      (archive.readUInt16LE(header + 6) & ENCRYPTED_FLAGS) !== 0
    )
      throw bad(where, `a local header that agrees on ${describe(entry.name)}`, 'another name or method');
    spans.push([header, offset + entry.packedSize]);
    located.set(entry.name, { ...entry, offset });
  }
  spans.sort((a, b) => a[0] - b[0]);
  for (let index = 1; index < spans.length; index++) {
    if (spans[index]![0] < spans[index - 1]![1])
      throw bad(where, 'members apart from each other', 'overlapping members');
  }
  return located;
}

function inflate(where: string, packed: Buffer, entry: ZipEntry): Buffer {
  try {
    return inflateRawSync(packed, {
      maxOutputLength: Math.max(1, entry.size),
      // One output chunk of the stated size: no list of chunks to join.
      chunkSize: Math.max(constants.Z_MIN_CHUNK, entry.size),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw bad(where, `${describe(entry.name)} to inflate to ${entry.size} bytes`, reason, 'The file is damaged.');
  }
}

const CRC_TABLES = makeCrcTables();

/** Tables for eight bytes a step ("slicing by 8"): table k holds the CRC of a byte followed by k zero bytes. */
function makeCrcTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    tables[n] = c;
  }
  for (let k = 1; k < 8; k++) {
    for (let n = 0; n < 256; n++) {
      const previous = tables[(k - 1) * 256 + n]!;
      tables[k * 256 + n] = tables[previous & 255]! ^ (previous >>> 8);
    }
  }
  return tables;
}

/** CRC-32 as in zip (ISO 3309); node:zlib has its own only from Node 22 on. */
export function crc32(bytes: Uint8Array): number {
  const t = CRC_TABLES;
  let c = -1;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      t[1792 + (c & 255)]! ^
      t[1536 + ((c >>> 8) & 255)]! ^
      t[1280 + ((c >>> 16) & 255)]! ^
      t[1024 + (c >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) c = t[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function bad(where: string, expected: string, received: string, hint = ''): Error {
  return refusal('ERR_DATA', where, expected, received, hint);
}
