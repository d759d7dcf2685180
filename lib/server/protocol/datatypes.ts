// SPDX-License-Identifier: MIT
// Datatypes of the Open Inference Protocol: how elements are spelt in JSON and in bytes, which are little-endian as all
// machines are that this package runs on.
import { halvesToFloats } from '../../util/float16';
import { internal, type NumericTypedArray } from '../../index';

const { describe, refusal } = internal;

/** Elements of a tensor in row-major order. */
export type Elements = NumericTypedArray | readonly string[];

/** One datatype. */
export interface Datatype {
  readonly name: string;
  /** Bytes of an element; 0 where elements have any length. */
  readonly size: number;
  /** Elements that JSON listed, flat. Errors name them by `what`. */
  fromJson(where: string, what: string, values: readonly unknown[]): Elements;
  /** Elements that lie in bytes, of which there are as many as `count` needs. */
  fromBytes(where: string, what: string, bytes: Uint8Array, count: number): Elements;
}

type ArrayOf<A> = { new (from: number | ArrayBuffer): A; readonly BYTES_PER_ELEMENT: number };

/** A datatype whose elements are those of a typed array. */
function numbers(
  name: string,
  size: number,
  make: (count: number) => NumericTypedArray,
  read: (buffer: ArrayBuffer, where: string, what: string) => NumericTypedArray,
  expected: string,
  isElement: (value: number) => boolean,
): Datatype {
  return {
    name,
    size,
    fromJson(where, what, values) {
      const out = make(values.length);
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        if (typeof value !== 'number' || !isElement(value))
          throw refusal(
            typeof value === 'number' ? 'ERR_RANGE' : 'ERR_TYPE',
            where,
            `${expected} in ${what}`,
            at(value, i),
          );
        out[i] = value;
      }
      return out;
    },
    // A copy: elements need not lie where their size asks for.
    fromBytes: (where, what, bytes) => read(copyOf(bytes), where, what),
  };
}

function at(value: unknown, index: number): string {
  return `${describe(value)} at [${index}]`;
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

function integers(name: string, Class: ArrayOf<NumericTypedArray>, min: number, max: number): Datatype {
  return numbers(
    name,
    Class.BYTES_PER_ELEMENT,
    (count) => new Class(count),
    (buffer) => new Class(buffer),
    `integers from ${min} to ${max}`,
    (value) => Number.isInteger(value) && value >= min && value <= max,
  );
}

/** Integers of 64 bits as doubles, which hold those up to 2^53 exactly: others are refused. */
function wideIntegers(name: string, Class: ArrayOf<BigInt64Array | BigUint64Array>, min: number): Datatype {
  const expected = 'integers of at most 2^53';
  return numbers(
    name,
    8,
    (count) => new Float64Array(count),
    (buffer, where, what) => {
      const values = new Class(buffer);
      const out = new Float64Array(values.length);
      for (let i = 0; i < values.length; i++) {
        out[i] = Number(values[i]);
        if (!Number.isSafeInteger(out[i]))
          throw refusal('ERR_RANGE', where, `${expected} in ${what}`, at(values[i], i));
      }
      return out;
    },
    expected,
    (value) => Number.isSafeInteger(value) && value >= min,
  );
}

function floats(
  name: string,
  size: number,
  make: (count: number) => NumericTypedArray,
  read: (buffer: ArrayBuffer) => NumericTypedArray,
  largest: number,
): Datatype {
  return numbers(name, size, make, read, `numbers of ${name}`, (value) => Math.abs(value) <= largest);
}

/** BFLOAT16 is the upper half of a float32. */
function fromUpperHalves(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** 1 for true, 0 for false. */
const BOOL: Datatype = {
  name: 'BOOL',
  size: 1,
  fromJson(where, what, values) {
    const index = values.findIndex((value) => typeof value !== 'boolean' && value !== 0 && value !== 1);
    if (index >= 0) throw refusal('ERR_TYPE', where, `true or false in ${what}`, at(values[index], index));
    return Uint8Array.from(values, Number);
  },
  fromBytes(where, what, bytes) {
    const index = bytes.findIndex((byte) => byte > 1);
    if (index >= 0) throw refusal('ERR_RANGE', where, `bytes 0 and 1 in ${what}`, at(bytes[index], index));
    return bytes.slice();
  },
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Texts: in bytes each behind its length, an uint32. */
const BYTES: Datatype = {
  name: 'BYTES',
  size: 0,
  fromJson(where, what, values) {
    const index = values.findIndex((value) => typeof value !== 'string');
    if (index >= 0) throw refusal('ERR_TYPE', where, `texts in ${what}`, at(values[index], index));
    return values as readonly string[];
  },
  fromBytes(where, what, bytes, count) {
    const texts: string[] = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = 0;
    for (let i = 0; i < count; i++) {
      const begin = offset + 4;
      const end = begin > bytes.length ? Infinity : begin + view.getUint32(offset, true);
      if (end > bytes.length)
        throw refusal('ERR_DATA', where, `${count} texts in ${what}`, `bytes that end in text ${i}`);
      try {
        texts.push(utf8.decode(bytes.subarray(begin, end)));
      } catch {
        throw refusal('ERR_DATA', where, `texts in UTF-8 in ${what}`, `others at [${i}]`);
      }
      offset = end;
    }
    if (offset !== bytes.length)
      throw refusal('ERR_DATA', where, `${count} texts in ${what}`, `${bytes.length - offset} bytes more`);
    return texts;
  },
};

const F32_MAX = 3.4028235677973366e38; // the least number that rounds to infinity, less an ulp
const TABLE: readonly Datatype[] = [
  BOOL,
  integers('UINT8', Uint8Array, 0, 255),
  integers('UINT16', Uint16Array, 0, 65535),
  integers('UINT32', Uint32Array, 0, 4294967295),
  wideIntegers('UINT64', BigUint64Array, 0),
  integers('INT8', Int8Array, -128, 127),
  integers('INT16', Int16Array, -32768, 32767),
  integers('INT32', Int32Array, -2147483648, 2147483647),
  wideIntegers('INT64', BigInt64Array, -Number.MAX_SAFE_INTEGER),
  floats(
    'FP16',
    2,
    (count) => new Float32Array(count),
    (buffer) => halvesToFloats(new Uint16Array(buffer)),
    65504,
  ),
  floats(
    'BF16',
    2,
    (count) => new Float32Array(count),
    (buffer) => fromUpperHalves(new Uint16Array(buffer)),
    F32_MAX,
  ),
  floats(
    'FP32',
    4,
    (count) => new Float32Array(count),
    (buffer) => new Float32Array(buffer),
    F32_MAX,
  ),
  floats(
    'FP64',
    8,
    (count) => new Float64Array(count),
    (buffer) => new Float64Array(buffer),
    F32_MAX,
  ),
  BYTES,
];
const BY_NAME: ReadonlyMap<unknown, Datatype> = new Map(TABLE.map((datatype) => [datatype.name, datatype]));

/** @throws ConfigError `ERR_UNKNOWN_NAME` */
export function datatypeOf(where: string, what: string, name: unknown): Datatype {
  const datatype = BY_NAME.get(name);
  if (datatype !== undefined) return datatype;
  const expected = `the datatype of ${what} to be one of ${TABLE.map((known) => known.name).join(', ')}`;
  throw refusal('ERR_UNKNOWN_NAME', where, expected, describe(name));
}
