// SPDX-License-Identifier: MIT
// The body of an answer to an inference request. Outputs are FP32. JSON has no NaN and no infinity: they are null in it,
// and themselves in bytes.
import type { NdArray } from '../../index';

/** An output of an answer. */
export interface OutputTensor {
  readonly name: string;
  readonly array: NdArray;
  readonly isBinary: boolean;
}

/** An answer to an inference request. */
export interface InferResponse {
  readonly model: string;
  readonly version: string;
  readonly id: string | undefined;
  readonly outputs: readonly OutputTensor[];
}

/** A body, and what its headers say. */
export interface EncodedResponse {
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** JSON, or where an output is binary JSON with the bytes of those outputs behind it, in order. */
export function encodeInferResponse({ model, version, id, outputs }: InferResponse): EncodedResponse {
  const json = JSON.stringify({
    model_name: model,
    model_version: version,
    ...(id === undefined ? {} : { id }),
    outputs: outputs.map(describeOutput),
  });
  const binary = outputs.filter(({ isBinary }) => isBinary).map(({ array }) => bytesOf(array));
  if (binary.length === 0) return { body: json, headers: { 'content-type': 'application/json; charset=utf-8' } };
  const head = Buffer.from(json);
  return {
    body: Buffer.concat([head, ...binary]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
  };
}

function describeOutput({ name, array, isBinary }: OutputTensor): object {
  const { data, shape } = array;
  const content = isBinary ? { parameters: { binary_data_size: data.byteLength } } : { data: Array.from(data) };
  return { name, datatype: 'FP32', shape, ...content };
}

function bytesOf({ data }: NdArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
