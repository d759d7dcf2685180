// SPDX-License-Identifier: MIT
// Plain nested arrays, as users write them, into one flat typed array: every element is looked at once, and the first
// that does not fit is named by its position. Booleans are the numbers 1 and 0.
import { types } from 'node:util';
import { describe, refusal } from '../util/validate';
import { isNumericTypedArray, type ShapedArray } from './arrays';
import type { NumericTypedArray } from '../types';

/** Deeper nesting is taken for an array that contains itself. */
const MAX_RANK = 16;
const INT32_MAX = 2147483647;

interface FlatArrays {
  tokens: Int32Array;
  values: Float32Array;
}

interface Walk {
  readonly where: string;
  readonly what: string;
  readonly shape: readonly number[];
  readonly out: Int32Array | Float32Array;
  readonly tokens: boolean;
  readonly path: number[];
  readonly checkUsable: (where: string, what: string, array: NumericTypedArray) => void;
  offset: number;
}

/** Flattens nested arrays, the innermost of which may be typed. Errors: see `toValues` and `toTokens`. */
export function flattenNested<K extends keyof FlatArrays>(
  where: string,
  what: string,
  input: unknown,
  kind: K,
  checkUsable: Walk['checkUsable'],
): ShapedArray<FlatArrays[K]> {
  const shape = inferShape(where, what, input);
  const size = shape.reduce((a, b) => a * b, 1);
  const out = allocate(where, () => (kind === 'tokens' ? new Int32Array(size) : new Float32Array(size)));
  fill({ where, what, shape, out, tokens: kind === 'tokens', path: [], checkUsable, offset: 0 }, input);
  return { data: out as FlatArrays[K], shape };
}

/**
 * Makes a typed array whose size the user's data decide.
 *
 * @throws InternalError `ERR_OUT_OF_MEMORY` where there is no room for it
 */
export function allocate<A>(where: string, make: () => A): A {
  try {
    return make();
  } catch (error) {
    if (!types.isNativeError(error) || error.name !== 'RangeError') throw error;
    throw refusal('ERR_OUT_OF_MEMORY', where, 'room for its arrays', error.message);
  }
}

/** Sizes along the first element of each axis; the others are held to them while filling. */
function inferShape(where: string, what: string, input: unknown): number[] {
  const shape: number[] = [];
  let node = input;
  while (Array.isArray(node) || isNumericTypedArray(node)) {
    if (node.length === 0)
      throw refusal(
        'ERR_DATA',
        where,
        `${what} to hold at least one element`,
        shape.length === 0 ? 'an empty array' : `an empty row at [${shape.map(() => 0).join(', ')}]`,
      );
    shape.push(node.length);
    if (shape.length > MAX_RANK)
      throw refusal('ERR_SHAPE', where, `${what} to have at most ${MAX_RANK} axes`, 'more', 'Does it contain itself?');
    node = node[0];
  }
  return shape;
}

function fill(walk: Walk, node: unknown): void {
  const { shape, path, where, what } = walk;
  const length = shape[path.length]!;
  const isTyped = isNumericTypedArray(node);
  if (!isTyped && !Array.isArray(node))
    throw refusal('ERR_TYPE', where, `a row of ${length} at [${path.join(', ')}] of ${what}`, describe(node));
  if (isTyped) walk.checkUsable(where, `row [${path.join(', ')}] of ${what}`, node);
  if (node.length !== length)
    throw refusal(
      'ERR_SHAPE',
      where,
      `rows of ${what} of one length, ${length} as in the first`,
      `${node.length} at [${path.join(', ')}]`,
      paddingHint(walk),
    );
  const isLastAxis = path.length === shape.length - 1;
  if (isTyped && !isLastAxis)
    throw refusal('ERR_SHAPE', where, `a nested row at [${path.join(', ')}] of ${what}`, describe(node));
  if (isTyped && (!walk.tokens || types.isInt32Array(node))) {
    walk.out.set(node, walk.offset);
    walk.offset += length;
    return;
  }
  for (let index = 0; index < length; index++) {
    if (isLastAxis) {
      walk.out[walk.offset++] = checkElement(walk, node, index);
      continue;
    }
    path.push(index);
    fill(walk, node[index]);
    path.pop();
  }
}

/** Timesteps can be padded; rows of features, which lie deeper, cannot. */
function paddingHint({ path, tokens }: Walk): string {
  if (path.length !== 1) return '';
  return `Pad them: sequence.padSequences(rows${tokens ? '' : ", { dtype: 'float32' }"}).`;
}

function checkElement({ where, what, path, tokens }: Walk, row: ArrayLike<unknown>, index: number): number {
  const value = row[index];
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'number') {
    if (isShaped(value))
      throw refusal(
        'ERR_TYPE',
        where,
        `${what} to be one array`,
        `an array of arrays with shapes, as ${describe(value)} at [${[...path, index].join(', ')}]`,
        'One array is taken here; a list of batches is given as a function, () => batches.',
      );
    const received = value === undefined && !(index in row) ? 'a hole' : describe(value);
    const hint = Array.isArray(value) ? 'Rows must be nested to one depth.' : '';
    throw refusal(
      Array.isArray(value) || isNumericTypedArray(value) ? 'ERR_SHAPE' : 'ERR_TYPE',
      where,
      `a number at [${[...path, index].join(', ')}] of ${what}`,
      received,
      hint,
    );
  }
  if (tokens && (value | 0) !== value) throw tokenRefusal(where, what, value, `[${[...path, index].join(', ')}]`);
  return value;
}

/** Whether a value is an NdArray or the like, which is an array of its own rather than a row of one. */
export function isShaped(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !types.isProxy(value) && 'data' in value && 'shape' in value;
}

/** The error for a number that cannot be a token id. */
export function tokenRefusal(where: string, what: string, value: number, position: string): Error {
  const isLarge = Number.isInteger(value) && Math.abs(value) > INT32_MAX;
  return refusal(
    isLarge ? 'ERR_RANGE' : 'ERR_DATA',
    where,
    `token ids in ${what} to be whole numbers from 0`,
    `${describe(value)} at ${position}`,
  );
}

/** The position of flat element `index` in an array of a shape: `[3, 17]`. */
export function positionText(index: number, shape: readonly number[]): string {
  const position: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    position.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${position.join(', ')}]`;
}
