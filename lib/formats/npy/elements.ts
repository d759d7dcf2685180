// SPDX-License-Identifier: MIT
// Elements of .npy files: bytes to numbers and back. Every machine that this package runs on is little-endian.
import { asBuffer } from '../../util/as_buffer';
import { halvesToFloats } from '../../util/float16';
import { refusal } from '../../util/validate';
import type { NumericTypedArray } from '../../types';

type Decoder = (where: string, bytes: Uint8Array) => NumericTypedArray;

/** What is made of elements of a type, of which `bytes` are an aligned, little-endian copy. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  b1: (_where, bytes) => bytes,
  u1: (_where, bytes) => bytes,
  i1: (_where, { buffer }) => new Int8Array(buffer),
  u2: (_where, { buffer }) => new Uint16Array(buffer),
  i2: (_where, { buffer }) => new Int16Array(buffer),
  u4: (_where, { buffer }) => new Uint32Array(buffer),
  i4: (_where, { buffer }) => new Int32Array(buffer),
  u8: (where, { buffer }) => fromWide(where, new BigUint64Array(buffer)),
  i8: (where, { buffer }) => fromWide(where, new BigInt64Array(buffer)),
  f2: (_where, { buffer }) => halvesToFloats(new Uint16Array(buffer)),
  f4: (_where, { buffer }) => new Float32Array(buffer),
  f8: (_where, { buffer }) => new Float64Array(buffer),
};

/** Types of numbers without their byte order. */
export const NUMBER_TYPES = Object.freeze(Object.keys(DECODERS));

const TYPE = /^[<>|=]([a-z]\d)$/;

/** Bytes of an element; undefined where the type is none of {@link NUMBER_TYPES}. */
export function itemSize(descr: string): number | undefined {
  const type = TYPE.exec(descr)?.[1];
  return type !== undefined && Object.hasOwn(DECODERS, type) ? Number(type[1]) : undefined;
}

/** A copy of elements as numbers, in their order. @throws DataError `ERR_DATA` for an integer that a double cannot hold */
export function decode(where: string, descr: string, payload: Uint8Array): NumericTypedArray {
  const bytes = new Uint8Array(payload);
  const item = itemSize(descr)!;
  if (descr.startsWith('>') && item > 1) swapBytes(bytes, item);
  return DECODERS[TYPE.exec(descr)![1]!]!(where, bytes);
}

function swapBytes(bytes: Uint8Array, item: number): void {
  const buffer = asBuffer(bytes);
  if (item === 2) buffer.swap16();
  else if (item === 4) buffer.swap32();
  else buffer.swap64();
}

/** 32-bit integers where all fit, for that is what token ids and labels are; else doubles that hold each exactly. */
function fromWide(where: string, wide: BigInt64Array | BigUint64Array): NumericTypedArray {
  const doubles = new Float64Array(wide.length);
  let isNarrow = true;
  for (let i = 0; i < wide.length; i++) {
    const value = Number(wide[i]);
    if (!Number.isSafeInteger(value))
      throw refusal('ERR_DATA', where, 'integers that a double holds exactly', `${wide[i]!} at position ${i}`);
    if (value !== (value | 0)) isNarrow = false;
    doubles[i] = value;
  }
  return isNarrow ? Int32Array.from(doubles) : doubles;
}

/** A copy of elements whose first axis changes fastest, with the last axis fastest. */
export function toRowMajor<A extends NumericTypedArray>(columns: A, shape: readonly number[]): A {
  const rows = columns.slice() as A;
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  let from = 0;
  for (let i = 0; i < rows.length; i++) {
    rows[i] = columns[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return rows;
}

const DESCR: Readonly<Record<string, string>> = {
  Float32Array: '<f4',
  Float64Array: '<f8',
  Int8Array: '|i1',
  Uint8Array: '|u1',
  Uint8ClampedArray: '|u1',
  Int16Array: '<i2',
  Uint16Array: '<u2',
  Int32Array: '<i4',
  Uint32Array: '<u4',
};

/** numpy's type string for the elements of an array, which may be of another realm. */
export function descrOf(data: NumericTypedArray): string {
  return DESCR[Object.prototype.toString.call(data).slice(8, -1)]!;
}
