// SPDX-License-Identifier: MIT
// Text files of a folder: which there are, in Python's order, and what they hold.
import { constants } from 'node:buffer';
import { open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { types } from 'node:util';
import { compareCodePoints } from '../util/code_points';
import { OstinatoError } from '../errors';
import { refusal } from '../util/validate';

/** Files that are open at a time. */
const OPEN_FILES = 16;

/** Names of the folders in a folder, links to folders among them, without hidden ones. */
export async function subfolders(where: string, folder: string): Promise<string[]> {
  const { folders } = await list(where, folder);
  return folders
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('.'))
    .sort(compareCodePoints);
}

/**
 * Paths of the `.txt` files in a folder and below: sorted by the folder's path, then by name.
 *
 * @throws DataError `ERR_NOT_FOUND` where a folder cannot be read, `ERR_DATA` where it leads back into itself
 */
export async function textFiles(where: string, root: string, followLinks: boolean): Promise<string[]> {
  const found: { folder: string; names: string[] }[] = [];
  const walk = async (folder: string, above: readonly string[]): Promise<void> => {
    const place = followLinks ? await readable(where, folder, () => realpath(folder)) : folder;
    if (above.includes(place))
      throw refusal('ERR_DATA', where, 'folders that do not lead back into themselves', folder, 'followLinks: false');
    const { folders, files } = await list(where, folder);
    found.push({ folder, names: files.filter((name) => /\.txt$/i.test(name)) });
    for (const { name, isLink } of folders)
      if (followLinks || !isLink) await walk(join(folder, name), [...above, place]);
  };
  await walk(root, []);
  return found
    .sort((a, b) => compareCodePoints(a.folder, b.folder))
    .flatMap(({ folder, names }) => names.sort(compareCodePoints).map((name) => join(folder, name)));
}

/** What a folder holds; a link to a folder counts as one. */
async function list(where: string, folder: string) {
  const entries = await readable(where, folder, () => readdir(folder, { withFileTypes: true }));
  const folders: { name: string; isLink: boolean }[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    const isLink = entry.isSymbolicLink();
    if (entry.isDirectory() || (isLink && (await isFolder(join(folder, entry.name)))))
      folders.push({ name: entry.name, isLink });
    else files.push(entry.name);
  }
  return { folders, files };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // a link that leads nowhere: a file, which cannot be read
  }
}

/**
 * The texts of files, in their order, a few files open at a time.
 *
 * @param maxLength code points that are kept of each; null for all
 * @throws DataError `ERR_NOT_FOUND` where a file cannot be read, `ERR_DATA` where it is no UTF-8 or too long for a string
 */
export async function readTexts(where: string, paths: readonly string[], maxLength: number | null): Promise<string[]> {
  const texts = new Array<string>(paths.length);
  let next = 0;
  const work = async (): Promise<void> => {
    try {
      while (next < paths.length) {
        const index = next++;
        texts[index] = await readText(where, paths[index]!, maxLength);
      }
    } finally {
      next = paths.length; // after a failure nobody wants the others
    }
  };
  await Promise.all(Array.from({ length: Math.min(OPEN_FILES, paths.length) }, work));
  return texts;
}

async function readText(where: string, path: string, maxLength: number | null): Promise<string> {
  const { bytes, isWhole } = await readable(where, path, async () => {
    const file = await open(path);
    try {
      return await readBytes(where, path, file, maxLength);
    } finally {
      await file.close();
    }
  });
  let text: string;
  try {
    // As a stream, half a character at the end of what was read is no error; the mark of a byte order stays, as in Keras.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !isWhole });
  } catch {
    throw refusal('ERR_DATA', where, 'files in UTF-8', path);
  }
  return maxLength === null ? text : firstCodePoints(text, maxLength);
}

/** As many bytes as `maxLength` code points can have, or all. */
async function readBytes(where: string, path: string, file: FileHandle, maxLength: number | null) {
  const { size } = await file.stat();
  const wanted = Math.min(size, maxLength === null ? Infinity : 4 * maxLength);
  if (wanted > constants.MAX_STRING_LENGTH)
    throw refusal('ERR_DATA', where, `files of at most ${constants.MAX_STRING_LENGTH} bytes`, `${path}: ${size}`);
  const bytes = Buffer.alloc(wanted);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file.read(bytes, filled, wanted - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return { bytes: bytes.subarray(0, filled), isWhole: wanted === size };
}

function firstCodePoints(text: string, count: number): string {
  let end = 0;
  for (let i = 0; i < count && end < text.length; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/** What the system refuses as an error of ours; ours pass. */
async function readable<T>(where: string, path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OstinatoError || !types.isNativeError(error) || !('code' in error)) throw error;
    throw refusal('ERR_NOT_FOUND', where, `to read ${JSON.stringify(path)}`, error.message);
  }
}
