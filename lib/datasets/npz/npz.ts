// SPDX-License-Identifier: MIT
// An .npz file: a zip of .npy members, each read on demand.
import { parseNpy, readNumbers } from '../../formats/npy';
import { ZipArchive } from '../../formats/zip';
import { describe, refusal } from '../../util/validate';
import { readPickledLists, type IntLists } from './pickle';

/**
 * A view of an archive in memory.
 *
 * @example
 * const npz = await Npz.of('imdb.npz', await readFile('imdb.npz'));
 * await npz.integers('y_train'); // Int32Array
 */
export class Npz {
  private constructor(
    private readonly where: string,
    private readonly archive: ZipArchive,
  ) {}

  /** @throws (rejects) DataError `ERR_DATA` where the archive is malformed or exceeds the limits of zip archives */
  static async of(where: string, archive: Uint8Array): Promise<Npz> {
    return new Npz(where, await ZipArchive.of(where, archive));
  }

  /** A one-dimensional array of integers that fit into 32 bits. */
  async integers(name: string): Promise<Int32Array> {
    const { where, npy } = await this.open(name);
    const numbers = readNumbers(where, npy);
    const integers = Int32Array.from(numbers);
    const index = integers.findIndex((value, i) => value !== numbers[i]);
    if (index < 0) return integers;
    throw refusal('ERR_DATA', where, 'integers of 32 bits', `${numbers[index]} at position ${index}`);
  }

  /** A one-dimensional object array of integer lists, with `lead` free places before each. */
  async lists(name: string, lead: number): Promise<IntLists> {
    const { where, npy } = await this.open(name);
    if (npy.descr !== '|O') throw refusal('ERR_DATA', where, 'an array of lists (|O)', describe(npy.descr));
    return readPickledLists(where, npy.payload, npy.size, lead);
  }

  private async open(name: string) {
    const where = `${this.where}, ${name}`;
    const npy = parseNpy(where, await this.archive.read(`${name}.npy`));
    if (npy.shape.length !== 1) throw refusal('ERR_DATA', where, 'one axis', `shape (${npy.shape.join(', ')})`);
    return { where, npy };
  }
}
