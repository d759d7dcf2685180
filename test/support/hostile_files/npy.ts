// SPDX-License-Identifier: MIT
// Hostile files of arrays: .npy, and .npz with sound archives around them. Those that numpy writes itself are in
// test/golden/formats/npy.json.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { npy, npyInt64, npyLists, zip } from '../npz_writer';
import type { HostileFile } from './hostile_file';

// The checkout is the working directory of tests and of tools.
const file = path.resolve('test/golden/formats/npy.json');
const golden = JSON.parse(readFileSync(file, 'utf8')) as { refused: Record<string, string> };
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const header = (descr: string, fortran = 'False', shape = '(2,)'): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
const one = npyInt64([1]);

export const HOSTILE_NPY: readonly HostileFile[] = [
  ['no header', latin1('short'), /\.npy file/],
  ['another magic', Buffer.alloc(64), /\.npy file/],
  ['a version of the future', Buffer.concat([latin1('\x93NUMPY\x04\x00'), Buffer.alloc(8)]), /version/],
  ['a header beyond the file', latin1('\x93NUMPY\x01\x00\xff\x10abcd'), /header/],
  ['code in the header', npy(`__import__('os')`, Buffer.alloc(0)), /'\{'/],
  ['a structured type', npy(header(`[('a', '<i4')]`), Buffer.alloc(8)), /string/],
  ['a complex type', npy(header(`'<c8'`), Buffer.alloc(16)), /<c8.*astype/],
  ['a pickle', npyLists([[1], [2]]), /\|O.*Pickles/],
  ['an inherited name as type', npy(header(`'constructor'`), Buffer.alloc(16)), /constructor/],
  ['a type of three bytes', npy(header(`'<f3'`), Buffer.alloc(6)), /<f3/],
  ['a negative size', npy(header(`'<i4'`, 'False', '(-2,)'), Buffer.alloc(8)), /size/],
  ['a size beyond numbers', npy(header(`'<i4'`, 'False', '(999999999999999,999)'), Buffer.alloc(8)), /sensible/],
  ['a size beyond the file', npy(header(`'<i4'`, 'False', '(99999999999,)'), Buffer.alloc(8)), /399999999996 bytes/],
  ['more axes than numpy has', npy(header(`'|u1'`, 'False', `(${'1,'.repeat(65)})`), Buffer.alloc(1)), /size/],
  ['a short payload', npy(header(`'<i4'`), Buffer.alloc(7)), /8 bytes/],
  ['a long payload', npy(header(`'<i4'`), Buffer.alloc(9)), /8 bytes/],
  ['a key twice', npy(`{'descr': '<i4', 'descr': '<i4', }`, Buffer.alloc(8)), /once/],
  ['a missing key', npy(`{'descr': '<i4', }`, Buffer.alloc(8)), /without/],
  ['an unknown key', npy(`{'__proto__': '<i4', }`, Buffer.alloc(8)), /once/],
  ['text after the header', npy(`${header(`'<i4'`)} + 1`, Buffer.alloc(8)), /nothing after/],
  ...Object.entries(golden.refused).map(([name, text]): HostileFile => [name, Buffer.from(text, 'base64'), /./]),
];

export const HOSTILE_NPZ: readonly HostileFile[] = [
  ['no archive', latin1('PK'), /zip archive/],
  ['a member that is no .npy', zip([{ name: 'a.txt', bytes: one }]), /a\.txt/],
  ['a member named __proto__', zip([{ name: '__proto__.npy', bytes: one }]), /__proto__/],
  ['a member without a name', zip([{ name: '.npy', bytes: one }]), /relative path/],
  ['a pickle', zip([{ name: 'a.npy', bytes: npyLists([[1]]) }]), /"a".*Pickles/],
  ['a member that is cut off', zip([{ name: 'a.npy', bytes: one.subarray(0, one.length - 1) }]), /"a".*8 bytes/],
];
