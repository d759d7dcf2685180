// SPDX-License-Identifier: MIT
// The body of an inference request, JSON alone or JSON with the tensors' bytes behind it, as plain data that was checked.
// Source: the Open Inference Protocol (https://github.com/kserve/open-inference-protocol) and its binary tensor extension.
import { isUtf8 } from 'node:buffer';
import { internal } from '../../index';
import { datatypeOf, type Datatype, type Elements } from './datatypes';

const { describe, isPlainObject, refusal } = internal;

/** A tensor that a request brings. */
export interface InputTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Elements;
}

/** An output that a request asks for. */
export interface RequestedOutput {
  readonly name: string;
  readonly isBinary: boolean;
}

/** An inference request. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** undefined: all outputs. */
  readonly outputs: readonly RequestedOutput[] | undefined;
  /** How outputs are given that say nothing of it. */
  readonly isBinary: boolean;
}

/** Deeper nesting has no meaning: no array of this package has as many axes. */
const MAX_RANK = 16;
/** What would change the answer, and is not there. */
const UNSUPPORTED = /^(classification|sequence_(id|start|end)|shared_memory_(region|offset|byte_size))$/;

/** A JSON object of a body. @throws DataError `ERR_DATA`; ConfigError `ERR_TYPE` */
export function readJsonObject(where: string, body: Uint8Array): Record<string, unknown> {
  if (!isUtf8(body)) throw refusal('ERR_DATA', where, 'JSON in UTF-8', 'other bytes');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal('ERR_DATA', where, 'JSON', describe(text));
  }
  if (isPlainObject(value)) return value;
  throw refusal('ERR_TYPE', where, 'a JSON object', describe(value));
}

/**
 * The request in a body.
 *
 * @param headerLength the header Inference-Header-Content-Length: bytes of the JSON where tensors lie behind it
 * @throws DataError `ERR_DATA`, `ERR_RANGE`; ShapeError `ERR_SHAPE`; ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_NAME`
 */
export function readInferRequest(where: string, body: Uint8Array, headerLength: string | undefined): InferRequest {
  const size = headerLength === undefined ? body.length : readHeaderLength(where, headerLength, body.length);
  const json = readJsonObject(where, body.subarray(0, size));
  const rest = new BinaryPart(where, body.subarray(size));
  const { id } = json;
  if (id !== undefined && typeof id !== 'string') throw refusal('ERR_TYPE', where, 'id to be a string', describe(id));
  const inputs = listOf(where, 'inputs', json['inputs']).map((input, index) => readInput(where, input, index, rest));
  rest.checkEnd();
  checkNames(where, 'inputs', inputs);
  const parameters = readParameters(where, 'the request', json['parameters']);
  const isBinary = readFlag(where, 'binary_data_output', parameters) ?? false;
  const asked = json['outputs'];
  const outputs =
    asked === undefined
      ? undefined
      : listOf(where, 'outputs', asked).map((output) => readOutput(where, output, isBinary));
  checkNames(where, 'outputs', outputs ?? []);
  return { id, inputs, outputs, isBinary };
}

function readHeaderLength(where: string, text: string, most: number): number {
  const size = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (size <= most) return size;
  const expected = `Inference-Header-Content-Length to be an integer from 0 to ${most}, the bytes of the body`;
  throw refusal('ERR_RANGE', where, expected, describe(text));
}

/** The bytes behind the JSON: each tensor's follow those of the one before. */
class BinaryPart {
  #offset = 0;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array,
  ) {}

  take(what: string, size: number): Uint8Array {
    const end = this.#offset + size;
    if (end > this.bytes.length)
      throw refusal('ERR_DATA', this.where, `${size} bytes of ${what}`, `${this.bytes.length - this.#offset}`);
    const taken = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  checkEnd(): void {
    const more = this.bytes.length - this.#offset;
    if (more > 0) throw refusal('ERR_DATA', this.where, 'the bytes of the tensors and none behind', `${more} more`);
  }
}

function readInput(where: string, input: unknown, index: number, rest: BinaryPart): InputTensor {
  const { name, shape, parameters, data, datatype: spelt } = objectOf(where, `inputs[${index}]`, input);
  const what = `input ${readName(where, `inputs[${index}]`, name)}`;
  const datatype = datatypeOf(where, what, spelt);
  const sizes = readShape(where, what, shape);
  const count = sizes.reduce((product, size) => product * size, 1);
  const size = readParameters(where, what, parameters)['binary_data_size'];
  const elements =
    size === undefined
      ? fromJson(where, what, datatype, data, count)
      : fromBytes(where, what, datatype, { data, size, count }, rest);
  return { name: name as string, datatype: datatype.name, shape: sizes, data: elements };
}

function fromJson(where: string, what: string, datatype: Datatype, data: unknown, count: number): Elements {
  if (!Array.isArray(data)) throw refusal('ERR_TYPE', where, `data of ${what} to be an array`, describe(data));
  const flat: unknown[] = data.some(Array.isArray) ? data.flat(MAX_RANK) : data;
  if (flat.length !== count)
    throw refusal('ERR_SHAPE', where, `${count} elements of ${what} as its shape says`, `${flat.length}`);
  return datatype.fromJson(where, what, flat);
}

function fromBytes(
  where: string,
  what: string,
  datatype: Datatype,
  { data, size, count }: { readonly data: unknown; readonly size: unknown; readonly count: number },
  rest: BinaryPart,
): Elements {
  if (data !== undefined) throw refusal('ERR_CONFIG', where, `${what} to have data or binary_data_size`, 'both');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refusal('ERR_TYPE', where, `binary_data_size of ${what} to be an integer from 0`, describe(size));
  if (datatype.size > 0 && size !== count * datatype.size)
    throw refusal('ERR_SHAPE', where, `${count * datatype.size} bytes of ${what} as its shape says`, `${size}`);
  return datatype.fromBytes(where, what, rest.take(what, size), count);
}

function readShape(where: string, what: string, shape: unknown): number[] {
  const isShape =
    Array.isArray(shape) &&
    shape.length <= MAX_RANK &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    Number.isSafeInteger(shape.reduce((product: number, size: number) => product * size, 1));
  if (isShape) return shape as number[];
  const received =
    Array.isArray(shape) && shape.length <= MAX_RANK ? JSON.stringify(shape).slice(0, 60) : describe(shape);
  throw refusal('ERR_SHAPE', where, `shape of ${what} to be a list of sizes from 0`, received);
}

function readOutput(where: string, output: unknown, isBinary: boolean): RequestedOutput {
  const { name, parameters } = objectOf(where, 'an output', output);
  const what = readName(where, 'an output', name);
  return { name: what, isBinary: readFlag(where, 'binary_data', readParameters(where, what, parameters)) ?? isBinary };
}

function readName(where: string, what: string, name: unknown): string {
  if (typeof name === 'string') return name;
  throw refusal('ERR_TYPE', where, `the name of ${what} to be a string`, describe(name));
}

/** Parameters of extensions that are not there are passed over, unless the answer would be another. */
function readParameters(where: string, what: string, parameters: unknown): Record<string, unknown> {
  if (parameters === undefined) return {};
  const given = objectOf(where, `parameters of ${what}`, parameters);
  const unsupported = Object.keys(given).find((key) => UNSUPPORTED.test(key));
  if (unsupported === undefined) return given;
  throw refusal('ERR_CONFIG', where, `parameters of ${what} that are supported`, describe(unsupported));
}

function readFlag(where: string, name: string, parameters: Record<string, unknown>): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal('ERR_TYPE', where, `${name} to be true or false`, describe(value));
}

function listOf(where: string, what: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refusal('ERR_TYPE', where, `${what} to be an array`, describe(value));
}

function objectOf(where: string, what: string, value: unknown): Record<string, unknown> {
  if (isPlainObject(value)) return value;
  throw refusal('ERR_TYPE', where, `${what} to be an object`, describe(value));
}

function checkNames(where: string, what: string, tensors: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw refusal('ERR_CONFIG', where, `${what} of different names`, `${describe(name)} twice`);
    names.add(name);
  }
}
