// SPDX-License-Identifier: MIT
// Weights as arrays of HDF5, and back.
import { toArray } from '../../arrays/float_source';
import type { H5Reader, H5Values } from '../h5';
import type { NamedArray } from '../document';
import type { WeightPlace } from '../keras_config/weights';

/** A weight of a file. @throws DataError `ERR_DATA` */
export async function readWeight(file: H5Reader, { name, isCount }: WeightPlace, path: string): Promise<NamedArray> {
  if (isCount) return { name, shape: [1], data: Float32Array.of(await file.number(path)) };
  const data = await file.floats(path);
  return { name, shape: data.shape, data };
}

/** A weight for a file. */
export async function writtenWeight(where: string, { isCount }: WeightPlace, array: NamedArray): Promise<H5Values> {
  if (!isCount) return array;
  const [count = 0] = await toArray(where, array.data);
  return { shape: [], data: Int32Array.of(count) };
}
