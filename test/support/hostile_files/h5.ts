// SPDX-License-Identifier: MIT
// Hostile `.h5` files of whole models.
import { cutsOf, MADE_H5, VALID_H5 } from './hdf5';
import type { HostileFile } from './hostile_file';

export const HOSTILE_H5: readonly HostileFile[] = [
  ['a text', Buffer.from('hello'), /cannot be read/],
  ['zeros', Buffer.alloc(100_000), /cannot be read/],
  ['a signature alone', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /cannot be read/],
  ['a zip archive', Buffer.from('PK\x03\x04 and more of it', 'latin1'), /cannot be read/],
  ...cutsOf(VALID_H5, 24).map(([title, bytes]): HostileFile => [
    title,
    bytes,
    /cannot be read|without one|an array|layer/,
  ]),
  ...MADE_H5,
];
