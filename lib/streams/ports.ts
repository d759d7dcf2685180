// SPDX-License-Identifier: MIT
// What goes into streams and comes out of them: arrays for each input, one alone, in order or by name.
import { toTokens, toValues } from '../arrays/arrays';
import { isPlainObject } from '../serialization';
import { inOrder } from '../util/by_name';
import { describe, refusal } from '../util/validate';

/** An input of a stream. */
export interface StreamInput {
  readonly name: string;
  /** Ids lie below it; undefined where numbers are read. */
  readonly vocabularySize: number | undefined;
  /** Numbers of a timestep, or of a constant; 1 for ids. */
  readonly features: number;
}

/** An output of a stream. */
export interface StreamOutput {
  readonly name: string;
  /** Numbers of a prediction. */
  readonly units: number;
}

/** Predictions: of one output, of several in order, or by name. */
export type StreamAnswer = Float32Array | Float32Array[] | Record<string, Float32Array>;

/**
 * What was given for each of several ports.
 *
 * @param what the ports, for messages: `inputs`
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` where one is missing, `ERR_UNKNOWN_NAME`
 */
export function spread(
  where: string,
  what: string,
  ports: readonly { readonly name: string }[],
  given: unknown,
): readonly unknown[] {
  const names = ports.map(({ name }) => name);
  if (isNamed(given)) return inOrder(where, what, names, given);
  if (ports.length === 1) return Array.isArray(given) && given.length === 1 && hasShape(given[0]) ? given : [given];
  if (Array.isArray(given) && given.length === ports.length) return given;
  const listed = names.map((name) => `"${name}"`).join(', ');
  throw refusal('ERR_TYPE', where, `${what} ${listed}, in this order or by name`, describe(given));
}

/** Whether values are given by name: a plain object, and none that is an array with its shape. */
export function isNamed(given: unknown): given is Record<string, unknown> {
  return isPlainObject(given) && !hasShape(given);
}

/** Whether a value is an array with its shape. */
function hasShape(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) return false;
  return ArrayBuffer.isView(value.data) && Array.isArray(value.shape);
}

/**
 * Rows of an input: numbers [rows,C] or ids [rows]. A typed array of all of them, and where C is 1 one axis, need no
 * second.
 *
 * @param what the input, for messages
 * @throws ConfigError `ERR_TYPE`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 */
export function readRows(
  where: string,
  what: string,
  { vocabularySize, features }: StreamInput,
  x: unknown,
  rows: number,
): Float32Array | Int32Array {
  const isIds = vocabularySize !== undefined;
  if (rows === 0 && (x as { readonly length?: number } | null)?.length === 0)
    return isIds ? new Int32Array(0) : new Float32Array(0);
  const { data, shape } = isIds ? toTokens(where, what, x) : toValues(where, what, x);
  const isFlat = ArrayBuffer.isView(x) || features === 1;
  const fits = (isFlat && shape.length === 1) || (shape.length === 2 && shape[1] === features);
  if (fits && data.length === rows * features) return data;
  const wanted = isIds ? `[N] = [${rows}]` : `[N,C] = [${rows}, ${features}]`;
  throw refusal('ERR_SHAPE', where, `${what} of shape ${wanted}`, `[${shape.join(', ')}]`);
}

/**
 * Constants of some streams, a row for each.
 *
 * @throws as {@link spread} and {@link readRows}
 */
export function readConstants(
  where: string,
  ports: readonly StreamInput[],
  given: unknown,
  rows: number,
): Float32Array[] {
  const isNone = given === null || given === undefined;
  if (ports.length === 0) {
    if (isNone || (isPlainObject(given) && Object.keys(given).length === 0)) return [];
    throw refusal('ERR_CONFIG', where, 'no constants, for no input is a vector [N,C]', describe(given));
  }
  if (isNone) {
    const names = ports.map(({ name }) => `"${name}"`).join(', ');
    throw refusal(
      'ERR_CONFIG',
      where,
      `constants for the inputs ${names}`,
      'none',
      'They are vectors, which no timestep has.',
    );
  }
  return spread(where, 'constants', ports, given).map((value, index) => {
    const port = ports[index]!;
    const what = `constants of "${port.name}"`;
    const vector =
      Array.isArray(value) && rows === 1 && value.every((item) => typeof item === 'number') ? [value] : value;
    return readRows(where, what, port, vector, rows) as Float32Array;
  });
}

/** Gives predictions in the form that was asked for. */
export function answer(outputs: readonly StreamOutput[], values: Float32Array[], returnDict: boolean): StreamAnswer {
  if (returnDict) return Object.fromEntries(outputs.map(({ name }, index) => [name, values[index]!]));
  return values.length === 1 ? values[0]! : values;
}
