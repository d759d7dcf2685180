// SPDX-License-Identifier: MIT
// Class ids to one-hot vectors.
// Source: keras/src/utils/numerical_utils.py.
import { toTokens } from '../arrays/arrays';
import { allocate, positionText } from '../arrays/nested_arrays';
import { NdArray } from '../ndarray';
import { refuseMore } from '../util/arguments';
import { checkInteger, refusal } from '../util/validate';
import type { ArrayInput } from '../types';

const WHERE = 'toCategorical';

/**
 * One-hot vectors of class ids, for `categorical_crossentropy`.
 *
 * Differs from Keras: float32; fractions, negative ids and ids beyond `numClasses` are refused.
 *
 * @param x ids from 0, of any shape; a last axis of 1 is left out where there are others
 * @param numClasses classes, from 1; default: one more than the largest id
 * @returns the shape of `x` with an axis of `numClasses` after it: 1 at the id, 0 elsewhere
 * @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA` for fractions, `ERR_RANGE`;
 *   InternalError `ERR_OUT_OF_MEMORY`
 * @example
 * toCategorical([0, 2, 1]).toArray(); // [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
 */
export function toCategorical(x: ArrayInput, numClasses?: number | null, ...rest: []): NdArray {
  refuseMore(WHERE, rest);
  const { data, shape } = toTokens(WHERE, 'x', x);
  const given = numClasses ?? undefined;
  const classes =
    given === undefined
      ? data.reduce((most, id) => Math.max(most, id), 0) + 1
      : checkInteger(WHERE, 'numClasses', given);
  const axes = shape.length > 1 && shape.at(-1) === 1 ? shape.slice(0, -1) : shape;
  const out = allocate(WHERE, () => new Float32Array(data.length * classes));
  data.forEach((id, index) => {
    if (id < 0 || id >= classes)
      throw refusal('ERR_RANGE', WHERE, `ids from 0 to ${classes - 1}`, `${id} at ${positionText(index, shape)}`);
    out[index * classes + id] = 1;
  });
  return new NdArray(out, [...axes, classes]);
}
