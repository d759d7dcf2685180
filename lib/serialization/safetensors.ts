// SPDX-License-Identifier: MIT
// The safetensors format: eight bytes of length, a JSON header, and the arrays one after another without a gap. The
// reader takes nothing on trust: it allocates what the file holds and the caller asks for, and never more.
// Source: the format's specification in the README of huggingface/safetensors.
import { FloatSource, inParts } from '../arrays/float_source';
import { allocate } from '../arrays/nested_arrays';
import { describe, refusal } from '../util/validate';
import { ioError, writeAtomically, type Placement } from './atomic_file';
import { InputFile } from './input_file';
import { isPlainObject, readJson } from './json';

/** Types of elements, and the bytes of one. */
const ITEM_SIZE = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;
export type Dtype = keyof typeof ITEM_SIZE;

/** Arrays that are written: their class says the type. A source is read part by part while it is written. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | FloatSource;

/** An array to write. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** An array of a file: its type, its shape, and where its bytes lie after the header. */
export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const METADATA = '__metadata__';
/** Arrays begin at multiples of this, as those of Python's package do. */
const ALIGNMENT = 8;
/** The bound of Python's package: it would not read more. */
const LONGEST_HEADER = 100_000_000;
const MOST_AXES = 32;

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof Uint8Array ? 'U8' : 'F32';
}

const byteLengthOf = (data: TensorData): number => data.length * ITEM_SIZE[dtypeOf(data)];

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Writes arrays and texts as one file, whole or not at all. The arrays are not copied: leave them alone until it is done.
 *
 * @param metadata texts by name, kept beside the arrays
 * @throws DataError `ERR_IO`, `ERR_NOT_FOUND`; ConfigError `ERR_CONFIG` where two arrays have one name or the texts are too long
 */
export async function writeSafetensors(
  where: string,
  file: string,
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
  placement: Placement,
): Promise<void> {
  // Wide elements first: then every array is aligned. By name among equals, as Python's package does.
  const ordered = [...tensors].sort(
    (a, b) => ITEM_SIZE[dtypeOf(b.data)] - ITEM_SIZE[dtypeOf(a.data)] || (a.name < b.name ? -1 : 1),
  );
  let end = 0;
  const entries = ordered.map(({ name, shape, data }): [string, object] => {
    const begin = end;
    end += byteLengthOf(data);
    return [name, { dtype: dtypeOf(data), shape, data_offsets: [begin, end] }];
  });
  const names = new Set([METADATA]);
  for (const [name] of entries) {
    if (names.has(name)) throw refusal('ERR_CONFIG', where, 'arrays of different names', `${describe(name)} twice`);
    names.add(name);
  }
  const text = JSON.stringify(Object.fromEntries([[METADATA, metadata], ...entries]));
  const length = Math.ceil(Buffer.byteLength(text) / ALIGNMENT) * ALIGNMENT;
  if (length > LONGEST_HEADER)
    throw refusal('ERR_CONFIG', where, `texts of at most ${LONGEST_HEADER} bytes`, `${length} bytes`);
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  header.write(text, 8);
  await writeAtomically(
    where,
    file,
    async (write) => {
      await write(header);
      for (const { data } of ordered)
        if (data instanceof FloatSource) await inParts(where, [data], (part) => write(bytesOf(part)));
        else await write(bytesOf(data));
    },
    placement,
  );
}

/**
 * A file that is open for reading.
 *
 * @example
 * const file = await SafetensorsFile.open('loadModel', 'model.safetensors');
 * try {
 *   const kernel = await file.readFloats('dense_1/kernel');
 * } finally {
 *   await file.close();
 * }
 */
export class SafetensorsFile {
  private constructor(
    private readonly where: string,
    private readonly input: InputFile,
    private readonly dataBegin: number,
    /** The arrays by name. */
    readonly tensors: ReadonlyMap<string, TensorInfo>,
    /** The texts by name. */
    readonly metadata: ReadonlyMap<string, string>,
  ) {}

  /**
   * Opens a file and checks its header against its size.
   *
   * @throws DataError `ERR_NOT_FOUND`, `ERR_IO`; `ERR_DATA` where the file is malformed or cut off
   */
  static async open(where: string, file: string): Promise<SafetensorsFile> {
    const place = `${where}, ${file}`;
    const input = await InputFile.open(where, file);
    try {
      const { text, end } = await readHeader(place, input);
      const { tensors, metadata } = parseHeader(place, text, input.size - end);
      return new SafetensorsFile(place, input, end, tensors, metadata);
    } catch (error) {
      await input.close().catch(() => undefined);
      throw ioError(where, `read ${file}`, error);
    }
  }

  /**
   * An array of floats that is read part by part, while the file is open; one of doubles is rounded to floats.
   *
   * @throws DataError `ERR_DATA` where there is none of this name or it holds something else; `ERR_IO` when it is read, and
   *   `ERR_DATA` where the file was cut off since it was opened
   */
  floats(name: string): FloatSource {
    const { dtype, begin, end } = this.#info(name, ['F32', 'F64']);
    const length = (end - begin) / ITEM_SIZE[dtype];
    return new FileFloats(length, async (first, out) => {
      if (dtype === 'F32') return this.#fill(name, first, out);
      const doubles = allocate(this.where, () => new Float64Array(out.length));
      await this.#fill(name, first, doubles);
      out.set(doubles);
    });
  }

  /** All of an array of floats. Throws as {@link floats}. */
  async readFloats(name: string): Promise<Float32Array> {
    const floats = this.floats(name);
    const values = allocate(this.where, () => new Float32Array(floats.length));
    await floats.read(0, values);
    return values;
  }

  /** All of an array of doubles. Throws as {@link floats}. */
  async readDoubles(name: string): Promise<Float64Array> {
    const { begin, end } = this.#info(name, ['F64']);
    const values = allocate(this.where, () => new Float64Array((end - begin) / ITEM_SIZE.F64));
    await this.#fill(name, 0, values);
    return values;
  }

  async close(): Promise<void> {
    await this.input.close();
  }

  #info(name: string, dtypes: readonly Dtype[]): TensorInfo {
    const info = this.tensors.get(name);
    if (info === undefined) throw refusal('ERR_DATA', this.where, `an array ${describe(name)}`, 'none');
    if (dtypes.includes(info.dtype)) return info;
    throw refusal('ERR_DATA', this.where, `${describe(name)} of type ${dtypes.join(' or ')}`, info.dtype);
  }

  /** Fills an array of the file's type with the elements from `first` on. */
  async #fill(name: string, first: number, values: Float32Array | Float64Array): Promise<void> {
    const position = this.dataBegin + this.tensors.get(name)!.begin + first * values.BYTES_PER_ELEMENT;
    try {
      await this.input.read(bytesOf(values), position);
    } catch (error) {
      throw ioError(this.where, `read ${describe(name)}`, error);
    }
  }
}

class FileFloats extends FloatSource {
  constructor(
    readonly length: number,
    readonly read: (begin: number, out: Float32Array) => Promise<void>,
  ) {
    super();
  }
}

async function readHeader(where: string, input: InputFile): Promise<{ text: string; end: number }> {
  const { size } = input;
  if (size < 8) throw refusal('ERR_DATA', where, 'a safetensors file', `${size} bytes`);
  const prefix = Buffer.alloc(8);
  await input.read(prefix, 0);
  const length = prefix.readBigUInt64LE();
  const most = Math.min(size - 8, LONGEST_HEADER);
  if (length < 2n || length > BigInt(most))
    throw refusal('ERR_DATA', where, `a header of 2 to ${most} bytes`, `${length} bytes`);
  const header = Buffer.alloc(Number(length));
  await input.read(header, 8);
  if (header[0] !== 0x7b) throw refusal('ERR_DATA', where, "a header that begins with '{'", `byte ${header[0]}`);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(header), end: 8 + header.length };
  } catch {
    throw refusal('ERR_DATA', where, 'a header in UTF-8', 'other bytes');
  }
}

function parseHeader(where: string, text: string, dataSize: number) {
  const header = readJson(where, text);
  if (!isPlainObject(header)) throw refusal('ERR_DATA', where, 'a header by name', describe(header));
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorInfo>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) {
      if (!isPlainObject(value)) throw refusal('ERR_DATA', where, 'metadata by name', describe(value));
      for (const [key, item] of Object.entries(value)) {
        if (typeof item !== 'string')
          throw refusal('ERR_DATA', where, `text as metadata ${describe(key)}`, describe(item));
        metadata.set(key, item);
      }
    } else tensors.set(name, readInfo(`${where}, ${describe(name)}`, value));
  }
  checkTiling(where, tensors, dataSize);
  return { tensors, metadata };
}

function readInfo(where: string, value: unknown): TensorInfo {
  if (!isPlainObject(value)) throw refusal('ERR_DATA', where, 'type, shape and offsets', describe(value));
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  if (Object.keys(others).length > 0)
    throw refusal('ERR_DATA', where, 'dtype, shape and data_offsets alone', describe(Object.keys(others)[0]));
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZE, dtype))
    throw refusal('ERR_DATA', where, `a type among ${Object.keys(ITEM_SIZE).join(', ')}`, describe(dtype));
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MOST_AXES || !shape.every(isSize))
    throw refusal('ERR_DATA', where, `a shape of at most ${MOST_AXES} sizes`, describe(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!)
    throw refusal('ERR_DATA', where, 'where it begins and ends', describe(offsets));
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, ITEM_SIZE[dtype as Dtype]);
  if (bytes !== end - begin)
    throw refusal('ERR_DATA', where, `${bytes} bytes for shape [${shape.join(', ')}] of ${dtype}`, `${end - begin}`);
  return { dtype: dtype as Dtype, shape, begin, end };
}

/** Arrays follow one another from the header to the end of the file: none overlaps, nothing lies between. */
function checkTiling(where: string, tensors: ReadonlyMap<string, TensorInfo>, dataSize: number): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin !== at)
      throw refusal('ERR_DATA', where, `an array to begin at byte ${at}`, `${describe(name)} at ${begin}`);
    at = end;
  }
  if (at !== dataSize) throw refusal('ERR_DATA', where, `${at} bytes of arrays`, `${dataSize}`);
}
