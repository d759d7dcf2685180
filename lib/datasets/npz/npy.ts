// SPDX-License-Identifier: MIT
// The .npy format, versions 1 to 3: a hand-written reader of the header (a Python dict, never evaluated) and of plain numbers.
// Source: numpy/lib/format.py.
import { asBuffer } from '../../util/as_buffer';
import { describe, refusal } from '../../util/validate';

/** A parsed header and the bytes that follow it. */
export interface Npy {
  /** numpy's type string, as `<i8` or `|O`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Elements: the product of the shape. */
  readonly size: number;
  readonly payload: Uint8Array;
}

/** Arrays that {@link readNumbers} makes. */
export type NpyNumbers = Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** numpy's own bound for headers of files that are not trusted. */
const LONGEST_HEADER = 10000;
const MOST_AXES = 32;
const ITEM_SIZE: Readonly<Record<string, number>> = {
  '|b1': 1,
  '|u1': 1,
  '|i1': 1,
  '<i2': 2,
  '<i4': 4,
  '<i8': 8,
  '<f4': 4,
  '<f8': 8,
};

/**
 * Splits an .npy file into its header and payload.
 *
 * @param where name of file and member, for messages
 * @throws DataError `ERR_DATA` where the header is malformed, or describes Fortran order or a type outside the list above
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
  const text = bytes.toString(version === 3 ? 'utf8' : 'latin1', begin, begin + length);
  const { descr, isFortran, shape } = new HeaderReader(where, text).read();
  const size = shape.reduce((product, n) => product * n, 1);
  if (!Number.isSafeInteger(size)) throw bad(where, 'a shape of a sensible size', `(${shape.join(', ')})`);
  if (isFortran && shape.length > 1) throw bad(where, 'an array in C order', 'Fortran order');
  const payload = bytes.subarray(begin + length);
  const itemSize = ITEM_SIZE[descr];
  if (descr !== '|O' && itemSize === undefined)
    throw bad(where, `a type among ${Object.keys(ITEM_SIZE).join(', ')}, |O`, describe(descr));
  if (itemSize !== undefined && payload.length !== size * itemSize)
    throw bad(where, `${size * itemSize} bytes for shape (${shape.join(', ')}) of ${descr}`, `${payload.length}`);
  return { descr, shape, size, payload };
}

/**
 * Copies a payload of plain numbers into a typed array; 64-bit integers become 32-bit ones.
 *
 * @throws DataError `ERR_DATA` where the array holds objects, or an integer beyond 32 bits
 */
export function readNumbers(where: string, npy: Npy): NpyNumbers {
  const { payload, size, descr } = npy;
  if (descr === '<i8') return readInt64(where, payload, size);
  // A copy of our own is aligned; every machine that Node.js and this package run on is little-endian.
  const bytes = new Uint8Array(payload).buffer;
  if (descr === '|b1' || descr === '|u1') return new Uint8Array(bytes);
  if (descr === '|i1') return new Int8Array(bytes);
  if (descr === '<i2') return new Int16Array(bytes);
  if (descr === '<i4') return new Int32Array(bytes);
  if (descr === '<f4') return new Float32Array(bytes);
  if (descr === '<f8') return new Float64Array(bytes);
  throw bad(where, 'an array of numbers', `type ${describe(descr)}`);
}

function readInt64(where: string, bytes: Uint8Array, size: number): Int32Array {
  const payload = asBuffer(bytes);
  const values = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const low = payload.readInt32LE(8 * i);
    if (payload.readInt32LE(8 * i + 4) !== low >> 31)
      throw bad(where, 'integers of 32 bits', `${payload.readBigInt64LE(8 * i)} at position ${i}`);
    values[i] = low;
  }
  return values;
}

/** Grammar: `{ 'descr': STRING, 'fortran_order': BOOL, 'shape': ( INT, ... ) , }` in any order of the keys, then blanks. */
class HeaderReader {
  private at = 0;

  constructor(
    private readonly where: string,
    private readonly text: string,
  ) {}

  read(): { descr: string; isFortran: boolean; shape: number[] } {
    let descr: string | undefined;
    let isFortran: boolean | undefined;
    let shape: number[] | undefined;
    this.expect('{');
    while (!this.accept('}')) {
      const key = this.readString();
      this.expect(':');
      if (key === 'descr' && descr === undefined) descr = this.readString();
      else if (key === 'fortran_order' && isFortran === undefined) isFortran = this.readBoolean();
      else if (key === 'shape' && shape === undefined) shape = this.readShape();
      else throw this.malformed(`each of descr, fortran_order and shape once`, describe(key));
      if (!this.accept(',')) {
        this.expect('}');
        break;
      }
    }
    if (this.text.slice(this.at).trim() !== '') throw this.malformed('nothing after the header', 'more text');
    if (descr === undefined || isFortran === undefined || shape === undefined)
      throw this.malformed('descr, fortran_order and shape', 'a header without one of them');
    return { descr, isFortran, shape };
  }

  private readString(): string {
    const quote = this.accept("'") ? "'" : this.accept('"') ? '"' : undefined;
    const end = quote === undefined ? -1 : this.text.indexOf(quote, this.at);
    if (end < 0) throw this.malformed('a string', this.excerpt());
    const value = this.text.slice(this.at, end);
    if (!/^[\w<>|=]*$/.test(value)) throw this.malformed('a plain string', describe(value));
    this.at = end + 1;
    return value;
  }

  private readBoolean(): boolean {
    if (this.accept('True')) return true;
    if (this.accept('False')) return false;
    throw this.malformed('True or False', this.excerpt());
  }

  private readShape(): number[] {
    const shape: number[] = [];
    this.expect('(');
    while (!this.accept(')')) {
      this.skipBlanks();
      const digits = /^\d{1,15}(?!\d)/.exec(this.text.slice(this.at, this.at + 16))?.[0];
      if (digits === undefined || shape.length === MOST_AXES) throw this.malformed('a size', this.excerpt());
      this.at += digits.length;
      this.accept('L'); // Python 2 wrote 25000L.
      shape.push(Number(digits));
      if (!this.accept(',')) {
        this.expect(')');
        break;
      }
    }
    return shape;
  }

  private accept(token: string): boolean {
    this.skipBlanks();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token)) throw this.malformed(`'${token}'`, this.excerpt());
  }

  private skipBlanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\n') this.at++;
  }

  private excerpt(): string {
    return this.at < this.text.length ? describe(this.text.slice(this.at, this.at + 12)) : 'the end of the header';
  }

  private malformed(expected: string, received: string): Error {
    return bad(this.where, `${expected} at character ${this.at} of the .npy header`, received);
  }
}

function bad(where: string, expected: string, received: string): Error {
  return refusal('ERR_DATA', where, expected, received);
}
