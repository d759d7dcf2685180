// SPDX-License-Identifier: MIT
// Errors as answers: a status, and `{ error, code }`, which is what the Open Inference Protocol says of errors with our code
// beside it.
import { internal, OstinatoError, type ErrorCode } from '../index';

/** What an error is to a client. */
export interface Failure {
  readonly status: number;
  readonly body: { readonly error: string; readonly code: ErrorCode };
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
}

/** An error with a status of its own. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** An error of the house form with a status of its own. */
export function httpError(
  status: number,
  code: ErrorCode,
  where: string,
  expected: string,
  received: string,
  retryAfter?: number,
): HttpError {
  return new HttpError(status, code, internal.refusal(code, where, expected, received).message, retryAfter);
}

/** The data of the request are to blame for most codes; the others are the state of the server. */
const STATUS: Readonly<Record<ErrorCode, number>> = Object.freeze({
  ERR_CONFIG: 400,
  ERR_UNKNOWN_OPTION: 400,
  ERR_UNKNOWN_NAME: 400,
  ERR_TYPE: 400,
  ERR_SHAPE: 400,
  ERR_RANGE: 400,
  ERR_DATA: 400,
  ERR_NOT_FOUND: 404,
  ERR_STATE: 503,
  ERR_BUSY: 503,
  ERR_DISPOSED: 503,
  ERR_ABORTED: 503,
  ERR_OUT_OF_MEMORY: 503,
  ERR_IO: 500,
  ERR_NATIVE_LOAD: 500,
  ERR_INTERNAL: 500,
});

/** Codes of answers that fastify makes by itself, such as 415. */
const CODE_OF_STATUS: ReadonlyMap<number, ErrorCode> = new Map([
  [404, 'ERR_NOT_FOUND'],
  [415, 'ERR_TYPE'],
]);

/** What a client is told of an error; a bug of ours is told by its code alone, its text goes into the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) {
    const { status, code, message, retryAfter } = error;
    return { status, body: { error: message, code }, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
  if (error instanceof OstinatoError) {
    const { code, message } = error;
    const status = STATUS[code];
    return { status, body: { error: message, code }, ...(status === 503 ? { retryAfter: 1 } : {}) };
  }
  const { statusCode, message } = (error ?? {}) as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return {
      status: statusCode,
      body: { error: `request: ${String(message)}`, code: CODE_OF_STATUS.get(statusCode) ?? 'ERR_DATA' },
    };
  return { status: 500, body: { error: 'request: the server failed.', code: 'ERR_INTERNAL' } };
}
