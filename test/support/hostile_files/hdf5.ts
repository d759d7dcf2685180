// SPDX-License-Identifier: MIT
// The HDF5 files that tools/golden/hostile_hdf5.py made.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ErrorCode } from '../../../lib';

interface Packed {
  readonly title: string;
  readonly file: string;
  readonly message: string;
  readonly code: ErrorCode;
}

const unpacked = (text: string): Buffer => gunzipSync(Buffer.from(text, 'base64'));
// The checkout is the working directory of tests and of tools.
const text = readFileSync(path.resolve('test/golden/formats/hostile_hdf5.json'), 'utf8');
const pack = JSON.parse(text) as {
  readonly valid: { readonly h5: string; readonly weights: string };
  readonly h5: readonly Packed[];
  readonly keras: readonly Packed[];
};

/** A file without harm in it: an `.h5`, and the weights of a `.keras`. */
export const VALID_H5 = unpacked(pack.valid.h5);
export const VALID_WEIGHTS = unpacked(pack.valid.weights);

type Made = readonly [title: string, bytes: Buffer, message: RegExp, code: ErrorCode];
const made = ({ title, file, message, code }: Packed): Made => [title, unpacked(file), new RegExp(message), code];
export const MADE_H5 = pack.h5.map(made);
export const MADE_WEIGHTS = pack.keras.map(made);

/** Places where a file is cut off: within each of its structures, for they are small. */
export function cutsOf(bytes: Buffer, count: number): [title: string, bytes: Buffer][] {
  return Array.from({ length: count }, (_, index) => {
    const length = Math.floor((bytes.length * index) / count);
    return [`the first ${length} bytes`, bytes.subarray(0, length)];
  });
}
