// SPDX-License-Identifier: MIT
// numpy's files of one array (.npy) and of several by name (.npz).
import { toStored } from '../../arrays/arrays';
import type { ErrorCode } from '../../errors';
import { NdArray } from '../../ndarray';
import { checkPath, isPlainObject, readWholeFile, writeAtomically, type Placement } from '../../serialization';
import type { ArrayInput, NumericTypedArray } from '../../types';
import { refuseMore } from '../../util/arguments';
import { withDefaults } from '../../util/options';
import { checkBoolean, describe, refusal } from '../../util/validate';
import { isMemberName, writeZip, ZipArchive } from '../zip';
import { npyBytes, parseNpy, readNumbers } from './npy';

/** Options of {@link saveNpy} and {@link saveNpz}. */
export interface SaveArrayOptions {
  /** Whether a file that is there gives way. Default true. */
  overwrite?: boolean;
}

const SAVE_DEFAULTS = Object.freeze({ overwrite: true });
const SUFFIX = '.npy';

/**
 * Reads the array that `numpy.save` wrote.
 *
 * Types: float32, float64 and integers of 8, 16 and 32 bits as the typed arrays of the same name; float16 as Float32Array;
 * bool as Uint8Array of 0 and 1; integers of 64 bits as Int32Array where all of them fit, else as Float64Array. Big-endian
 * and Fortran-ordered files are converted. Object arrays are pickles, which run code, and are refused. Nothing is allocated
 * before the size of the file agrees with its header; at most four times the file then.
 *
 * Source: numpy/lib/_format_impl.py.
 *
 * @param path of an .npy file
 * @returns the array; a scalar has shape []
 * @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO`, `ERR_DATA` where the file is malformed, holds something else than
 *   numbers, or an integer beyond 2^53; ConfigError `ERR_TYPE`, `ERR_CONFIG`
 * @example
 * const x = await loadNpy('x_train.npy'); // numpy.save('x_train.npy', x)
 * await model.predict(x);
 */
export async function loadNpy(path: string, ...rest: []): Promise<NdArray<NumericTypedArray>> {
  refuseMore('loadNpy', rest);
  const file = checkPath('loadNpy', 'path', path);
  return arrayOf(`loadNpy, ${file}`, await readWholeFile('loadNpy', file));
}

/**
 * Reads the arrays that `numpy.savez` or `numpy.savez_compressed` wrote. Each is read as by {@link loadNpy}.
 *
 * @param path of an .npz file
 * @returns the arrays by name, in the order of the file
 * @throws (rejects) as {@link loadNpy}
 * @example
 * const { x, y } = await loadNpz('train.npz'); // numpy.savez('train.npz', x=x, y=y)
 */
export async function loadNpz(path: string, ...rest: []): Promise<Record<string, NdArray<NumericTypedArray>>> {
  refuseMore('loadNpz', rest);
  const file = checkPath('loadNpz', 'path', path);
  const place = `loadNpz, ${file}`;
  return ZipArchive.open('loadNpz', file, async (archive) => {
    const arrays: [string, NdArray<NumericTypedArray>][] = [];
    for (const name of arrayNames(place, archive))
      arrays.push([name, arrayOf(`${place}, ${describe(name)}`, await archive.read(name + SUFFIX))]);
    return Object.fromEntries(arrays);
  });
}

/** Names of the arrays of an archive. */
function arrayNames(where: string, archive: ZipArchive): string[] {
  return archive.names.map((member) => {
    if (!member.endsWith(SUFFIX)) throw refusal('ERR_DATA', where, `members that end in ${SUFFIX}`, describe(member));
    return checkArrayName(where, member.slice(0, -SUFFIX.length), 'ERR_DATA');
  });
}

/**
 * Writes an array as `numpy.save` would, to the same bytes. `numpy.load` reads it. The file is there whole or not at all.
 *
 * @param path of the file; usually it ends in .npy
 * @param array any array that `predict` takes. Elements of typed arrays keep their type, nested arrays become float32
 * @param options see {@link SaveArrayOptions}
 * @throws (rejects) ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; ShapeError `ERR_SHAPE`; DataError `ERR_DATA`
 *   for memory that is detached or shared, `ERR_IO`, `ERR_NOT_FOUND`
 * @example
 * await saveNpy('predictions.npy', await model.predict(x)); // numpy.load('predictions.npy')
 */
export async function saveNpy(path: string, array: ArrayInput, options?: SaveArrayOptions, ...rest: []): Promise<void> {
  refuseMore('saveNpy', rest);
  const placement = checkPlacement('saveNpy', options);
  const file = checkPath('saveNpy', 'path', path);
  const { data, shape } = toStored('saveNpy', 'array', array);
  const bytes = npyBytes('saveNpy', data, shape);
  await writeAtomically('saveNpy', file, (append) => append(bytes), placement);
}

/**
 * Writes arrays by name as an archive that `numpy.load` reads, not compressed. The file is there whole or not at all, and
 * equal arrays give equal bytes.
 *
 * @param path of the file; usually it ends in .npz
 * @param arrays by name, each as {@link saveNpy} takes it
 * @param options see {@link SaveArrayOptions}
 * @throws (rejects) as {@link saveNpy}; ConfigError `ERR_CONFIG` for a name that is no relative path
 * @example
 * await saveNpz('train.npz', { x, y }); // data = numpy.load('train.npz'); data['x']
 */
export async function saveNpz(
  path: string,
  arrays: Readonly<Record<string, ArrayInput>>,
  options?: SaveArrayOptions,
  ...rest: []
): Promise<void> {
  const where = 'saveNpz';
  refuseMore(where, rest);
  const placement = checkPlacement(where, options);
  const file = checkPath(where, 'path', path);
  if (!isPlainObject(arrays)) throw refusal('ERR_TYPE', where, 'arrays by name', describe(arrays));
  const members = Object.entries(arrays).map(([key, array]) => {
    const name = checkArrayName(where, key, 'ERR_CONFIG');
    const { data, shape } = toStored(where, describe(name), array);
    return { name: `${name}${SUFFIX}`, data: npyBytes(where, data, shape) };
  });
  await writeZip(where, file, members, placement);
}

/** An array of a file, without its elements. */
export interface StoredArray {
  readonly name: string;
  /** As the file spells it: `<f4`. */
  readonly type: string;
  readonly shape: readonly number[];
}

/** What is in an .npy or .npz file; that of the former has no name. Throws as {@link loadNpz}. */
export async function listArrays(where: string, file: string): Promise<StoredArray[]> {
  const described = (name: string, bytes: Uint8Array): StoredArray => {
    const { descr, shape } = parseNpy(`${where}, ${file}`, bytes);
    return { name, type: descr, shape };
  };
  if (file.endsWith(SUFFIX)) return [described('', await readWholeFile(where, file))];
  return ZipArchive.open(where, file, async (archive) => {
    const arrays: StoredArray[] = [];
    for (const name of arrayNames(`${where}, ${file}`, archive))
      arrays.push(described(name, await archive.read(name + SUFFIX)));
    return arrays;
  });
}

function arrayOf(where: string, bytes: Uint8Array): NdArray<NumericTypedArray> {
  const npy = parseNpy(where, bytes);
  return new NdArray(readNumbers(where, npy), npy.shape);
}

function checkPlacement(where: string, options: SaveArrayOptions | undefined): Placement {
  const { overwrite } = withDefaults(where, options, SAVE_DEFAULTS);
  return { overwrite: checkBoolean(where, 'overwrite', overwrite) };
}

function checkArrayName(where: string, name: string, code: ErrorCode): string {
  if (isMemberName(name) && name !== '__proto__') return name;
  throw refusal(code, where, 'arrays named by a relative path, but not __proto__', describe(name));
}
