// SPDX-License-Identifier: MIT
// An .npz file: a zip of .npy members, each read on demand.
import { describe, refusal } from '../../util/validate';
import { asBuffer } from './as_buffer';
import { parseNpy, readNumbers, type NpyNumbers } from './npy';
import { readPickledLists, type IntLists } from './pickle';
import { listZip, readZipEntry, type ZipEntry } from './zip';

/**
 * A view of an archive in memory.
 *
 * @example
 * const npz = new Npz('imdb.npz', await readFile('imdb.npz'));
 * npz.numbers('y_train'); // Int32Array
 */
export class Npz {
  private readonly archive: Buffer;
  private readonly entries: ReadonlyMap<string, ZipEntry>;

  /** @throws DataError `ERR_DATA` where the archive is malformed or exceeds the limits of `zip.ts` */
  constructor(
    private readonly where: string,
    archive: Uint8Array,
  ) {
    this.archive = asBuffer(archive);
    this.entries = listZip(where, this.archive);
  }

  /** A one-dimensional array of numbers. */
  numbers(name: string): NpyNumbers {
    const { where, npy } = this.open(name);
    return readNumbers(where, npy);
  }

  /** A one-dimensional object array of integer lists, with `lead` free places before each. */
  lists(name: string, lead: number): IntLists {
    const { where, npy } = this.open(name);
    if (npy.descr !== '|O') throw refusal('ERR_DATA', where, 'an array of lists (|O)', describe(npy.descr));
    return readPickledLists(where, npy.payload, npy.size, lead);
  }

  private open(name: string) {
    const where = `${this.where}, ${name}`;
    const entry = this.entries.get(`${name}.npy`);
    if (entry === undefined) {
      const found = [...this.entries.keys()].map((key) => describe(key)).join(', ');
      throw refusal('ERR_DATA', this.where, `a member ${name}.npy`, found === '' ? 'an empty archive' : found);
    }
    const npy = parseNpy(where, readZipEntry(where, this.archive, entry));
    if (npy.shape.length !== 1) throw refusal('ERR_DATA', where, 'one axis', `shape (${npy.shape.join(', ')})`);
    return { where, npy };
  }
}
