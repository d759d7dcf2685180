// SPDX-License-Identifier: MIT
// How much is taken on at a time, and for how long: bytes of bodies, calls in the queue, the time that one has. What is too
// much is refused before it costs memory, and what nobody waits for any more is not computed.
import { clearTimeout, setTimeout } from '../util/timers';
import { HttpError, httpError } from './failure';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AbortSignalLike } from '../index';
import type { ServerOptions } from './types';

type Limits = Pick<Required<ServerOptions>, 'maxBody' | 'maxPending' | 'maxQueue' | 'timeout'>;

const WHERE = 'request';
/** Seconds after which a client that was refused shall come again. */
const RETRY_AFTER = 1;

export class Admission {
  /** Calls that are computed or wait for it. */
  queued = 0;
  /** Bytes of bodies in memory. */
  pending = 0;
  /** Whether the server says that it takes requests. */
  isReady = true;
  /** Whether it takes none any more. */
  isDraining = false;

  constructor(readonly limits: Limits) {}

  /**
   * A call that comes.
   *
   * @throws HttpError 429 where the queue is full, 503 where the server ends
   */
  enter(request: IncomingMessage, response: ServerResponse): Call {
    if (this.isDraining) throw httpError(503, 'ERR_STATE', WHERE, 'a server in service', 'one that ends', RETRY_AFTER);
    this.checkQueue();
    return new Call(this, request, response);
  }

  /** @throws HttpError 429 */
  checkQueue(): void {
    const { maxQueue } = this.limits;
    if (this.queued >= maxQueue)
      throw httpError(429, 'ERR_BUSY', WHERE, `at most ${maxQueue} at a time`, 'one more', RETRY_AFTER);
  }
}

/** An AbortSignal of one listener or two. Those of Node.js cost as much as all the rest of a small call. */
export class CallSignal implements AbortSignalLike {
  aborted = false;
  #listeners: (() => void)[] = [];

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }
}

/** A call from its head to its answer. */
export class Call {
  /** Ends the work of the call. */
  readonly signal = new CallSignal();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #onClose = (): void => this.#end(new HttpError(499, 'ERR_ABORTED', `${WHERE}: the client went away.`));
  #reason: HttpError | undefined;
  #onEnd: (() => void) | undefined;
  #bytes = 0;
  #isQueued = false;

  constructor(
    private readonly admission: Admission,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    const { timeout } = admission.limits;
    this.#timer = setTimeout(() => {
      const [status, received] = this.#isQueued ? [504, 'none'] : [408, 'a body that is late'];
      this.#end(
        httpError(status as number, 'ERR_ABORTED', WHERE, `an answer within ${timeout} ms`, received as string),
      );
    }, timeout);
    response.once('close', this.#onClose);
  }

  /** Why the call was ended, where it was: what its work failed with then is no news. */
  get reason(): HttpError | undefined {
    return this.#reason;
  }

  #end(reason: HttpError): void {
    this.#reason ??= reason;
    this.#onEnd?.();
    this.signal.abort();
  }

  /**
   * The body.
   *
   * @throws (rejects) HttpError 413, 429, 408, 415 for one that is compressed
   */
  read(): Promise<Buffer> {
    const { headers } = this.request;
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      return Promise.reject(httpError(415, 'ERR_TYPE', WHERE, 'a body that is not compressed', encoding.slice(0, 40)));
    const length = Number(headers['content-length'] ?? 0);
    if (length > this.admission.limits.maxBody) return Promise.reject(this.#tooLarge(`${length}`));
    return new Promise((resolve, reject) => this.#collect(resolve, reject));
  }

  #collect(resolve: (body: Buffer) => void, reject: (error: unknown) => void): void {
    const { request } = this;
    const chunks: Buffer[] = [];
    const settle = (end: () => void): void => {
      this.#onEnd = undefined;
      request.off('data', onData).off('end', onEnd).off('error', fail);
      end();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        request.on('error', () => undefined); // what comes of a request that was refused
        reject(this.#reason ?? error);
      });
    const onData = (chunk: Buffer): void => {
      try {
        this.#charge(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    this.#onEnd = () => fail(this.#reason);
    request.on('data', onData).on('end', onEnd).on('error', fail);
  }

  #charge(bytes: number): void {
    const { admission } = this;
    const { maxBody, maxPending } = admission.limits;
    if (this.#bytes + bytes > maxBody) throw this.#tooLarge('more');
    if (admission.pending + bytes > maxPending)
      throw httpError(429, 'ERR_BUSY', WHERE, `at most ${maxPending} bytes of bodies at a time`, 'more', RETRY_AFTER);
    this.#bytes += bytes;
    admission.pending += bytes;
  }

  #tooLarge(received: string): HttpError {
    const expected = `a body of at most ${this.admission.limits.maxBody} bytes`;
    return httpError(413, 'ERR_DATA', WHERE, expected, received);
  }

  /**
   * Takes a place in the queue: from here on the call counts until {@link leave}.
   *
   * @throws HttpError 429
   */
  queue(): void {
    this.admission.checkQueue();
    this.admission.queued++;
    this.#isQueued = true;
  }

  /** The call is answered, however. */
  leave(): void {
    clearTimeout(this.#timer);
    this.response.off('close', this.#onClose);
    this.admission.pending -= this.#bytes;
    if (this.#isQueued) this.admission.queued--;
  }
}
