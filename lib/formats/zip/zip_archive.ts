// SPDX-License-Identifier: MIT
// Reads zip archives and trusts nothing in them: sizes are checked before anything is inflated, members may not overlap, and
// what leads out of a folder, is encrypted, split or zip64 is refused. A member is read when it is asked for.
import { promisify } from 'node:util';
import { constants, inflateRaw } from 'node:zlib';
import { bytesAt, viewOf, type Bytes } from '../../serialization/byte_source';
import { withBytes } from '../../serialization/input_file';
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
  /** Where its local header begins in the archive, and where its bytes must have ended. */
  readonly offset: number;
  readonly limit: number;
}

/** All members together may inflate to `freeBytes` and `ratio` times the bytes of the archive. */
export const ZIP_LIMITS = Object.freeze({ ratio: 200, freeBytes: 16 * 1024 * 1024 });

const ENCRYPTED_FLAGS = 0x2041;

/**
 * An archive.
 *
 * @example
 * const config = await ZipArchive.open('loadModel', 'model.keras', (archive) => archive.read('config.json'));
 */
export class ZipArchive {
  readonly #where: string;
  readonly #archive: Bytes;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(where: string, archive: Bytes, entries: ReadonlyMap<string, Entry>) {
    this.#where = where;
    this.#archive = archive;
    this.#entries = entries;
  }

  /**
   * @param where name of the file, for messages
   * @param archive the whole archive; kept, not copied
   * @throws (rejects) DataError `ERR_DATA` where it is malformed, encrypted, split, zip64, or beyond {@link ZIP_LIMITS}
   */
  static async of(where: string, archive: Bytes): Promise<ZipArchive> {
    return new ZipArchive(where, archive, await listEntries(where, archive));
  }

  /** Lets `use` read from a file. @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`; as {@link of}; what `use` throws */
  static open<T>(where: string, path: string, use: (archive: ZipArchive) => Promise<T>): Promise<T> {
    return withBytes(where, path, ZIP64_SIZE - 1, async (bytes) =>
      use(await ZipArchive.of(`${where}, ${path}`, bytes)),
    );
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
   * The bytes of a member.
   *
   * @throws (rejects) DataError `ERR_DATA` where there is no such member, or it does not inflate to the stated size and
   *   checksum
   */
  async read(name: string): Promise<Uint8Array> {
    const bytes = await this.source(name);
    return bytesAt(bytes, 0, bytes.length);
  }

  /** The same, of which a stored member is read part by part when it is asked for, its checksum seen to first. */
  async source(name: string): Promise<Bytes> {
    const entry = this.#entry(name);
    const packed = await located(this.#where, this.#archive, entry);
    const bytes =
      entry.method === 0 ? packed : await inflated(this.#where, await bytesAt(packed, 0, packed.length), entry);
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
async function listEntries(where: string, archive: Bytes): Promise<Map<string, Entry>> {
  const end = await findEnd(where, archive);
  const count = end.record.readUInt16LE(10);
  const directorySize = end.record.readUInt32LE(12);
  const directory = end.record.readUInt32LE(16);
  const isSplit = end.record.readUInt16LE(4) !== 0 || end.record.readUInt16LE(6) !== 0;
  if (isSplit || end.record.readUInt16LE(8) !== count) throw bad(where, 'an archive in one part', 'a split archive');
  if (count === ZIP64_COUNT || directory === ZIP64_SIZE || directorySize === ZIP64_SIZE)
    throw bad(where, 'a plain zip archive', 'a zip64 archive');
  if (directory + directorySize !== end.at)
    throw bad(where, 'a central directory that ends at its end record', 'another place');

  const records = asBuffer(await bytesAt(archive, directory, directorySize));
  const most = ZIP_LIMITS.freeBytes + ZIP_LIMITS.ratio * archive.length;
  const entries = new Map<string, Entry>();
  let at = 0;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const [entry, next] = readCentral(where, records, at, directory);
    if (entries.has(entry.name)) throw bad(where, 'members of different names', `${describe(entry.name)} twice`);
    total += entry.size;
    if (total > most) throw bad(where, `at most ${most} bytes when inflated`, `${total} or more`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== directorySize) throw bad(where, `${count} members in the central directory`, 'bytes left over');
  return apart(where, entries, directory);
}

async function findEnd(where: string, archive: Bytes): Promise<{ readonly at: number; readonly record: Buffer }> {
  // A comment of up to 65,535 bytes may follow the end record.
  const begin = Math.max(0, archive.length - END_BYTES - 0xffff);
  const tail = asBuffer(await bytesAt(archive, begin, archive.length - begin));
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length)
      return { at: begin + at, record: tail.subarray(at) };
  }
  throw bad(where, 'a zip archive', `${archive.length} bytes without an end record`, 'Is the file complete?');
}

/** One record of the central directory, and where the next one begins. */
function readCentral(where: string, records: Buffer, at: number, directory: number): [Entry, number] {
  if (at + CENTRAL_BYTES > records.length || records.readUInt32LE(at) !== CENTRAL)
    throw bad(where, `a member record at byte ${directory + at}`, 'something else');
  const nameLength = records.readUInt16LE(at + 28);
  const next = at + CENTRAL_BYTES + nameLength + records.readUInt16LE(at + 30) + records.readUInt16LE(at + 32);
  if (next > records.length || nameLength > LONGEST_NAME)
    throw bad(where, `a member name of 1 to ${LONGEST_NAME} bytes`, `${nameLength}`);
  const name = checkName(where, records.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength));
  const method = records.readUInt16LE(at + 10);
  const packedSize = records.readUInt32LE(at + 20);
  const size = records.readUInt32LE(at + 24);
  const offset = records.readUInt32LE(at + 42);
  if ((records.readUInt16LE(at + 8) & ENCRYPTED_FLAGS) !== 0)
    throw bad(where, 'plain members', `${describe(name)}, which is encrypted`);
  if (method !== 0 && method !== 8)
    throw bad(where, 'stored or deflated members', `${describe(name)} with method ${method}`);
  if (packedSize === ZIP64_SIZE || size === ZIP64_SIZE || offset === ZIP64_SIZE)
    throw bad(where, 'plain zip members', `${describe(name)}, which is zip64`);
  if (records.readUInt16LE(at + 34) !== 0) throw bad(where, 'an archive in one part', 'a split archive');
  if (method === 0 && packedSize !== size)
    throw bad(where, `${size} stored bytes in ${describe(name)}`, `${packedSize}`);
  return [{ name, method, crc32: records.readUInt32LE(at + 16), packedSize, size, offset, limit: directory }, next];
}

/** Gives each entry its limit: the next one, or the directory. So no two that are read share a byte. */
function apart(where: string, entries: ReadonlyMap<string, Entry>, directory: number): Map<string, Entry> {
  const limits = new Map<string, number>();
  let limit = directory;
  for (const entry of [...entries.values()].sort((a, b) => b.offset - a.offset)) {
    if (entry.offset + LOCAL_BYTES > directory)
      throw bad(where, `a local header of ${describe(entry.name)} at byte ${entry.offset}`, 'something else');
    if (entry.offset + LOCAL_BYTES + entry.packedSize > directory)
      throw bad(where, `${describe(entry.name)} inside the archive`, 'an end beyond it');
    if (entry.offset + LOCAL_BYTES + entry.packedSize > limit)
      throw bad(where, 'members apart from each other', 'overlapping members');
    limits.set(entry.name, limit);
    limit = entry.offset;
  }
  return new Map([...entries].map(([name, entry]) => [name, { ...entry, limit: limits.get(name)! }]));
}

/** The packed bytes of a member, behind a local header that says what the directory says. */
async function located(where: string, archive: Bytes, entry: Entry): Promise<Bytes> {
  const { name, offset, limit, method, packedSize } = entry;
  const header = asBuffer(await bytesAt(archive, offset, Math.min(LOCAL_BYTES + LONGEST_NAME, limit - offset)));
  if (header.readUInt32LE(0) !== LOCAL)
    throw bad(where, `a local header of ${describe(name)} at byte ${offset}`, 'something else');
  const nameEnd = LOCAL_BYTES + header.readUInt16LE(26);
  if (
    header.toString('utf8', LOCAL_BYTES, nameEnd) !== name ||
    header.readUInt16LE(8) !== method ||
    (header.readUInt16LE(6) & ENCRYPTED_FLAGS) !== 0
  )
    throw bad(where, `a local header that agrees on ${describe(name)}`, 'another name or method');
  const begin = offset + nameEnd + header.readUInt16LE(28);
  if (begin + packedSize > limit) throw bad(where, `${describe(name)} inside its place`, 'an end beyond it');
  return viewOf(archive, begin, packedSize);
}

async function inflated(where: string, packed: Uint8Array, entry: Entry): Promise<Uint8Array> {
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
