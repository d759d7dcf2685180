// SPDX-License-Identifier: MIT
// Reads HDF5 files and trusts nothing in them: links other than hard ones are refused, and so are data sets whose numbers
// lie in other files or data sets. Sizes are checked before anything is allocated.
import { FloatSource } from '../../arrays/float_source';
import { makeError, OstinatoError } from '../../errors';
import { describe, refusal } from '../../util/validate';
import { H5_CLASS, loadLibrary, nextName, type H5Metadata, type H5Module } from './library';

/** An array of a file: floats and whole numbers alone are arrays here. */
export interface H5Array {
  readonly shape: readonly number[];
  readonly length: number;
  readonly isFloat: boolean;
  readonly bytes: number;
  readonly isSigned: boolean;
}

/** An array may have so many times the bytes of the file: those of packed chunks, or of a value that fills it. */
const MOST_TIMES = 256;
/** Elements that are read at once. */
const PART = 1 << 20;
/** Members of one group, and bytes of an attribute. */
const MOST_MEMBERS = 100_000;
const MOST_AXES = 8;

/**
 * A file that is open for reading.
 *
 * @example
 * await H5Reader.read('loadModel, m.h5', bytes, async (file) => file.floats('layers/dense/vars/0'));
 */
export class H5Reader {
  readonly #kinds = new Map<string, 'group' | 'array' | 'nothing'>([['', 'group']]);

  private constructor(
    private readonly where: string,
    private readonly module: H5Module,
    private readonly file: bigint,
    private readonly size: number,
  ) {}

  /**
   * Lets `use` read a file.
   *
   * @param bytes the whole file; not copied, and to be left alone until the promise settles
   * @throws (rejects) StateError `ERR_STATE` where h5wasm is missing; DataError `ERR_DATA` where the file is malformed; what
   *   `use` throws
   */
  static async read<T>(where: string, bytes: Uint8Array, use: (file: H5Reader) => T | Promise<T>): Promise<T> {
    const { module } = await loadLibrary(where);
    const name = nextName();
    module.FS.writeFile(name, bytes, { canOwn: true });
    try {
      const file = guarded(where, () => module.open(name, 0));
      if (file < 0n) throw malformed(where);
      try {
        return await use(new H5Reader(where, module, file, bytes.length));
      } finally {
        guarded(where, () => module.close_file(file));
      }
    } finally {
      module.FS.unlink(name);
    }
  }

  /** What stands at a path. @throws DataError `ERR_DATA` where the way there is no way of groups */
  kind(path: string): 'group' | 'array' | 'nothing' {
    const known = this.#kinds.get(path);
    if (known !== undefined) return known;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const found = this.kind(parent) === 'group' ? this.#look(path) : 'nothing';
    this.#kinds.set(path, found);
    return found;
  }

  /** Each step is looked at by itself, before the library goes through it. */
  #look(path: string): 'group' | 'array' | 'nothing' {
    const { module, file } = this;
    const [link, external, type] = this.#guarded(() => [
      module.get_symbolic_link(file, path),
      module.get_external_link(file, path),
      module.get_type(file, path),
    ]);
    const expected = 'groups and data sets of the file itself';
    if (link !== null) throw this.#bad(expected, `${describe(path)}, a soft link to ${describe(link)}`);
    if (external.filename !== undefined)
      throw this.#bad(expected, `${describe(path)}, a link to the file ${describe(external.filename)}`);
    if (type === module.H5G_GROUP) return 'group';
    if (type === module.H5G_DATASET) return 'array';
    if (type < 0) return 'nothing';
    throw this.#bad(expected, `${describe(path)} of another kind`);
  }

  /** Names of what is in a group, in the file's order; none where there is no such group. */
  names(path: string): string[] {
    if (this.kind(path) !== 'group') return [];
    const names = this.#guarded(() => this.module.get_names(this.file, `/${path}`, false));
    if (names.length > MOST_MEMBERS) throw this.#bad(`at most ${MOST_MEMBERS} members`, `${names.length}`);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw this.#bad('members of different names', `${describe(twice)} twice`);
    return [...names];
  }

  /** @throws DataError `ERR_DATA` where there is none, or one of other things than numbers */
  array(path: string): H5Array {
    const kind = this.kind(path);
    if (kind !== 'array') throw this.#bad(`an array ${describe(path)}`, kind === 'group' ? 'a group' : 'none');
    const metadata = this.#guarded(() => this.module.get_dataset_metadata(this.file, path));
    if (metadata.virtual_sources !== undefined && metadata.virtual_sources.length > 0)
      throw this.#bad('arrays whose numbers are in the file itself', `${describe(path)}, a virtual data set`);
    return this.#checked(path, metadata);
  }

  #checked(path: string, { type, size, signed, shape }: H5Metadata): H5Array {
    const isFloat = type === H5_CLASS.float;
    if (!(isFloat ? [4, 8] : type === H5_CLASS.integer ? [1, 2, 4, 8] : []).includes(size))
      throw this.#bad(`${describe(path)} of floats or whole numbers`, `class ${type} of ${size} bytes`);
    if (shape === null || shape.length > MOST_AXES)
      throw this.#bad(`${describe(path)} of at most ${MOST_AXES} axes`, shape === null ? 'none' : `${shape.length}`);
    const length = shape.reduce((product, axis) => product * axis, 1);
    const most = MOST_TIMES * this.size;
    if (!Number.isSafeInteger(length) || length * size > most)
      throw this.#bad(`${describe(path)} of at most ${most} bytes`, `shape [${shape.join(', ')}]`);
    return { shape: [...shape], length, isFloat, bytes: size, isSigned: signed };
  }

  /**
   * The numbers of an array, which are read when they are asked for, until the file is closed; doubles are rounded to floats.
   *
   * @throws DataError `ERR_DATA`
   */
  floats(path: string): H5Floats {
    const array = this.array(path);
    if (array.isFloat) return new H5Floats(this, path, array);
    throw this.#bad(`${describe(path)} of floats`, 'whole numbers');
  }

  /** Fills `out` with the elements of an array from `begin` on. */
  readFloats(path: string, array: H5Array, begin: number, out: Float32Array): void {
    const [rows = 1, ...axes] = array.shape;
    const row = axes.reduce((product, axis) => product * axis, 1);
    const end = begin + out.length;
    const most = Math.max(1, Math.floor(PART / Math.max(1, row)));
    for (let first = Math.floor(begin / Math.max(1, row)); first < rows && first * row < end; first += most) {
      const count = Math.min(most, rows - first, Math.ceil(end / row) - first);
      this.#rows(path, array, first, count, axes, (bytes) => {
        const Numbers = array.bytes === 8 ? Float64Array : Float32Array;
        const values = new Numbers(bytes.buffer as ArrayBuffer, bytes.byteOffset, count * row);
        const from = Math.max(begin, first * row);
        const to = Math.min(end, (first + count) * row);
        out.set(values.subarray(from - first * row, to - first * row), from - begin);
      });
    }
  }

  /** Rows of an array in the memory of the library, while `take` looks at them. */
  #rows(
    path: string,
    { shape, bytes }: H5Array,
    first: number,
    count: number,
    axes: readonly number[],
    take: (bytes: Uint8Array) => void,
  ): void {
    const size = count * axes.reduce((product, axis) => product * axis, 1) * bytes;
    if (size === 0) return;
    const whole = shape.length === 0;
    const lengths = [count, ...axes].map(BigInt);
    const begins = [first, ...axes.map(() => 0)].map(BigInt);
    const strides = lengths.map(() => 1n);
    this.#inMemory(size, (pointer) => {
      const at = BigInt(pointer);
      const { module, file } = this;
      const status = whole
        ? module.get_dataset_data(file, path, null, null, null, at)
        : module.get_dataset_data(file, path, lengths, begins, strides, at);
      if (status < 0) throw this.#bad(`${describe(path)} that can be read`, 'a damaged array');
      take(module.HEAPU8.subarray(pointer, pointer + size));
    });
  }

  /** A whole number or a float that stands alone. */
  number(path: string): number {
    const array = this.array(path);
    if (array.length !== 1 || array.shape.length > 1)
      throw this.#bad(`one number ${describe(path)}`, `shape [${array.shape.join(', ')}]`);
    let result = NaN;
    this.#rows(path, array, 0, 1, [], ({ buffer, byteOffset, byteLength }) => {
      result = numberOf(new DataView(buffer as ArrayBuffer, byteOffset, byteLength), array);
    });
    return result;
  }

  /** Names of the attributes of a group or an array. */
  attributes(path: string): string[] {
    return [...this.#guarded(() => this.module.get_attribute_names(this.file, `/${path}`))];
  }

  /** Texts of an attribute; undefined where there is none. @throws DataError `ERR_DATA` where it holds something else */
  texts(path: string, name: string): string[] | undefined {
    if (this.kind(path) === 'nothing' || !this.attributes(path).includes(name)) return undefined;
    const { module, file } = this;
    const metadata = this.#guarded(() => module.get_attribute_metadata(file, `/${path}`, name));
    const { type, size, shape, total_size: count, vlen } = metadata;
    if (shape === null) return [];
    if (type !== H5_CLASS.string) {
      // No text at all is an array of no floats in h5py.
      if (count === 0) return [];
      throw this.#bad(`the attribute ${describe(name)} of texts`, 'another');
    }
    const bytes = count * size;
    if (!Number.isSafeInteger(bytes) || bytes > MOST_TIMES * this.size)
      throw this.#bad(`the attribute ${describe(name)} within the file`, `${count} texts`);
    if (bytes === 0) return [];
    return this.#inMemory(bytes, (pointer) => {
      if (module.get_attribute_data(file, `/${path}`, name, BigInt(pointer)) < 0)
        throw this.#bad(`the attribute ${describe(name)}`, 'one that cannot be read');
      const read = module.HEAPU8.slice(pointer, pointer + bytes);
      if (!vlen) return fixedTexts(read, size);
      const texts = Array.from(new Uint32Array(read.buffer), (at) => (at === 0 ? '' : module.UTF8ToString(at)));
      module.reclaim_vlen_memory(file, `/${path}`, name, BigInt(pointer));
      return texts;
    });
  }

  /** The text of an attribute; undefined where there is none. */
  text(path: string, name: string): string | undefined {
    return this.texts(path, name)?.[0];
  }

  #inMemory<T>(bytes: number, use: (pointer: number) => T): T {
    const pointer = this.#guarded(() => this.module._malloc(bytes));
    if (pointer === 0) throw makeError('ERR_OUT_OF_MEMORY', `${this.where}: expected ${bytes} bytes, received none.`);
    try {
      this.module.HEAPU8.fill(0, pointer, pointer + bytes);
      return this.#guarded(() => use(pointer));
    } finally {
      this.module._free(pointer);
    }
  }

  #guarded<T>(call: () => T): T {
    return guarded(this.where, call);
  }

  #bad(expected: string, received: string): Error {
    return refusal('ERR_DATA', this.where, expected, received);
  }
}

/** Floats of a file that is open. */
export class H5Floats extends FloatSource {
  constructor(
    private readonly file: H5Reader,
    private readonly path: string,
    private readonly array: H5Array,
  ) {
    super();
  }

  override get length(): number {
    return this.array.length;
  }

  get shape(): readonly number[] {
    return this.array.shape;
  }

  override read(begin: number, out: Float32Array): Promise<void> {
    return new Promise((resolve) => {
      this.file.readFloats(this.path, this.array, begin, out);
      resolve();
    });
  }
}

/** What the library throws is about the file. */
function guarded<T>(where: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof OstinatoError) throw error;
    throw malformed(where, error);
  }
}

function malformed(where: string, cause?: unknown): Error {
  const text = `${where}: expected an HDF5 file, received one that cannot be read. Is the file complete?`;
  return makeError('ERR_DATA', text, { cause });
}

function fixedTexts(bytes: Uint8Array, size: number): string[] {
  return Array.from({ length: bytes.length / size }, (_, index) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + index * size, size).toString('utf8');
    return text.replace(/\0+$/, '');
  });
}

function numberOf(view: DataView, { isFloat, bytes, isSigned }: H5Array): number {
  if (isFloat) return bytes === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
  if (bytes === 8) return Number(isSigned ? view.getBigInt64(0, true) : view.getBigUint64(0, true));
  if (bytes === 4) return isSigned ? view.getInt32(0, true) : view.getUint32(0, true);
  if (bytes === 2) return isSigned ? view.getInt16(0, true) : view.getUint16(0, true);
  return isSigned ? view.getInt8(0) : view.getUint8(0);
}
