// SPDX-License-Identifier: MIT
// Writes HDF5 files into memory.
import { toArray, type Floats } from '../../arrays/float_source';
import { makeError, OstinatoError } from '../../errors';
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
  readonly data: Floats | Int32Array;
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
      await writeGroup(where, file, tree);
    } finally {
      file.close();
    }
    const { contents, usedBytes } = module.FS.lookupPath(name).node;
    return contents.subarray(0, usedBytes);
  } catch (error) {
    if (error instanceof OstinatoError) throw error;
    const text = `${where}: expected memory for an HDF5 file, received: ${(error as Error).message}.`;
    throw makeError('ERR_OUT_OF_MEMORY', text, { cause: error });
  } finally {
    module.FS.unlink(name);
  }
}

async function writeGroup(where: string, group: H5Group, { attributes, arrays, groups }: H5Tree): Promise<void> {
  for (const [name, value] of Object.entries(attributes)) writeText(group, name, value);
  for (const [name, { shape, data }] of Object.entries(arrays)) {
    const numbers = data instanceof Int32Array ? data : await toArray(where, data);
    group.create_dataset({ name, data: numbers, shape: [...shape], dtype: numbers instanceof Int32Array ? '<i' : '<f' });
  }
  for (const [name, each] of Object.entries(groups)) await writeGroup(where, group.create_group(name), each);
}

function writeText(group: H5Group, name: string, value: H5Text): void {
  if (typeof value === 'string') return group.create_attribute(name, value);
  const longest = Math.max(1, ...value.map((text) => Buffer.byteLength(text)));
  group.create_attribute(name, [...value], [value.length], `S${longest}`);
}
