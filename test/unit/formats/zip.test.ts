// SPDX-License-Identifier: MIT
// The reader and the writer of zip archives: hostile archives first (more are in
// test/support/hostile_files). Second witness: zlib's CRC and archives laid out by test/support/npz_writer.ts.
import { readFile, writeFile } from 'node:fs/promises';
import { crc32, tableCrc32 } from '../../../lib/formats/zip/crc32';
import { writeZip, ZipArchive, zipChunks, type ZipMember } from '../../../lib/formats/zip';
import { zip, type Member } from '../../support/npz_writer';
import { temporaryFolder } from '../../support/temporary_folder';

const refused = (message: RegExp, code = 'ERR_DATA') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown as Error;
const inFolder = temporaryFolder();
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const y: Member = { name: 'y', bytes: latin1('some bytes, some bytes, some bytes') };
const read = async (archive: Uint8Array, name = 'y') =>
  Buffer.from(await (await ZipArchive.of('file', archive)).read(name)).toString();
const sizeOf = (archive: ZipArchive) => Promise.resolve(archive.size('größe.bin'));
/** The bytes of an archive whose members are arrays. */
const written = async (members: readonly ZipMember[]) =>
  Buffer.concat((await zipChunks('save', members)) as Uint8Array[]);

describe('hostile archives', () => {
  const good = zip([y]);
  test('names the members that are there where one is missing', async () => {
    await expect(read(good, 'x')).rejects.toThrow(refused(/a member "x".*"y"/));
    await expect(read(zip([]), 'x')).rejects.toThrow(refused(/empty archive/));
    const many = zip(Array.from({ length: 10 }, (_, i) => ({ ...y, name: `${i}` })));
    await expect(read(many)).rejects.toThrow(refused(/"7" and 2 more/));
  });

  test('refuses every truncation of an archive, and survives every changed byte', async () => {
    for (let end = 0; end < good.length; end++) await expect(read(good.subarray(0, end))).rejects.toThrow(refused(/./));
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed[at]! ^= 0xff;
      try {
        await read(changed);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_DATA' });
      }
    }
  });

  test('refuses a missing file and a folder', async () => {
    await expect(ZipArchive.open('read', inFolder('none.zip'), sizeOf)).rejects.toThrow(
      refused(/none\.zip/, 'ERR_NOT_FOUND'),
    );
    await expect(ZipArchive.open('read', inFolder(), sizeOf)).rejects.toThrow(refused(/folder/));
  });
});

describe('the reader', () => {
  test('reads stored and deflated members, and an archive with a comment', async () => {
    expect(await read(zip([{ ...y, store: true }]))).toBe(y.bytes.toString());
    expect(await read(zip([y]))).toBe(y.bytes.toString());
    const commented = Buffer.concat([zip([y]), latin1('hi')]);
    commented.writeUInt16LE(2, commented.length - 4);
    expect(await read(commented)).toBe(y.bytes.toString());
  });

  test('reads a member only when it is asked for', async () => {
    const archive = await ZipArchive.of(
      'file',
      zip([
        { ...y, crc32: 1 },
        { ...y, name: 'z' },
      ]),
    );
    expect(Buffer.from(await archive.read('z')).toString()).toBe(y.bytes.toString());
    await expect(archive.read('y')).rejects.toThrow(refused(/CRC-32/));
  });
});

describe('the writer', () => {
  const members = [
    { name: 'config.json', data: latin1('{}') },
    { name: 'a/empty', data: new Uint8Array() },
    { name: 'größe.bin', data: Uint8Array.from({ length: 1000 }, (_, i) => i * 7) },
  ];

  test.each([
    ['a name twice', ['a', 'a'], /twice/],
    ['a name that leads out', ['../a'], /relative path/],
    ['an empty name', [''], /relative path/],
    ['too many members', Array.from({ length: 65535 }, (_, i) => `${i}`), /fewer than 65535/],
  ])('refuses %s', async (_title, names, message) => {
    const given = names.map((name) => ({ name, data: new Uint8Array() }));
    await expect(zipChunks('save', given)).rejects.toThrow(refused(message));
  });

  test('refuses an archive of 4 GB', async () => {
    // A real array of this size would need the memory. The size is looked at before the bytes.
    const data = Object.create(Uint8Array.prototype, { length: { value: 0xffffffff } }) as Uint8Array;
    await expect(zipChunks('save', [{ name: 'a', data }])).rejects.toThrow(refused(/4 GB/));
  });

  test('writes what the reader reads, in the order of the members', async () => {
    const archive = await ZipArchive.of('file', await written(members));
    expect(archive.names).toEqual(members.map(({ name }) => name));
    for (const { name, data } of members) expect(Buffer.from(await archive.read(name))).toEqual(Buffer.from(data));
  });

  test('lays plain members out as the independent writer of the tests does, but for the date', async () => {
    const ours = await written([{ name: 'y', data: y.bytes }]);
    const theirs = zip([{ ...y, store: true }]);
    theirs.writeUInt16LE(0x21, 12);
    theirs.writeUInt16LE(0x21, 31 + y.bytes.length + 14);
    expect(ours).toEqual(theirs);
  });

  test('writes a file whole, and leaves one that is there alone where it is told to', async () => {
    const file = inFolder('a.zip');
    await writeFile(file, 'old');
    await expect(writeZip('save', file, members, { overwrite: false })).rejects.toThrow(refused(/EEXIST/, 'ERR_IO'));
    expect(await readFile(file, 'utf8')).toBe('old');
    await writeZip('save', file, members, { overwrite: true });
    expect(await ZipArchive.open('read', file, sizeOf)).toBe(1000);
  });
});

describe('CRC-32', () => {
  test('has the published check value, with the table and with what the runtime brings', () => {
    expect(tableCrc32(latin1('123456789'))).toBe(0xcbf43926);
    expect(crc32(latin1('123456789'))).toBe(0xcbf43926);
  });

  test('is the same by table and by runtime at every length', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i * 89);
    for (let length = 0; length <= bytes.length; length++)
      expect(tableCrc32(bytes.subarray(0, length))).toBe(crc32(bytes.subarray(0, length)));
  });

  test('goes on from that of the bytes before', () => {
    const [first, rest] = [latin1('1234'), latin1('56789')];
    expect(tableCrc32(rest, tableCrc32(first))).toBe(0xcbf43926);
    expect(crc32(rest, crc32(first))).toBe(0xcbf43926);
  });
});
