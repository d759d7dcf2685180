// SPDX-License-Identifier: MIT
// Hostile zip archives, whose member y.npy is asked for.
import { npyInt64, zip, type Member } from '../npz_writer';
import type { HostileFile } from './hostile_file';

const y: Member = { name: 'y.npy', bytes: npyInt64([1, 0, 1]) };
const zeros = Buffer.alloc(32 * 1024 * 1024);
const good = zip([y]);

/** Overwrites 16 bits of the end record (its last 22 bytes). */
function withEnd(archive: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(archive);
  copy.writeUInt16LE(value, copy.length - 22 + at);
  return copy;
}

/** An archive whose second member lies in the bytes of the first. */
function nested(): Buffer {
  const inner = zip([{ ...y, name: 'z', store: true }]);
  const begin = 30 + 'y.npy'.length;
  return zip([
    { name: 'y.npy', bytes: inner.subarray(0, inner.length - 22), store: true },
    { ...y, name: 'z', store: true, offset: begin },
  ]);
}

export const HOSTILE_ZIPS: readonly HostileFile[] = [
  ['nothing', Buffer.alloc(0), /zip archive/],
  ['bytes of something else', Buffer.alloc(100, 7), /zip archive/],
  ['a truncated archive', good.subarray(0, good.length - 5), /complete/],
  ['an archive with its head cut off', good.subarray(10), /another place/],
  ['a split archive', withEnd(good, 4, 1), /split/],
  ['a zip64 archive', withEnd(withEnd(good, 8, 0xffff), 10, 0xffff), /zip64/],
  ['a count that is too large', withEnd(withEnd(good, 8, 2), 10, 2), /member record/],
  ['a count that is too small', withEnd(withEnd(zip([y, { ...y, name: 'z.npy' }]), 8, 1), 10, 1), /left over/],
  ['two members of one name', zip([y, y]), /twice/],
  ['an empty name', zip([{ ...y, name: '' }]), /relative path/],
  ['a name of 2000 bytes', zip([{ ...y, name: 'a'.repeat(2000) }]), /1024/],
  ['a name that leads out', zip([{ ...y, name: 'a/../../y' }]), /relative path/],
  ['an absolute name', zip([{ ...y, name: '/etc/passwd' }]), /relative path/],
  ['a name on a drive', zip([{ ...y, name: 'C:y' }]), /relative path/],
  ['a name with backslashes', zip([{ ...y, name: '..\\y' }]), /relative path/],
  ['a name with a NUL', zip([{ ...y, name: 'y\0.png' }]), /relative path/],
  ['an encrypted member', zip([{ ...y, flags: 1 }]), /encrypted/],
  ['an unknown method', zip([{ ...y, method: 12 }]), /method 12/],
  ['a zip64 member', zip([{ ...y, size: 0xffffffff }]), /zip64/],
  ['a bomb', zip([{ name: 'y.npy', bytes: zeros }]), /when inflated/],
  [
    'a bomb in parts',
    zip([0, 1, 2].map((i) => ({ name: `y${i}.npy`, bytes: zeros.subarray(0, 8 << 20) }))),
    /inflated/,
  ],
  ['a stored member of two sizes', zip([{ ...y, store: true, size: 7 }]), /stored/],
  ['a member that inflates to more than it says', zip([{ ...y, size: 20 }]), /inflate/],
  ['a member that inflates to less than it says', zip([{ ...y, size: 2000 }]), /bytes/],
  ['a wrong checksum', zip([{ ...y, crc32: 1 }]), /CRC-32/],
  ['a local header of another name', zip([{ ...y, localName: 'z.npy' }]), /agrees/],
  ['a member outside the archive', zip([{ ...y, offset: 99999 }]), /local header/],
  ['overlapping members', zip([y, { ...y, name: 'z.npy', localName: 'y.npy', offset: 0 }]), /agrees|overlap/],
  ['a member within a member', nested(), /overlapping/],
];
