// SPDX-License-Identifier: MIT
// What the reader and the writer of zip archives share. Source: PKWARE's APPNOTE.TXT, 4.3.
import { describe, refusal } from '../../util/validate';

/** Signatures of the records. */
export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
export const END = 0x06054b50;

/** Bytes of the records without their names. */
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;

/** What stands in a field of 32 or 16 bits that a zip64 record replaces. */
export const ZIP64_SIZE = 0xffffffff;
export const ZIP64_COUNT = 0xffff;

/** The longest name of a member, in bytes. */
export const LONGEST_NAME = 1024;

/** Whether a name is a relative path that stays within the folder that somebody unpacks the archive into. */
export function isMemberName(name: string): boolean {
  const isPlain = !/[\\\0]|^\/|^[A-Za-z]:/.test(name) && !name.split('/').some((part) => part === '..' || part === '.');
  return isPlain && name !== '' && Buffer.byteLength(name) <= LONGEST_NAME;
}

/** @throws DataError `ERR_DATA` for a name that is none of a member */
export function checkName(where: string, name: string): string {
  if (isMemberName(name)) return name;
  const expected = `members named by a relative path of 1 to ${LONGEST_NAME} bytes`;
  throw refusal('ERR_DATA', where, expected, describe(name));
}
