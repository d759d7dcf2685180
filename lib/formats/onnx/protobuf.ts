// SPDX-License-Identifier: MIT
// The wire format of protocol buffers: numbered fields of varints, 4 or 8 bytes, and length-delimited bytes.
// Source: protobuf.dev/programming-guides/encoding.
import { refusal } from '../../util/validate';

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5] as const;

/** Bytes that are worth a piece of their own. */
const SMALL = 4096;

/** Fields of a message in the order in which they are written. Large arrays are not copied: leave them alone until then. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes of the message so far. */
  get length(): number {
    return this.#length;
  }

  /** The message in pieces, the small ones joined. */
  joined(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let small: Uint8Array[] = [];
    const flush = (): void => {
      if (small.length > 0) pieces.push(Buffer.concat(small));
      small = [];
    };
    for (const chunk of this.#chunks) {
      if (chunk.length < SMALL) {
        small.push(chunk);
        continue;
      }
      flush();
      pieces.push(chunk);
    }
    flush();
    return pieces;
  }

  int(field: number, value: number | bigint): this {
    return this.#tag(field, VARINT).#varint(value);
  }

  float(field: number, value: number): this {
    return this.#tag(field, FIXED32).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#tag(field, BYTES).#varint(value.length).#push(value);
  }

  /** Integers as one field, packed. */
  ints(field: number, values: readonly number[]): this {
    const packed = new MessageWriter();
    for (const value of values) packed.#varint(value);
    return this.message(field, packed);
  }

  floats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer));
  }

  message(field: number, message: MessageWriter): this {
    this.#tag(field, BYTES).#varint(message.length);
    for (const chunk of message.#chunks) this.#push(chunk);
    return this;
  }

  #tag(field: number, type: number): this {
    return this.#varint(field * 8 + type);
  }

  /** Negative numbers are written as 64 bits. */
  #varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    return this.#push(Uint8Array.from(bytes));
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    return this;
  }
}

/** An integer (a bigint where it takes more than 53 bits), the bits of a float, or bytes. */
type FieldValue = number | bigint | Uint8Array;

/** More fields of bytes than any model has in one message: each takes memory of its own. */
const MOST_PARTS = 2 ** 16;

/**
 * The fields of a message. Nothing is copied: bytes are views of the file, and a message within the message is read when it
 * is asked for.
 */
export class MessageReader {
  readonly #fields = new Map<number, FieldValue[]>();

  /**
   * @param where for messages
   * @param bytes the message
   * @throws DataError `ERR_DATA` where a field reaches beyond the message, or is of no kind that is in use
   */
  constructor(
    readonly where: string,
    bytes: Uint8Array,
  ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let parts = 0;
    for (let at = 0; at < bytes.length;) {
      const tag = this.#varint(bytes, at);
      const [field, kind] = [Number(BigInt(tag.value) >> 3n), Number(BigInt(tag.value) & 7n)];
      at = tag.end;
      if (field < 1 || field > 0x1fffffff) throw this.malformed('a field from 1 to 2^29 - 1', String(field));
      let value: FieldValue;
      if (kind === VARINT) {
        ({ value, end: at } = this.#varint(bytes, at));
      } else if (kind === FIXED32 || kind === FIXED64) {
        const size = kind === FIXED32 ? 4 : 8;
        if (at + size > bytes.length) throw this.malformed(`${size} bytes`, `${bytes.length - at}`);
        value = kind === FIXED32 ? view.getUint32(at, true) : view.getBigUint64(at, true);
        at += size;
      } else if (kind === BYTES) {
        const length = this.#varint(bytes, at);
        at = length.end;
        if (length.value > bytes.length - at)
          throw this.malformed(`at most the ${bytes.length - at} bytes that are left`, String(length.value));
        if (++parts > MOST_PARTS) throw this.malformed(`at most ${MOST_PARTS} parts of a message`, 'more');
        value = bytes.subarray(at, at + Number(length.value));
        at += Number(length.value);
      } else {
        throw this.malformed('fields of integers, floats or bytes', `a field of kind ${kind}`);
      }
      const known = this.#fields.get(field);
      if (known === undefined) this.#fields.set(field, [value]);
      else known.push(value);
    }
  }

  /** The error of a message that is not what it should be. */
  malformed(expected: string, received: string): Error {
    return refusal('ERR_DATA', this.where, expected, received, 'The file is damaged, or no ONNX model.');
  }

  #varint(bytes: Uint8Array, begin: number): { value: number | bigint; end: number } {
    let value = 0;
    for (let k = 0; k < 7; k++) {
      const byte = bytes[begin + k];
      if (byte === undefined) throw this.malformed('an integer', 'the end of the message');
      value += (byte & 0x7f) * 2 ** (7 * k);
      if (byte < 0x80) return { value, end: begin + k + 1 };
    }
    let wide = BigInt(value);
    for (let k = 7; k < 10; k++) {
      const byte = bytes[begin + k];
      if (byte === undefined) throw this.malformed('an integer', 'the end of the message');
      wide |= BigInt(byte & 0x7f) << BigInt(7 * k);
      if (byte < 0x80) return { value: BigInt.asUintN(64, wide), end: begin + k + 1 };
    }
    throw this.malformed('an integer of at most ten bytes', 'a longer one');
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** A signed integer: the last where the field comes more than once, as the format has it; beyond 2^53 it is infinite. */
  int(field: number, otherwise = 0): number {
    const value = this.#fields.get(field)?.at(-1);
    if (value instanceof Uint8Array) throw this.malformed('an integer', 'bytes');
    return value === undefined ? otherwise : signed(value);
  }

  /** Signed integers, packed or one by one. */
  ints(field: number): number[] {
    const values: number[] = [];
    for (const value of this.#fields.get(field) ?? []) {
      if (!(value instanceof Uint8Array)) {
        values.push(signed(value));
        continue;
      }
      for (let at = 0; at < value.length;) {
        const read = this.#varint(value, at);
        values.push(signed(read.value));
        at = read.end;
      }
    }
    return values;
  }

  float(field: number): number {
    return this.floats(field).at(-1) ?? 0;
  }

  /** Floats, packed or one by one. */
  floats(field: number): number[] {
    return (this.#fields.get(field) ?? []).flatMap((value) => {
      if (typeof value === 'number') return [new Float32Array(Uint32Array.of(value).buffer)[0]!];
      if (!(value instanceof Uint8Array) || value.length % 4 !== 0)
        throw this.malformed(
          'floats of four bytes',
          value instanceof Uint8Array ? `${value.length} bytes` : 'an integer',
        );
      return [...floatsOf(value)];
    });
  }

  text(field: number): string {
    return this.texts(field).at(-1) ?? '';
  }

  texts(field: number): string[] {
    return this.parts(field).map((value) => Buffer.from(value.buffer, value.byteOffset, value.length).toString());
  }

  bytes(field: number): Uint8Array | undefined {
    return this.parts(field).at(-1);
  }

  parts(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((value) => {
      if (value instanceof Uint8Array) return value;
      throw this.malformed('bytes', 'an integer');
    });
  }

  message(field: number): MessageReader | undefined {
    const value = this.bytes(field);
    return value && new MessageReader(this.where, value);
  }

  messages(field: number): MessageReader[] {
    return this.parts(field).map((value) => new MessageReader(this.where, value));
  }
}

/** The bits of 64 as a number with a sign. Beyond 2^53 nothing is counted any more: such an end of a slice is open. */
function signed(value: number | bigint): number {
  if (typeof value === 'number') return value;
  const wide = BigInt.asIntN(64, value);
  if (wide >= -(2n ** 53n) && wide <= 2n ** 53n) return Number(wide);
  return wide < 0n ? -Infinity : Infinity;
}

/** Little-endian floats, copied: they may begin anywhere in a file. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
