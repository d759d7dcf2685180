// SPDX-License-Identifier: MIT
// The weights of a model of TensorFlow.js: a manifest in model.json names the files and says, array by array, what their
// bytes are. Sources: tfjs-core/src/io/{types,io_utils}.ts; tfjs-converter/python/tensorflowjs/quantization.py.
import path from 'node:path';
import { allocate } from '../../arrays/nested_arrays';
import { InputFile, ioError, isPlainObject } from '../../serialization';
import { halvesToFloats } from '../../util/float16';
import { describe, refusal } from '../../util/validate';
import { isMemberName } from '../zip';

/** An array of the files, under the name that it has there. */
export interface TfjsArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Files that hold arrays one after another. */
export interface WeightGroup {
  /** Names of files beside model.json. */
  readonly paths: readonly string[];
  readonly arrays: readonly WeightInfo[];
}

interface WeightInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: 'float32' | 'float16' | 'uint8' | 'uint16';
  /** What quantized values are multiplied by, and what is added then. */
  readonly scale: number;
  readonly min: number;
  /** Whether the array is a weight of the model; an optimizer's is passed over. */
  readonly isWeight: boolean;
  readonly bytes: number;
}

const MOST_AXES = 8;
const ITEM_SIZE = { float32: 4, float16: 2, uint8: 1, uint16: 2, int32: 4, bool: 1 } as const;

/**
 * Reads what `weightsManifest` says, and no file yet.
 *
 * @throws DataError `ERR_DATA` where it is malformed, names a file outside of the folder, or arrays of other types than floats
 */
export function readManifest(where: string, manifest: unknown): WeightGroup[] {
  if (!Array.isArray(manifest)) throw refusal('ERR_DATA', where, 'a weightsManifest', describe(manifest));
  const names = new Set<string>();
  return manifest.map((group) => {
    const { paths, weights } = isPlainObject(group) ? group : {};
    if (!Array.isArray(paths) || !Array.isArray(weights))
      throw refusal('ERR_DATA', where, 'groups of { paths, weights }', describe(group));
    const arrays = weights.map((weight) => readWeight(where, weight));
    for (const { name } of arrays) {
      if (names.has(name)) throw refusal('ERR_DATA', where, 'weights of different names', `${describe(name)} twice`);
      names.add(name);
    }
    return { paths: paths.map((file) => checkFile(where, file)), arrays };
  });
}

/** A file of the folder itself: no path, no address. */
function checkFile(where: string, file: unknown): string {
  if (typeof file === 'string' && isMemberName(file) && !file.includes('/')) return file;
  throw refusal('ERR_DATA', where, 'weight files beside model.json, named without a path', describe(file));
}

function readWeight(where: string, value: unknown): WeightInfo {
  const { name, shape, dtype, quantization, group } = isPlainObject(value) ? value : {};
  if (typeof name !== 'string') throw refusal('ERR_DATA', where, 'weights with names', describe(name));
  const place = `${where}, ${describe(name)}`;
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || shape.length > MOST_AXES || !shape.every(isSize))
    throw refusal('ERR_DATA', place, `a shape of at most ${MOST_AXES} sizes`, describe(shape));
  const isWeight = group !== 'optimizer';
  const {
    dtype: stored,
    scale = 1,
    min = 0,
    original_dtype: original,
  } = isPlainObject(quantization) ? quantization : {};
  const kind = stored ?? dtype;
  const isFloat = dtype === 'float32' && (original ?? dtype) === 'float32' && kind !== 'int32' && kind !== 'bool';
  if (typeof kind !== 'string' || !Object.hasOwn(ITEM_SIZE, kind) || (isWeight && !isFloat))
    throw refusal('ERR_DATA', place, 'weights of float32, plain or as float16, uint8 or uint16', describe(kind));
  if (!Number.isFinite(scale) || !Number.isFinite(min))
    throw refusal('ERR_DATA', place, 'quantization with a scale and a min', `${describe(scale)}, ${describe(min)}`);
  const bytes = shape.reduce((product, size) => product * size, ITEM_SIZE[kind as keyof typeof ITEM_SIZE]);
  if (!Number.isSafeInteger(bytes))
    throw refusal('ERR_DATA', place, 'a shape of a sensible size', `[${shape.join(', ')}]`);
  return {
    name,
    shape,
    kind: kind as WeightInfo['kind'],
    scale: scale as number,
    min: min as number,
    isWeight,
    bytes,
  };
}

/**
 * The weights of the model, quantized ones as floats.
 *
 * @param folder of model.json
 * @throws DataError `ERR_NOT_FOUND`, `ERR_IO`; `ERR_DATA` where the files together have another size than the arrays, which
 *   is known before anything is allocated
 */
export async function readWeights(where: string, folder: string, groups: readonly WeightGroup[]): Promise<TfjsArray[]> {
  const arrays: TfjsArray[] = [];
  for (const group of groups) {
    const bytes = await readGroup(where, folder, group);
    let at = 0;
    for (const info of group.arrays) {
      if (info.isWeight) {
        const part = bytes.slice(at, at + info.bytes);
        arrays.push({ name: info.name, shape: info.shape, data: allocate(where, () => decode(info, part.buffer)) });
      }
      at += info.bytes;
    }
  }
  return arrays;
}

async function readGroup(where: string, folder: string, { paths, arrays }: WeightGroup): Promise<Uint8Array> {
  const expected = arrays.reduce((sum, { bytes }) => sum + bytes, 0);
  const files: { readonly file: string; readonly size: number }[] = [];
  for (const name of paths) {
    const file = path.join(folder, name);
    const input = await InputFile.open(where, file);
    await input.close();
    files.push({ file, size: input.size });
  }
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total !== expected) {
    const received = `${total} in ${paths.length === 1 ? describe(paths[0]) : `${paths.length} files`}`;
    throw refusal('ERR_DATA', where, `${expected} bytes of weights`, received);
  }
  const bytes = allocate(where, () => new Uint8Array(total));
  let at = 0;
  for (const { file, size } of files) {
    const input = await InputFile.open(where, file);
    try {
      await input.read(bytes.subarray(at, at + size), 0);
    } catch (error) {
      throw ioError(where, `read ${file}`, error);
    } finally {
      await input.close();
    }
    at += size;
  }
  return bytes;
}

/** TensorFlow.js computes quantized values in double, and rounds them once. */
function decode({ kind, scale, min }: WeightInfo, buffer: ArrayBuffer): Float32Array {
  if (kind === 'float32') return new Float32Array(buffer);
  if (kind === 'float16') return halvesToFloats(new Uint16Array(buffer));
  const steps = kind === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return Float32Array.from(steps, (step) => step * scale + min);
}
