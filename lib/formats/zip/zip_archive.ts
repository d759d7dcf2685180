// SPDX-License-Identifier: MIT
// Reads zip archives held in memory and trusts nothing in them: sizes are checked before anything is inflated, members
// may not overlap, and what leads out of a folder, is encrypted, split or zip64 is refused. A member is read when it is
// asked for.
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';
import { readWholeFile } from '../../serialization';
import { asBuffer } from '../../util/as_buffer';
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
  LONGEST_NAME,
  ZIP64_COUNT,
  ZIP64_SIZE,
} from './layout';

/** One member of an archive, checked but not yet inflated. */
interface Entry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its bytes begin in the archive. */
  readonly offset: number;
}

/** All members together may inflate to `freeBytes` and `ratio` times the bytes of the archive. */
export const ZIP_LIMITS = Object.freeze({ ratio: 200, freeBytes: 16 * 1024 * 1024 });

const ENCRYPTED_FLAGS = 0x2041;

/**
 * An archive in memory.
 *
 * @example
 * const archive = await ZipArchive.open('loadModel', 'model.keras');
 * const config = await archive.read('config.json');
 */
export class ZipArchive {
  readonly #where: string;
  readonly #archive: Buffer;
  readonly #entries: ReadonlyMap<string, Entry>;

  /**
   * @param where name of the file, for messages
   * @param archive the whole archive; kept, not copied
   * @throws DataError `ERR_DATA` where it is malformed, encrypted, split, zip64, or beyond {@link ZIP_LIMITS}
   */
  constructor(where: string, archive: Uint8Array) {
    this.#where = where;
    this.#archive = asBuffer(archive);
    this.#entries = listEntries(where, this.#archive);
  }

  /** Reads a file. @throws DataError `ERR_NOT_FOUND`, `ERR_IO`; as the constructor */
  static async open(where: string, path: string): Promise<ZipArchive> {
    return new ZipArchive(`${where}, ${path}`, await readWholeFile(where, path, ZIP64_SIZE - 1));
  }

  /** Names of the members, in the archive's order. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Bytes of a member when it is inflated. @throws DataError `ERR_DATA` where there is no such member */
  size(name: string): number {
    return this.#entry(name).size;
  }

  /**
   * The bytes of a member: a copy where it was deflated, a view where it was stored.
   *
   * @throws (rejects) DataError `ERR_DATA` where there is no such member, or it does not inflate to the stated size and
   *   checksum
   */
  async read(name: string): Promise<Uint8Array> {
    const entry = this.#entry(name);
    const packed = this.#archive.subarray(entry.offset, entry.offset + entry.packedSize);
    const bytes = entry.method === 0 ? packed : await inflated(this.#where, packed, entry);
    if (bytes.length !== entry.size)
      throw bad(this.#where, `${entry.size} bytes in ${describe(name)}`, `${bytes.length}`);
    const sum = await crc32InParts(bytes);
    if (sum === entry.crc32) return bytes;
    throw bad(this.#where, `CRC-32 ${hex(entry.crc32)} for ${describe(name)}`, hex(sum), 'The file is damaged.');
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const found = this.names.slice(0, 8).map((key) => describe(key));
    const more = this.names.length > 8 ? ` and ${this.names.length - 8} more` : '';
    const received = found.length === 0 ? 'an empty archive' : `${found.join(', ')}${more}`;
    throw bad(this.#where, `a member ${describe(name)}`, received);
  }
}

/** The members by name, in the order of the central directory. */
function listEntries(where: string, archive: Buffer): Map<string, Entry> {
  const end = findEnd(where, archive);
  const count = archive.readUInt16LE(end + 10);
  const directorySize = archive.readUInt32LE(end + 12);
  const directory = archive.readUInt32LE(end + 16);
  const isSplit = archive.readUInt16LE(end + 4) !== 0 || archive.readUInt16LE(end + 6) !== 0;
  if (isSplit || archive.readUInt16LE(end + 8) !== count) throw bad(where, 'an archive in one part', 'a split archive');
  if (count === ZIP64_COUNT || directory === ZIP64_SIZE || directorySize === ZIP64_SIZE)
    throw bad(where, 'a plain zip archive', 'a zip64 archive');
  if (directory + directorySize !== end)
    throw bad(where, 'a central directory that ends at its end record', 'another place');

  const most = ZIP_LIMITS.freeBytes + ZIP_LIMITS.ratio * archive.length;
  const entries = new Map<string, Entry>();
  let at = directory;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const [entry, next] = readCentral(where, archive, at, end);
    if (entries.has(entry.name)) throw bad(where, 'members of different names', `${describe(entry.name)} twice`);
    total += entry.size;
    if (total > most) throw bad(where, `at most ${most} bytes when inflated`, `${total} or more`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== end) throw bad(where, `${count} members in the central directory`, 'bytes left over');
  return locate(where, archive, entries, directory);
}

function findEnd(where: string, archive: Buffer): number {
  // A comment of up to 65,535 bytes may follow the end record.
  const last = archive.length - END_BYTES;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    if (archive.readUInt32LE(at) === END && at + END_BYTES + archive.readUInt16LE(at + 20) === archive.length)
      return at;
  }
  throw bad(where, 'a zip archive', `${archive.length} bytes without an end record`, 'Is the file complete?');
}

/** One record of the central directory, its offset still that of the local header, and where the next record begins. */
function readCentral(where: string, archive: Buffer, at: number, end: number): [Entry, number] {
  if (at + CENTRAL_BYTES > end || archive.readUInt32LE(at) !== CENTRAL)
    throw bad(where, `a member record at byte ${at}`, 'something else');
  const nameLength = archive.readUInt16LE(at + 28);
  const next = at + CENTRAL_BYTES + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  if (next > end || nameLength > LONGEST_NAME)
    throw bad(where, `a member name of 1 to ${LONGEST_NAME} bytes`, `${nameLength}`);
  const name = checkName(where, archive.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength));
  const method = archive.readUInt16LE(at + 10);
  const packedSize = archive.readUInt32LE(at + 20);
  const size = archive.readUInt32LE(at + 24);
  const offset = archive.readUInt32LE(at + 42);
  if ((archive.readUInt16LE(at + 8) & ENCRYPTED_FLAGS) !== 0)
    throw bad(where, 'plain members', `${describe(name)}, which is encrypted`);
  if (method !== 0 && method !== 8)
    throw bad(where, 'stored or deflated members', `${describe(name)} with method ${method}`);
  if (packedSize === ZIP64_SIZE || size === ZIP64_SIZE || offset === ZIP64_SIZE)
    throw bad(where, 'plain zip members', `${describe(name)}, which is zip64`);
  if (archive.readUInt16LE(at + 34) !== 0) throw bad(where, 'an archive in one part', 'a split archive');
  if (method === 0 && packedSize !== size)
    throw bad(where, `${size} stored bytes in ${describe(name)}`, `${packedSize}`);
  return [{ name, method, crc32: archive.readUInt32LE(at + 16), packedSize, size, offset }, next];
}

/** Moves each entry's offset from its local header to its bytes, and checks that no two entries share a byte. */
function locate(
  where: string,
  archive: Buffer,
  entries: ReadonlyMap<string, Entry>,
  directory: number,
): Map<string, Entry> {
  const located = new Map<string, Entry>();
  const spans: [begin: number, end: number][] = [];
  for (const entry of entries.values()) {
    const header = entry.offset;
    if (header + LOCAL_BYTES > directory || archive.readUInt32LE(header) !== LOCAL)
      throw bad(where, `a local header of ${describe(entry.name)} at byte ${header}`, 'something else');
    const nameEnd = header + LOCAL_BYTES + archive.readUInt16LE(header + 26);
    const offset = nameEnd + archive.readUInt16LE(header + 28);
    if (offset + entry.packedSize > directory)
      throw bad(where, `${describe(entry.name)} inside the archive`, 'an end beyond it');
    if (
      archive.toString('utf8', header + LOCAL_BYTES, nameEnd) !== entry.name ||
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

async function inflated(where: string, packed: Buffer, entry: Entry): Promise<Uint8Array> {
  try {
    return await promisify(inflateRaw)(packed, {
      maxOutputLength: Math.max(1, entry.size),
      // One output chunk of the stated size: no list of chunks to join.
      chunkSize: Math.max(constants.Z_MIN_CHUNK, entry.size),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw bad(where, `${describe(entry.name)} to inflate to ${entry.size} bytes`, reason, 'The file is damaged.');
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function bad(where: string, expected: string, received: string, hint = ''): Error {
  return refusal('ERR_DATA', where, expected, received, hint);
}
