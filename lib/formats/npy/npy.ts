// SPDX-License-Identifier: MIT
// The .npy format, versions 1 to 3, read from and written to bytes. Source: numpy/lib/_format_impl.py.
import { allocate } from '../../arrays/nested_arrays';
import { asBuffer } from '../../util/as_buffer';
import { describe, refusal } from '../../util/validate';
import type { NumericTypedArray } from '../../types';
import { decode, descrOf, itemSize, NUMBER_TYPES, toRowMajor } from './elements';
import { headerText, readHeader, type NpyHeader } from './header';

/** A header and the bytes that follow it. */
export interface Npy extends NpyHeader {
  /** Elements: the product of the shape. */
  readonly size: number;
  readonly payload: Uint8Array;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** numpy's own bound for headers of files that are not trusted. */
const LONGEST_HEADER = 10000;
/** numpy lets arrays begin at multiples of this. */
const ALIGNMENT = 64;

/**
 * Splits an .npy file into its header and payload.
 *
 * @param where name of file and member, for messages
 * @throws DataError `ERR_DATA` where the header is malformed or the payload has another size
 */
export function parseNpy(where: string, file: Uint8Array): Npy {
  const bytes = asBuffer(file);
  if (bytes.length < 12 || !bytes.subarray(0, 6).equals(MAGIC))
    throw bad(where, 'an .npy file', `${bytes.length} bytes of something else`);
  const version = bytes[6]!;
  if (version < 1 || version > 3 || bytes[7] !== 0)
    throw bad(where, '.npy version 1.0, 2.0 or 3.0', `${version}.${bytes[7]!}`);
  const begin = version === 1 ? 10 : 12;
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > LONGEST_HEADER || begin + length > bytes.length)
    throw bad(where, `a header of at most ${LONGEST_HEADER} bytes inside the file`, `${length} bytes`);
  const header = readHeader(where, bytes.toString(version === 3 ? 'utf8' : 'latin1', begin, begin + length));
  const { descr, shape } = header;
  const size = shape.reduce((product, n) => product * n, 1);
  if (!Number.isSafeInteger(size)) throw bad(where, 'a shape of a sensible size', `(${shape.join(', ')})`);
  const payload = bytes.subarray(begin + length);
  const item = itemSize(descr);
  if (item !== undefined && payload.length !== size * item)
    throw bad(where, `${size * item} bytes for shape (${shape.join(', ')}) of ${descr}`, `${payload.length}`);
  return { ...header, size, payload };
}

/**
 * Copies a payload of plain numbers into a typed array in row-major order. See {@link loadNpy} for the types.
 *
 * @throws DataError `ERR_DATA` where the array holds something else than numbers, or an integer that a double cannot hold
 */
export function readNumbers(where: string, { descr, isFortran, shape, payload }: Npy): NumericTypedArray {
  if (itemSize(descr) === undefined) {
    const hint = /O$/.test(descr)
      ? 'Pickles are not read, for they run code. Save an array of numbers: numpy.save(path, array, allow_pickle=False).'
      : 'Save it as numbers: array.astype("float32").';
    throw bad(where, `an array of numbers (${NUMBER_TYPES.join(', ')})`, `type ${describe(descr)}`, hint);
  }
  const numbers = allocate(where, () => decode(where, descr, payload));
  return isFortran && shape.length > 1 ? allocate(where, () => toRowMajor(numbers, shape)) : numbers;
}

/** The bytes of an .npy file of version 1, equal to those that numpy writes; the elements are copied. */
export function npyBytes(where: string, data: NumericTypedArray, shape: readonly number[]): Uint8Array {
  const text = headerText(descrOf(data), shape);
  // As numpy does it: at least one space, where a newline alone would do.
  const padding = ALIGNMENT - ((10 + text.length + 1) % ALIGNMENT);
  const begin = 10 + text.length + padding + 1;
  const bytes = allocate(where, () => new Uint8Array(begin + data.byteLength));
  const header = asBuffer(bytes);
  MAGIC.copy(header);
  header[6] = 1;
  header.writeUInt16LE(begin - 10, 8);
  header.write(`${text}${' '.repeat(padding)}\n`, 10, 'latin1');
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), begin);
  return bytes;
}

function bad(where: string, expected: string, received: string, hint = ''): Error {
  return refusal('ERR_DATA', where, expected, received, hint);
}
