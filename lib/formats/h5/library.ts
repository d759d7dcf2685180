// SPDX-License-Identifier: MIT
// `h5wasm`, the HDF5 library in WebAssembly. It is imported when an HDF5 file is touched, and not before: an optional peer
// of this package. Of its two builds it is the one for browsers that is taken, which runs in Node.js too: its file system
// lies in memory, so that nothing in a file can make the library open another.
import { refusal } from '../../util/validate';

/** What is known of a data set or an attribute. */
export interface H5Metadata {
  /** Class of the elements: {@link H5_CLASS}. */
  readonly type: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Strings of any length. */
  readonly vlen: boolean;
  /** null where it holds nothing. */
  readonly shape: readonly number[] | null;
  readonly total_size: number;
  /** Parts of other data sets that it is made of. */
  readonly virtual_sources?: readonly unknown[];
}

/** Classes of elements, as HDF5 numbers them. */
export const H5_CLASS = Object.freeze({ integer: 0, float: 1, string: 3, enumeration: 8 });

/** The library's own interface, as far as it is used. */
export interface H5Module {
  readonly HEAPU8: Uint8Array;
  readonly FS: MemoryFiles;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number, longest?: number): string;
  open(name: string, mode: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  get_symbolic_link(file: bigint, path: string): string | null;
  get_external_link(file: bigint, path: string): { readonly filename?: string };
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): H5Metadata;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): number;
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): number;
  get_dataset_metadata(file: bigint, path: string): H5Metadata;
  get_dataset_data(
    file: bigint,
    path: string,
    count: readonly bigint[] | null,
    offset: readonly bigint[] | null,
    strides: readonly bigint[] | null,
    pointer: bigint,
  ): number;
}

/** The file system in memory. */
interface MemoryFiles {
  writeFile(name: string, bytes: Uint8Array, options: { readonly canOwn: boolean }): void;
  lookupPath(name: string): { readonly node: { readonly contents: Uint8Array; readonly usedBytes: number } };
  unlink(name: string): void;
  getStream(descriptor: number): { stream_ops: object } | null;
}

/** A group that is being written. */
export interface H5Group {
  create_group(name: string): H5Group;
  create_dataset(array: { name: string; data: ArrayLike<number>; shape: number[]; dtype: string }): unknown;
  create_attribute(name: string, value: string | string[], shape?: number[] | null, dtype?: string): void;
}

/** What the package exports. */
export interface H5Library {
  readonly ready: Promise<H5Module>;
  readonly File: new (name: string, mode: 'w') => H5Group & { close(): number };
}

/** The library, and its instance in WebAssembly. */
export interface LoadedLibrary {
  readonly library: H5Library;
  readonly module: H5Module;
}

let loading: Promise<LoadedLibrary> | undefined;

/** @throws (rejects) StateError `ERR_STATE` where the package is not installed */
export function loadLibrary(where: string): Promise<LoadedLibrary> {
  loading ??= load();
  return loading.catch((error: unknown) => {
    loading = undefined;
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const received = isMissing ? 'none' : `one that cannot be loaded: ${message}`;
    throw refusal('ERR_STATE', where, 'the package h5wasm, which reads and writes HDF5', received, HINT);
  });
}

const HINT = 'Install it: npm install h5wasm.';
/** No literal of the import, and a word to webpack, which sees through it: a program without HDF5 files need not have it. */
const PACKAGE: string = 'h5wasm';

async function load(): Promise<LoadedLibrary> {
  const library = (await import(/* webpackIgnore: true */ PACKAGE)) as H5Library;
  const module = await library.ready;
  silence(module);
  return { library, module };
}

/** The library prints what it does not like of a file. Here its return values say so. */
function silence({ FS }: H5Module): void {
  const stream = FS.getStream(2);
  if (stream === null) return;
  const write = (_stream: unknown, _bytes: unknown, _offset: number, length: number): number => length;
  stream.stream_ops = { ...stream.stream_ops, write };
}

let count = 0;

/** A name in the file system in memory that no other file has. */
export function nextName(): string {
  count++;
  return `/${count}.h5`;
}
