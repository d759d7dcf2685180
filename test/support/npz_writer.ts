// SPDX-License-Identifier: MIT
// Writes small .npz files for tests, whole or with something wrong in them: zip, .npy headers and pickles of integer lists.
import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../lib/formats/zip/crc32';

/** A member of an archive; the optional fields overwrite what a true archive would say. */
export interface Member {
  name: string;
  bytes: Buffer;
  store?: boolean;
  flags?: number;
  method?: number;
  crc32?: number;
  size?: number;
  localName?: string;
  offset?: number;
}

/** An archive of the given members. */
export function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const packed = member.store ? member.bytes : deflateRawSync(member.bytes);
    const name = Buffer.from(member.name);
    const localName = Buffer.from(member.localName ?? member.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.flags ?? 0, 2);
    common.writeUInt16LE(member.method ?? (member.store ? 0 : 8), 4);
    common.writeUInt32LE(member.crc32 ?? crc32(member.bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(member.size ?? member.bytes.length, 18);
    common.writeUInt16LE(localName.length, 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, localName, packed);
    const central = Buffer.from(common);
    central.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(member.offset ?? at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), central, rest, name);
    at += 30 + localName.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}

/** An .npy file of version 1 with any header text. */
export function npy(header: string, payload: Buffer): Buffer {
  const text = Buffer.from(`${header}\n`, 'latin1');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, text, payload]);
}

/** An .npy file of 64-bit integers. */
export function npyInt64(values: readonly number[]): Buffer {
  const payload = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => payload.writeBigInt64LE(BigInt(value), 8 * i));
  return npy(`{'descr': '<i8', 'fortran_order': False, 'shape': (${values.length},), }`, payload);
}

/** An .npy file of lists of integers, as `np.save` writes it under pickle protocol 2. */
export function npyLists(lists: readonly (readonly number[])[]): Buffer {
  return npy(`{'descr': '|O', 'fortran_order': False, 'shape': (${lists.length},), }`, pickleLists(lists));
}

/** A pickle of protocol 2 as Python 2 wrote it (the published imdb.npz is one): str for bytes, 0 and 1 for flags. */
export function pickleLists(lists: readonly (readonly number[])[]): Buffer {
  const rows = lists.map((list) => Buffer.concat([ascii(']('), ...list.map(pickleInt), ascii('e')]));
  return Buffer.concat([
    ascii('\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01'),
    pickleInt(lists.length),
    ascii('\x85cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNN'),
    pickleInt(-1),
    pickleInt(-1),
    ascii('K?tb\x89]q\x06('),
    ...rows,
    ascii('etb.'),
  ]);
}

function pickleInt(value: number): Buffer {
  if (value >= 0 && value < 256) return Buffer.from([0x4b, value]);
  if (value >= 0 && value < 65536) return Buffer.from([0x4d, value & 255, value >> 8]);
  const bytes = Buffer.from([0x4a, 0, 0, 0, 0]);
  bytes.writeInt32LE(value, 1);
  return bytes;
}

function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A data set with the members of imdb.npz. */
export function imdbArchive(
  xTrain: readonly (readonly number[])[],
  yTrain: readonly number[],
  xTest: readonly (readonly number[])[],
  yTest: readonly number[],
): Buffer {
  return zip([
    { name: 'x_train.npy', bytes: npyLists(xTrain) },
    { name: 'y_train.npy', bytes: npyInt64(yTrain) },
    { name: 'x_test.npy', bytes: npyLists(xTest) },
    { name: 'y_test.npy', bytes: npyInt64(yTest) },
  ]);
}
