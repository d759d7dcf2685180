// SPDX-License-Identifier: MIT
// Files that are there whole or not at all: written beside their place under a name of their own, flushed, and renamed.
// When the promise resolves the file survives the end of the process. It survives the end of the machine too, where the
// system lets this process flush: Node's permission model (`--permission`) has no fsync from Node 24 on. Contents are
// written with O_SYNC then; the new name lasts as soon as the system writes its folder by itself.
import { constants, fsync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeError, OstinatoError } from '../errors';
import { crypto } from '../util/crypto';
import { checkString, describe, refusal } from '../util/validate';

/** How a file takes its place. */
export interface Placement {
  /** Whether a file that is there gives way. */
  readonly overwrite: boolean;
  /** Name to write under until the file is whole; default: one that nobody can guess. */
  readonly temporary?: string;
}

const TEMPORARY = /\.[0-9a-f]{16}\.tmp$/;

/** An error of the system as one of this package. */
export function ioError(where: string, what: string, error: unknown): OstinatoError {
  if (error instanceof OstinatoError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const text = `${where}: expected to ${what}, received: ${message}.`;
  return makeError(code === 'ENOENT' ? 'ERR_NOT_FOUND' : 'ERR_IO', text, { cause: error });
}

/** A path that a file can have. @throws ConfigError `ERR_TYPE`, `ERR_CONFIG` */
export function checkPath(where: string, what: string, value: unknown): string {
  const text = checkString(where, what, value);
  if (text !== '' && !text.includes('\0')) return text;
  throw refusal('ERR_CONFIG', where, `${what} to be the path of a file`, describe(value));
}

/** Makes a folder and those above it where they are missing. @throws DataError `ERR_IO` */
export async function makeFolder(where: string, folder: string): Promise<void> {
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw ioError(where, `make the folder ${folder}`, error);
  }
}

/** The name under which a file is written until it is whole. */
export function temporaryName(file: string): string {
  return `${file}.${crypto().randomBytes(8).toString('hex')}.tmp`;
}

/** Removes what writers of `file` left that were killed in their work. */
export async function removeStaleFiles(where: string, file: string): Promise<void> {
  const folder = path.dirname(file);
  const base = `${path.basename(file)}.`;
  try {
    for (const name of await fs.readdir(folder))
      if (name.startsWith(base) && TEMPORARY.test(name)) await fs.rm(path.join(folder, name), { force: true });
  } catch (error) {
    throw ioError(where, `clear ${folder}`, error);
  }
}

/** Appends bytes, which may be changed again when it is done. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes what `content` appends as `file`. Whatever goes wrong, the file that was there stays as it is.
 *
 * @throws DataError `ERR_IO`, with the system's error as its cause; `ERR_NOT_FOUND` where the folder is missing; what
 *   `content` throws of this package
 */
export async function writeAtomically(
  where: string,
  file: string,
  content: (append: Append) => Promise<void>,
  { overwrite, temporary = temporaryName(file) }: Placement,
): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  let isOurs = false;
  try {
    // A link planted under the name is neither followed nor replaced. Where the system has no O_NOFOLLOW it is undefined.
    const handle = await fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0) | syncedWrites(), 0o666);
    isOurs = true;
    try {
      await content((bytes) => writeAll(handle, bytes));
      await flush(handle);
    } finally {
      await handle.close();
    }
    if (overwrite) await fs.rename(temporary, file);
    else await placeNew(temporary, file);
    isOurs = false;
    await syncFolder(path.dirname(file));
  } catch (error) {
    if (isOurs) await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw ioError(where, `write ${file}`, error);
  }
}

async function writeAll(handle: fs.FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at);
    at += bytesWritten;
  }
}

/** A link is refused where the name is taken; a rename would replace it. */
async function placeNew(temporary: string, file: string): Promise<void> {
  await fs.link(temporary, file);
  await fs.unlink(temporary);
}

/** The flag that makes each write last by itself, under the permission model. Windows has none. */
function syncedWrites(): number {
  const isRestricted = (process as { permission?: unknown }).permission !== undefined;
  return isRestricted ? (constants.O_SYNC ?? 0) : 0;
}

/** Makes what a handle refers to last, where this process is allowed to. */
async function flush(handle: fs.FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (isDenied(error)) return;
    // Every failure of the system has a code. Yarn's Plug'n'Play has handles of its own, whose sync is not implemented.
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    await promisify(fsync)(handle.fd);
  }
}

/** Whether Node's permission model refused a call. */
function isDenied(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ERR_ACCESS_DENIED';
}

/** Makes the new name itself last. The file is in place: a folder that this process may not open changes nothing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(folder, constants.O_RDONLY);
  } catch (error) {
    // A folder with the right to write and without the right to read.
    if (isDenied(error) || (error as NodeJS.ErrnoException).code === 'EACCES') return;
    throw error;
  }
  try {
    await flush(handle);
  } finally {
    await handle.close();
  }
}
