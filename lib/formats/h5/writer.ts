// SPDX-License-Identifier: MIT
// Writes HDF5 files into memory.
import { makeError } from '../../errors';
import { loadLibrary, nextName, type H5Group } from './library';

/** A group to write: its attributes, arrays and groups by name. */
export interface H5Tree {
  readonly attributes: Readonly<Record<string, H5Text>>;
  readonly arrays: Readonly<Record<string, H5Values>>;
  readonly groups: Readonly<Record<string, H5Tree>>;
}

/** One text, or a list of texts, which have one length in the file, as h5py writes them. */
export type H5Text = string | readonly string[];

/** An array to write. */
export interface H5Values {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** HDF5's own bound of what lies in the header of an object. */
export const LONGEST_HEADER = 64512;

/**
 * The bytes of a file.
 *
 * @throws (rejects) StateError `ERR_STATE` where h5wasm is missing; InternalError `ERR_OUT_OF_MEMORY`
 */
export async function writeH5(where: string, tree: H5Tree): Promise<Uint8Array> {
  const { library, module } = await loadLibrary(where);
  const name = nextName();
  try {
    const file = new library.File(name, 'w');
    try {
      writeGroup(file, tree);
    } finally {
      file.close();
    }
    const { contents, usedBytes } = module.FS.lookupPath(name).node;
    return contents.subarray(0, usedBytes);
  } catch (error) {
    const text = `${where}: expected memory for an HDF5 file, received: ${(error as Error).message}.`;
    throw makeError('ERR_OUT_OF_MEMORY', text, { cause: error });
  } finally {
    module.FS.unlink(name);
  }
}

function writeGroup(group: H5Group, { attributes, arrays, groups }: H5Tree): void {
  for (const [name, value] of Object.entries(attributes)) writeText(group, name, value);
  for (const [name, { shape, data }] of Object.entries(arrays))
    group.create_dataset({ name, data: data as ArrayLike<number>, shape: [...shape], dtype: dtypeOf(data) });
  for (const [name, each] of Object.entries(groups)) writeGroup(group.create_group(name), each);
}

function dtypeOf(data: H5Values['data']): string {
  if (data instanceof Float32Array) return '<f';
  return data instanceof Int32Array ? '<i' : '<q';
}

function writeText(group: H5Group, name: string, value: H5Text): void {
  if (typeof value === 'string') return group.create_attribute(name, value);
  const longest = Math.max(1, ...value.map((text) => Buffer.byteLength(text)));
  group.create_attribute(name, [...value], [value.length], `S${longest}`);
}
