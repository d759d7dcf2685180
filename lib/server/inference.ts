// SPDX-License-Identifier: MIT
// The two ways to ask for predictions: tensors of the Open Inference Protocol, and plain arrays or texts.
import { internal, type NdArray } from '../index';
import { json, type Compute } from './http';
import { readInferRequest, readJsonObject, type InputTensor, type RequestedOutput } from './protocol/request';
import { encodeInferResponse, type OutputTensor } from './protocol/response';
import type { ServedModel } from './served_model';

const { describe, refusal } = internal;

const HEADER_LENGTH = 'inference-header-content-length';

/** `POST /v2/models/NAME/infer`. */
export const infer: Compute = async (served, body, call, request) => {
  const where = `${served.name}.infer`;
  const asked = readInferRequest(where, body, request.headers[HEADER_LENGTH] as string | undefined);
  const outputs = asked.outputs ?? served.outputs.map(({ name }) => ({ name, isBinary: asked.isBinary }));
  const places = placesOf(where, served, outputs);
  const inputs = Object.fromEntries(asked.inputs.map((tensor) => [tensor.name, arrayOf(where, served, tensor)]));
  const arrays = await served.predict(inputs, call.signal);
  const tensors: OutputTensor[] = outputs.map((output, index) => ({ ...output, array: arrays[places[index]!]! }));
  const { name: model, version } = served;
  const { body: answer, headers } = encodeInferResponse({ model, version, id: asked.id, outputs: tensors });
  return { body: answer, headers, rows: arrays[0]!.length };
};

/** A tensor as `predict` takes it. Texts are lists, [N] or [N,1]; where none are taken, `predict` says so. */
function arrayOf(where: string, served: ServedModel, { name, shape, data }: InputTensor): object {
  if (ArrayBuffer.isView(data)) return { data, shape };
  if (!served.vectorizers.has(name)) {
    const datatype = served.inputs.find((input) => input.name === name)?.datatype ?? 'numbers';
    throw refusal(
      'ERR_TYPE',
      where,
      `${describe(name)} of ${datatype}`,
      'BYTES',
      'The model has no vectorizer for it.',
    );
  }
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return data;
  throw refusal('ERR_SHAPE', where, `texts of ${describe(name)} of shape [N] or [N, 1]`, JSON.stringify(shape));
}

function placesOf(where: string, { outputs }: ServedModel, asked: readonly RequestedOutput[]): number[] {
  return asked.map(({ name }) => {
    const place = outputs.findIndex((output) => output.name === name);
    if (place >= 0) return place;
    const names = outputs.map((output) => output.name).join(', ');
    throw refusal('ERR_UNKNOWN_NAME', where, `outputs among ${names}`, describe(name));
  });
}

/** `POST /models/NAME/predict`: `{ inputs }` to `{ model, version, outputs }`. */
export const predict: Compute = async (served, body, call) => {
  const where = `${served.name}.predict`;
  const given = readJsonObject(where, body);
  const unknown = Object.keys(given).find((key) => key !== 'inputs');
  if (unknown !== undefined) throw refusal('ERR_UNKNOWN_OPTION', where, '{ inputs }', describe(unknown));
  if (!Object.hasOwn(given, 'inputs')) throw refusal('ERR_CONFIG', where, '{ inputs }', 'none');
  const arrays = await served.predict(given['inputs'], call.signal);
  const { name: model, version } = served;
  const { body: answer, headers } = json({ model, version, outputs: outputsOf(served, arrays) });
  return { body: answer, headers, rows: arrays[0]!.length };
};

/** Nested arrays: of the only output, or by name. */
function outputsOf({ outputs }: ServedModel, arrays: readonly NdArray[]): unknown {
  if (arrays.length === 1) return arrays[0]!.toArray();
  return Object.fromEntries(outputs.map(({ name }, index) => [name, arrays[index]!.toArray()]));
}
