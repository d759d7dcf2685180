// SPDX-License-Identifier: MIT
// The event files that TensorBoard reads: records of protocol-buffer messages, each with checksums of its length and of
// itself. Only numbers are written, as `tf.summary.scalar` writes them.
// Source: tensorflow/core/lib/io/record_writer.cc; tensorflow/core/util/event.proto and summary.proto.
import { appendFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { ioError, makeFolder } from '../serialization';
import { crc32c } from '../util/crc32c';

/** Wire types of protocol buffers. */
const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;

const VERSION = 'brain.Event:2';
const DT_FLOAT = 1;
const DATA_CLASS_SCALAR = 1;

/** Records that wait for a flush, at about 100 bytes each. */
const MOST_PENDING = 1000;

let files = 0;

/** One file of events, made at the first flush. */
export class EventFile {
  readonly #path: string;
  #pending: Uint8Array[] = [];

  /** @param folder made where it is missing */
  constructor(
    private readonly where: string,
    private readonly folder: string,
    private readonly now: () => number,
  ) {
    const seconds = String(Math.floor(now())).padStart(10, '0');
    // Characters of other systems' names could not stand in a file's.
    const host = hostname().replaceAll(/[^\w.-]/g, '_');
    this.#path = path.join(folder, `events.out.tfevents.${seconds}.${host}.${process.pid}.${files++}.v2`);
    this.#pending.push(record(event(now(), 0, bytes(3, Buffer.from(VERSION)))));
  }

  /** Adds a number; it is written at the next flush. */
  add(tag: string, value: number, step: number): void {
    this.#pending.push(record(event(this.now(), step, bytes(5, bytes(1, scalar(tag, value))))));
  }

  /** Whether so much waits that it should be written. */
  get isFull(): boolean {
    return this.#pending.length >= MOST_PENDING;
  }

  /** @throws DataError `ERR_IO`, `ERR_NOT_FOUND` */
  async flush(): Promise<void> {
    const chunk = Buffer.concat(this.#pending);
    this.#pending = [];
    if (chunk.length === 0) return;
    await makeFolder(this.where, this.folder);
    try {
      await appendFile(this.#path, chunk);
    } catch (error) {
      throw ioError(this.where, `write ${this.#path}`, error);
    }
  }
}

/** An Event. */
function event(seconds: number, step: number, content: Uint8Array): Uint8Array {
  const time = Buffer.alloc(8);
  time.writeDoubleLE(seconds);
  return Buffer.concat([tag(1, DOUBLE), time, step === 0 ? Buffer.alloc(0) : integer(2, step), content]);
}

/** A Summary.Value: tag, tensor, metadata. */
function scalar(name: string, value: number): Uint8Array {
  const float = Buffer.alloc(4);
  float.writeFloatLE(value);
  const tensor = Buffer.concat([integer(1, DT_FLOAT), bytes(2, Buffer.alloc(0)), bytes(4, float)]);
  const metadata = Buffer.concat([bytes(1, bytes(1, Buffer.from('scalars'))), integer(4, DATA_CLASS_SCALAR)]);
  return Buffer.concat([bytes(1, Buffer.from(name)), bytes(8, tensor), bytes(9, metadata)]);
}

function tag(field: number, type: typeof VARINT | typeof DOUBLE | typeof BYTES): Uint8Array {
  return varint((field << 3) | type);
}

function integer(field: number, value: number): Uint8Array {
  return Buffer.concat([tag(field, VARINT), varint(value)]);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([tag(field, BYTES), varint(content.length), content]);
}

/** Seven bits a byte, the least significant first. */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) digits.push((value % 128) + 128);
  return Uint8Array.of(...digits, value);
}

function record(message: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(message.length));
  return Buffer.concat([length, masked(length), message, masked(message)]);
}

/** Records may lie within records, so their checksums are disguised. */
function masked(content: Uint8Array): Uint8Array {
  const crc = crc32c(content);
  const out = Buffer.alloc(4);
  out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return out;
}
