// SPDX-License-Identifier: MIT
// The thread in which HDF5 is read and written, as the others see it: calls, answers, and a limit of time. The library is
// synchronous and may take long, and a damaged file can make it go round for ever: so it is not on the thread of JavaScript,
// and a thread that does not answer is ended. Each file that is open has a thread of its own.
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { makeError, type OstinatoError } from '../../errors';
import { clearTimeout, nextTurn, setTimeout } from '../../util/timers';
import { refusal } from '../../util/validate';
import { THREAD_SOURCE } from './thread_source';

/** How long one answer may take: so long for any file, and one second more for so many bytes of it. */
export const TIME_LIMIT = Object.freeze({ seconds: 5, bytesPerSecond: 8 * 2 ** 20 });
/** The thread is not ready before it has compiled the library. */
const START_SECONDS = 60;
/** A limit is so many pieces. One that a busy or sleeping machine made long counts once, so only a thread that runs is late. */
const PIECES = 10;
/** A thread waits so long for another file. */
const IDLE_MS = 1000;
/** One whose memory has grown beyond this is not kept: memory of WebAssembly never shrinks. */
const MOST_KEPT = 64 * 2 ** 20;
/** Bytes of the memory that both threads see, which goes with calls: nothing large is copied twice, or becomes garbage. */
export const ROOM = 4 * 2 ** 20;

type Answer = { readonly value: unknown } | { readonly error: string; readonly code?: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: OstinatoError | LibraryError) => void;
}

/** What the library said of a call. */
export class LibraryError extends Error {
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** A thread, and what it has been asked. It answers in the order of the calls. */
class H5Thread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #ready: Promise<unknown>;
  #seconds = START_SECONDS;
  #where: string;
  #watch: NodeJS.Timeout | undefined;
  #failure: OstinatoError | undefined;

  constructor(where: string) {
    this.#where = where;
    this.#worker = started(where);
    this.#ready = this.#expected();
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.#worker.on('messageerror', (error) => this.#fail(ended(this.#where, error)));
    this.#worker.on('error', (error) => this.#fail(ended(this.#where, error)));
    this.#worker.on('exit', () => this.#fail(ended(this.#where)));
  }

  get isUsable(): boolean {
    return this.#failure === undefined;
  }

  /** Belongs to a file from here on. @throws (rejects) StateError `ERR_STATE` where the library is missing */
  async begin(where: string, seconds: number): Promise<void> {
    this.#where = where;
    this.#worker.ref();
    try {
      await this.#ready;
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      this.end();
      throw missing(where, error);
    }
    this.#seconds = seconds;
  }

  /** @throws (rejects) LibraryError; DataError `ERR_DATA` where no answer comes in time; InternalError */
  async call(call: string, given: unknown): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.postMessage({ call, given });
    const value = await this.#expected();
    // Node.js hands over up to 1,000 messages in one turn of the event loop, those that come meanwhile among them.
    await nextTurn();
    return value;
  }

  /** Does not hold the process, and is nobody's. */
  rest(): void {
    this.#worker.unref();
  }

  /** Ends the thread, whatever it does. */
  end(): void {
    this.#end(ended(this.#where));
  }

  #expected(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length === 1) this.#await(PIECES);
    });
  }

  #await(pieces: number): void {
    clearTimeout(this.#watch);
    const seconds = this.#seconds;
    this.#watch = setTimeout(
      () => {
        if (pieces > 1) this.#await(pieces - 1);
        else this.#end(late(this.#where, seconds));
      },
      (1000 * seconds) / PIECES,
    );
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.shift();
    clearTimeout(this.#watch);
    if (this.#waiting.length > 0) this.#await(PIECES);
    if ('value' in answer) waiting?.resolve(answer.value);
    else waiting?.reject(new LibraryError(answer.error, answer.code));
  }

  #fail(error: OstinatoError): void {
    this.#failure ??= error;
    clearTimeout(this.#watch);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #end(error: OstinatoError): void {
    this.#fail(error);
    void this.#worker.terminate();
  }
}

function late(where: string, seconds: number): OstinatoError {
  const text = `${where}: expected each part of an HDF5 file within ${seconds.toFixed(1)} s, received one that takes longer.`;
  return makeError('ERR_DATA', `${text} Is the file damaged?`);
}

/** @throws StateError `ERR_STATE` where the runtime refuses a thread */
function started(where: string): Worker {
  // A bundle that is an ES module has no __dirname.
  const folder = typeof __dirname === 'undefined' ? process.cwd() : __dirname;
  const workerData = { folder, name: path.join(folder, 'hdf5.js') };
  try {
    return new Worker(THREAD_SOURCE, { eval: true, workerData, name: 'ostinato-hdf5' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'ERR_ACCESS_DENIED' ? 'Start Node.js with --allow-worker.' : '';
    throw refusal(
      'ERR_STATE',
      where,
      'a thread that reads and writes HDF5',
      `none: ${message.replace(/\.$/, '')}`,
      hint,
    );
  }
}

function missing(where: string, { message, code }: LibraryError): Error {
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const received = isMissing ? 'none' : `one that cannot be loaded: ${message}`;
  const hint = 'Install it: npm install h5wasm.';
  return refusal('ERR_STATE', where, 'the package h5wasm, which reads and writes HDF5', received, hint);
}

function ended(where: string, cause?: unknown): OstinatoError {
  const isFull = (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const text = `${where}: expected a thread that reads and writes HDF5, received one that ended.`;
  return makeError(isFull ? 'ERR_OUT_OF_MEMORY' : 'ERR_INTERNAL', text, { cause });
}

let spare: H5Thread | undefined;
let idle: NodeJS.Timeout | undefined;

/** Calls of the library. */
export type Calls = (call: string, given?: unknown) => Promise<unknown>;

/**
 * Lets `use` have the library to itself.
 *
 * @param bytes of the file, by which the time that an answer may take is reckoned
 * @throws (rejects) StateError `ERR_STATE` where h5wasm is missing, or no thread may be started; what calls and `use` throw
 */
export async function withLibrary<T>(where: string, bytes: number, use: (calls: Calls) => Promise<T>): Promise<T> {
  const thread = takeThread(where);
  try {
    await thread.begin(where, TIME_LIMIT.seconds + bytes / TIME_LIMIT.bytesPerSecond);
    return await use((call, given = {}) => thread.call(call, given));
  } finally {
    await giveBack(thread);
  }
}

function takeThread(where: string): H5Thread {
  const kept = spare;
  spare = undefined;
  clearTimeout(idle);
  return kept?.isUsable === true ? kept : new H5Thread(where);
}

async function giveBack(thread: H5Thread): Promise<void> {
  try {
    const memory = (await thread.call('close', {})) as number;
    if (memory > MOST_KEPT || spare !== undefined) return thread.end();
  } catch {
    return thread.end();
  }
  thread.rest();
  spare = thread;
  clearTimeout(idle);
  idle = setTimeout(() => {
    spare = undefined;
    thread.end();
  }, IDLE_MS).unref();
}
