// SPDX-License-Identifier: MIT
// Reads HDF5 files and trusts nothing in them: links other than hard ones are refused, and so are data sets whose numbers
// lie in other files or data sets. Sizes are checked before anything is allocated. The library itself is on a thread of its own.
import { FloatSource } from '../../arrays/float_source';
import { makeError } from '../../errors';
import { bytesInParts, type Bytes } from '../../serialization/byte_source';
import { withBytes } from '../../serialization/input_file';
import { describe, refusal } from '../../util/validate';
import { slabsOf } from './slabs';
import { LibraryError, ROOM, withLibrary, type Calls } from './thread';

/** Classes of elements, as HDF5 numbers them. */
const CLASS = Object.freeze({ integer: 0, float: 1, string: 3 });

/** What the library knows of a data set. */
interface ArrayMetadata {
  /** {@link CLASS} */
  readonly type: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** null where it holds nothing. */
  readonly shape: readonly number[] | null;
  /** Whether parts of other data sets make it up. */
  readonly isVirtual: boolean;
}

/** And of an attribute. */
interface AttributeMetadata {
  readonly type: number;
  readonly size: number;
  /** Strings of any length. */
  readonly vlen: boolean;
  readonly hasShape: boolean;
  readonly count: number;
}

/** What stands at a path. */
interface Found {
  readonly kind: 'group' | 'array' | 'nothing' | 'link' | 'other';
  readonly link: string | null;
  readonly external?: string;
}

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
/** Memory of the library for any file, beside what arrays of that size need. */
const FREE_MEMORY = 64 * 2 ** 20;
/** Longer files cannot be held in memory at once. */
const LONGEST = 2 ** 32 - 2;
/** Members of one group, and bytes of an attribute. */
const MOST_MEMBERS = 100_000;
const MOST_AXES = 8;

type Kind = 'group' | 'array' | 'nothing';

/**
 * A file that is open for reading.
 *
 * @example
 * await H5Reader.read('loadModel, m.h5', bytes, async (file) => await file.floats('layers/dense/vars/0'));
 */
export class H5Reader {
  readonly #kinds = new Map<string, Promise<Kind>>([['', Promise.resolve('group')]]);
  readonly #room = new SharedArrayBuffer(ROOM);
  /** Reading of floats, one at a time. */
  #last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly where: string,
    private readonly calls: Calls,
    private readonly size: number,
  ) {}

  /**
   * Lets `use` read a file. Its bytes go to the thread that reads it, part by part.
   *
   * @throws (rejects) StateError `ERR_STATE` where h5wasm is missing; DataError `ERR_DATA` where the file is malformed, or its
   *   reading takes longer than the limit; what `use` throws
   */
  static read<T>(where: string, bytes: Bytes, use: (file: H5Reader) => Promise<T>): Promise<T> {
    const size = bytes.length;
    return withLibrary(where, size, async (calls) => {
      const file = new H5Reader(where, calls, size);
      await file.#call('room', { size, most: FREE_MEMORY + MOST_TIMES * size });
      let begin = 0;
      await bytesInParts(bytes, async (part) => {
        new Uint8Array(file.#room).set(part);
        await file.#call('fill', { begin, length: part.length, room: file.#room });
        begin += part.length;
      });
      await file.#call('open');
      return use(file);
    });
  }

  /** The same of the file at a path. @throws (rejects) DataError `ERR_NOT_FOUND`, `ERR_IO` */
  static readFile<T>(where: string, path: string, use: (file: H5Reader) => Promise<T>): Promise<T> {
    return withBytes(where, path, LONGEST, (bytes) => H5Reader.read(`${where}, ${path}`, bytes, use));
  }

  /** What stands at a path. @throws DataError `ERR_DATA` where the way there is no way of groups */
  kind(path: string): Promise<Kind> {
    const known = this.#kinds.get(path);
    if (known !== undefined) return known;
    const found = this.#look(path);
    this.#kinds.set(path, found);
    return found;
  }

  /** Each step is looked at by itself, before the library goes through it. */
  async #look(path: string): Promise<Kind> {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if ((await this.kind(parent)) !== 'group') return 'nothing';
    const { kind, link, external } = (await this.#call('look', { path })) as Found;
    const expected = 'groups and data sets of the file itself';
    if (link !== null) throw this.#bad(expected, `${describe(path)}, a soft link to ${describe(link)}`);
    if (external !== undefined)
      throw this.#bad(expected, `${describe(path)}, a link to the file ${describe(external)}`);
    if (kind === 'link' || kind === 'other') throw this.#bad(expected, `${describe(path)} of another kind`);
    return kind;
  }

  /** Names of what is in a group, in the file's order; none where there is no such group. */
  async names(path: string): Promise<string[]> {
    if ((await this.kind(path)) !== 'group') return [];
    const names = (await this.#call('names', { path: `/${path}` })) as string[];
    if (names.length > MOST_MEMBERS) throw this.#bad(`at most ${MOST_MEMBERS} members`, `${names.length}`);
    const twice = names.length - new Set(names).size;
    if (twice > 0) throw this.#bad('members of different names', `${twice} names twice`);
    return names;
  }

  /** @throws DataError `ERR_DATA` where there is none, or one of other things than numbers */
  async array(path: string): Promise<H5Array> {
    const kind = await this.kind(path);
    if (kind !== 'array') throw this.#bad(`an array ${describe(path)}`, kind === 'group' ? 'a group' : 'none');
    const metadata = (await this.#call('array', { path })) as ArrayMetadata;
    if (metadata.isVirtual)
      throw this.#bad('arrays whose numbers are in the file itself', `${describe(path)}, a virtual data set`);
    return this.#checked(path, metadata);
  }

  #checked(path: string, { type, size, signed, littleEndian, shape }: ArrayMetadata): H5Array {
    const isFloat = type === CLASS.float;
    if (!(isFloat ? [4, 8] : type === CLASS.integer ? [1, 2, 4, 8] : []).includes(size))
      throw this.#bad(`${describe(path)} of floats or whole numbers`, `class ${type} of ${size} bytes`);
    if (!littleEndian) throw this.#bad(`${describe(path)} of little-endian numbers`, 'big-endian ones');
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
  async floats(path: string): Promise<H5Floats> {
    const array = await this.array(path);
    if (array.isFloat) return new H5Floats(this, path, array);
    throw this.#bad(`${describe(path)} of floats`, 'whole numbers');
  }

  /** Fills `out` with the elements of an array from `begin` on. */
  readFloats(path: string, array: H5Array, begin: number, out: Float32Array): Promise<void> {
    const own = this.#last.then(() => this.#floats(path, array, begin, out));
    this.#last = own.catch(() => undefined);
    return own;
  }

  async #floats(path: string, { shape, bytes: size }: H5Array, begin: number, out: Float32Array): Promise<void> {
    for (let at = 0; at < out.length; at += ROOM / 4) {
      const length = Math.min(ROOM / 4, out.length - at);
      const slabs = slabsOf(shape, begin + at, length);
      await this.#call('floats', { path, size, slabs, room: this.#room });
      out.set(new Float32Array(this.#room, 0, length), at);
    }
  }

  /** A whole number or a float that stands alone. */
  async number(path: string): Promise<number> {
    const array = await this.array(path);
    if (array.length !== 1 || array.shape.length > 1)
      throw this.#bad(`one number ${describe(path)}`, `shape [${array.shape.join(', ')}]`);
    const [slab] = slabsOf(array.shape, 0, 1);
    const bytes = (await this.#call('element', { path, size: array.bytes, slab })) as Uint8Array;
    return numberOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), array);
  }

  /** Names of the attributes of a group or an array. */
  async attributes(path: string): Promise<string[]> {
    return (await this.#call('attributes', { path: `/${path}` })) as string[];
  }

  /** Texts of an attribute; undefined where there is none. @throws DataError `ERR_DATA` where it holds something else */
  async texts(path: string, name: string): Promise<string[] | undefined> {
    if ((await this.kind(path)) === 'nothing' || !(await this.attributes(path)).includes(name)) return undefined;
    const attribute = { path: `/${path}`, name };
    const metadata = (await this.#call('attribute', attribute)) as AttributeMetadata;
    const { type, size, vlen, hasShape, count } = metadata;
    if (!hasShape) return [];
    if (type !== CLASS.string) {
      // No text at all is an array of no floats in h5py.
      if (count === 0) return [];
      throw this.#bad(`the attribute ${describe(name)} of texts`, 'another');
    }
    const bytes = count * size;
    if (!Number.isSafeInteger(bytes) || bytes > MOST_TIMES * this.size)
      throw this.#bad(`the attribute ${describe(name)} within the file`, `${count} texts`);
    if (bytes === 0) return [];
    return (await this.#call('texts', { ...attribute, count, size, vlen })) as string[];
  }

  /** The text of an attribute; undefined where there is none. */
  async text(path: string, name: string): Promise<string | undefined> {
    return (await this.texts(path, name))?.[0];
  }

  /** What the library refuses is about the file. */
  readonly #call: Calls = async (call, given) => {
    try {
      return await this.calls(call, given);
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      const text = `${this.where}: expected an HDF5 file, received one that cannot be read. Is the file complete?`;
      throw makeError('ERR_DATA', text, { cause: error });
    }
  };

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
    return this.file.readFloats(this.path, this.array, begin, out);
  }
}

function numberOf(view: DataView, { isFloat, bytes, isSigned }: H5Array): number {
  if (isFloat) return bytes === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
  if (bytes === 8) return Number(isSigned ? view.getBigInt64(0, true) : view.getBigUint64(0, true));
  if (bytes === 4) return isSigned ? view.getInt32(0, true) : view.getUint32(0, true);
  if (bytes === 2) return isSigned ? view.getInt16(0, true) : view.getUint16(0, true);
  return isSigned ? view.getInt8(0) : view.getUint8(0);
}
