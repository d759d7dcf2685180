// SPDX-License-Identifier: MIT
// Where a published data file comes from: a path that the caller names, an environment variable, Keras' cache, or a download
// into that cache. Downloads are checked by their hash and appear under their name only when whole.
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { crypto } from '../util/crypto';
import { clearTimeout, setTimeout } from '../util/timers';
import { describe, refusal } from '../util/validate';

/** A file that Keras publishes. */
export interface PublishedFile {
  readonly name: string;
  /** Environment variable that names a copy of it. */
  readonly variable: string;
  readonly url: string;
  readonly algorithm: 'sha256' | 'md5';
  readonly hash: string;
  /** No copy is larger than this. */
  readonly maxBytes: number;
}

const ORIGIN = 'https://storage.googleapis.com/tensorflow/tf-keras-datasets/';

/** The archive of reviews as Keras publishes it. */
export const IMDB_FILE: PublishedFile = Object.freeze({
  name: 'imdb.npz',
  variable: 'OSTINATO_IMDB',
  url: `${ORIGIN}imdb.npz`,
  algorithm: 'sha256',
  hash: '69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f',
  maxBytes: 128 * 1024 * 1024,
});

/** Their list of words as Keras publishes it. */
export const IMDB_WORD_INDEX_FILE: PublishedFile = Object.freeze({
  name: 'imdb_word_index.json',
  variable: 'OSTINATO_IMDB_WORD_INDEX',
  url: `${ORIGIN}imdb_word_index.json`,
  algorithm: 'md5',
  hash: 'bfafd718b763782e994055a2d397834f',
  maxBytes: 16 * 1024 * 1024,
});

/** The newswires as Keras publishes them. */
export const REUTERS_FILE: PublishedFile = Object.freeze({
  name: 'reuters.npz',
  variable: 'OSTINATO_REUTERS',
  url: `${ORIGIN}reuters.npz`,
  algorithm: 'sha256',
  hash: 'd6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916',
  maxBytes: 32 * 1024 * 1024,
});

/** Their list of words as Keras publishes it. */
export const REUTERS_WORD_INDEX_FILE: PublishedFile = Object.freeze({
  name: 'reuters_word_index.json',
  variable: 'OSTINATO_REUTERS_WORD_INDEX',
  url: `${ORIGIN}reuters_word_index.json`,
  algorithm: 'md5',
  hash: '4d44cc38712099c9e383dc6e5f11a921',
  maxBytes: 16 * 1024 * 1024,
});

/** Called as a download proceeds; `totalBytes` is undefined where the server does not say. */
export type ProgressCallback = (receivedBytes: number, totalBytes: number | undefined) => void;

/** How to get a file. */
export interface Retrieval {
  readonly path?: string | undefined;
  readonly onProgress?: ProgressCallback | undefined;
  /** Milliseconds without a byte after which a download is given up. Default 30000. */
  readonly idleTimeout?: number;
}

const IDLE_TIMEOUT = 30000;
const TOTAL_TIMEOUT = 1800000;

/**
 * The bytes of a published file and, in words, where they came from.
 *
 * A path or variable that names no file is an error: it is never passed over for the next place. The hash is asked of
 * downloads only, so that a copy of one's own may differ from the published one.
 *
 * @param where name of the caller, for messages
 * @throws DataError `ERR_NOT_FOUND` where the file cannot be had, `ERR_DATA` where it is too large
 */
export async function readPublishedFile(
  where: string,
  file: PublishedFile,
  retrieval: Retrieval = {},
): Promise<{ bytes: Uint8Array; path: string; source: string }> {
  const named = process.env[file.variable];
  if (retrieval.path !== undefined) return readNamed(where, file, 'path', retrieval.path);
  if (named) return readNamed(where, file, file.variable, named);

  const folder = cacheFolder();
  const path = join(folder, file.name);
  if (await isFile(path)) return { bytes: await readBounded(where, file, path), path, source: `cache: ${path}` };
  try {
    await mkdir(folder, { recursive: true });
    await download(file, path, retrieval);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(
      'ERR_NOT_FOUND',
      where,
      `${file.name} from one of: the option path, the variable ${file.variable}, Keras' cache, a download`,
      `no path, no ${file.variable}, no ${path}, and from ${file.url}: ${reason}`,
      `Name a copy of the file with ${file.variable} where there is no network.`,
    );
  }
  return { bytes: await readBounded(where, file, path), path, source: `download: ${file.url}, kept as ${path}` };
}

/** Keras' folder of data sets: `$KERAS_HOME/datasets`, else `~/.keras/datasets`. */
export function cacheFolder(): string {
  const home = process.env['KERAS_HOME'];
  if (home === undefined || home === '') return join(homedir(), '.keras', 'datasets');
  return join(home === '~' || home.startsWith('~/') ? homedir() + home.slice(1) : resolve(home), 'datasets');
}

async function readNamed(where: string, file: PublishedFile, how: string, path: string) {
  if (!(await isFile(path)))
    throw refusal('ERR_NOT_FOUND', where, `${how} to name a file, as ${file.name}`, describeWhole(path));
  return { bytes: await readBounded(where, file, path), path, source: `${how}: ${path}` };
}

/** A path in full: half of it would not help who has to find it. */
function describeWhole(path: string): string {
  return path.length > 400 || path.includes('\0') ? describe(path) : JSON.stringify(path);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function readBounded(where: string, file: PublishedFile, path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > file.maxBytes)
      throw refusal('ERR_DATA', where, `${path} to have at most ${file.maxBytes} bytes`, `${size}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DATA') throw error;
    throw refusal('ERR_NOT_FOUND', where, `to read ${path}`, error instanceof Error ? error.message : String(error));
  }
}

/** Downloads beside `path` and renames; whatever goes wrong, no part of the file stays. */
async function download(file: PublishedFile, path: string, retrieval: Retrieval): Promise<void> {
  const partial = `${path}.${crypto().randomBytes(6).toString('hex')}.part`;
  // 'wx': created by this call or not at all, so that no link planted under the name is followed.
  const handle = await open(partial, 'wx');
  try {
    try {
      const hash = crypto().createHash(file.algorithm);
      await receive(file, retrieval, async (chunk) => {
        hash.update(chunk);
        for (let written = 0; written < chunk.length;)
          written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
      });
      const digest = hash.digest('hex');
      if (digest !== file.hash) throw new Error(`${file.algorithm} ${digest} instead of ${file.hash}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function receive(
  file: PublishedFile,
  { onProgress, idleTimeout = IDLE_TIMEOUT }: Retrieval,
  write: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const { request, response } = await ask(file.url, idleTimeout);
  try {
    if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`);
    const stated = response.headers['content-length'];
    const total = stated === undefined ? undefined : Number(stated);
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > file.maxBytes) throw new Error(`more than ${file.maxBytes} bytes`);
      await write(chunk);
      onProgress?.(received, total);
    }
    if (total !== undefined && received !== total) throw new Error(`${received} bytes of ${total}`);
  } finally {
    request.destroy();
  }
}

/** Sends the request; when time runs out, whoever waits for it or for its response gets the error. */
async function ask(url: string, idleTimeout: number) {
  // Few programs download: the others load no client.
  const client = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  return new Promise<{ request: ClientRequest; response: IncomingMessage }>((done, fail) => {
    let pending: ClientRequest | IncomingMessage;
    const request = client.get(url, { timeout: idleTimeout, agent: false }, (response) => {
      pending = response;
      done({ request, response });
    });
    pending = request;
    const limit = setTimeout(() => pending.destroy(new Error(`not done after ${TOTAL_TIMEOUT} ms`)), TOTAL_TIMEOUT);
    request.on('timeout', () => pending.destroy(new Error(`nothing received for ${idleTimeout} ms`)));
    request.on('close', () => clearTimeout(limit));
    request.on('error', fail);
  });
}
