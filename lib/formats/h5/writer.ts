// SPDX-License-Identifier: MIT
// Writes HDF5 files, which take shape in the memory of the library's thread.
import { inParts, type Floats } from '../../arrays/float_source';
import { makeError } from '../../errors';
import { ByteSource } from '../../serialization/byte_source';
import { LibraryError, ROOM, withLibrary, type Calls } from './thread';

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

/** Bytes of a file that are no arrays, more or less. */
const OTHERS = 2 ** 20;
/** HDF5's own bound of what lies in the header of an object. */
export const LONGEST_HEADER = 64512;

/**
 * Makes a file.
 *
 * @param use may read the file until its promise settles
 * @throws (rejects) StateError `ERR_STATE` where h5wasm is missing; InternalError `ERR_OUT_OF_MEMORY`; what `use` throws
 */
export function writeH5<T>(where: string, tree: H5Tree, use: (file: ByteSource) => Promise<T>): Promise<T> {
  const bytes = bytesOf(tree);
  return withLibrary(where, bytes, async (call) => {
    const writer = new Writer(where, call);
    await writer.call('create', { bytes: bytes + OTHERS });
    await writer.group('', tree);
    return use(new H5Bytes(writer, Number(await writer.call('finish'))));
  });
}

/** Bytes of all arrays. */
function bytesOf({ arrays, groups }: H5Tree): number {
  const own = Object.values(arrays).reduce((sum, { data }) => sum + 4 * data.length, 0);
  return Object.values(groups).reduce((sum, group) => sum + bytesOf(group), own);
}

class Writer {
  /** What goes between the threads. */
  readonly room = new Uint8Array(new SharedArrayBuffer(ROOM));

  constructor(
    private readonly where: string,
    private readonly calls: Calls,
  ) {}

  readonly call: Calls = async (call, given) => {
    try {
      return await this.calls(call, given);
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      const text = `${this.where}: expected memory for an HDF5 file, received: ${error.message}.`;
      throw makeError('ERR_OUT_OF_MEMORY', text, { cause: error });
    }
  };

  async group(path: string, { attributes, arrays, groups }: H5Tree): Promise<void> {
    await this.call('group', { path, attributes: Object.entries(attributes).map(asAttribute) });
    for (const [name, array] of Object.entries(arrays)) await this.#array(`${path}/${name}`, array);
    for (const [name, group] of Object.entries(groups)) await this.group(`${path}/${name}`, group);
  }

  async #array(path: string, { shape, data }: H5Values): Promise<void> {
    const pointer = await this.call('begin', { bytes: Math.max(1, 4 * data.length) });
    const isFloat = !(data instanceof Int32Array);
    const send = async (part: Float32Array | Int32Array, begin: number): Promise<void> => {
      this.room.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      await this.call('part', { pointer, begin: 4 * begin, length: part.byteLength, room: this.room.buffer });
    };
    if (data instanceof Int32Array) await send(data, 0);
    else await inParts(this.where, [data], (part, _, begin) => send(part, begin));
    await this.call('end', { path, pointer, shape, isFloat });
  }
}

/** The bytes of a file that is made. */
class H5Bytes extends ByteSource {
  constructor(
    private readonly writer: Writer,
    override readonly length: number,
  ) {
    super();
  }

  override async read(begin: number, out: Uint8Array): Promise<void> {
    for (let at = 0; at < out.length; at += ROOM) {
      const length = Math.min(ROOM, out.length - at);
      await this.writer.call('bytes', { begin: begin + at, length, room: this.writer.room.buffer });
      out.set(this.writer.room.subarray(0, length), at);
    }
  }
}

function asAttribute([name, value]: readonly [string, H5Text]): object {
  if (typeof value === 'string') return { name, value };
  return { name, value: [...value], length: Math.max(1, ...value.map((text) => Buffer.byteLength(text))) };
}
