// SPDX-License-Identifier: MIT
// What a server is made of and what it can do, as users see it. Types of fastify, ws and Node.js are not named: the
// declarations are checked without these packages.
import type { Model, TextVectorization } from '../index';

/**
 * A model to serve: one in memory, the path of a model file, or a model and the vectorizer of its texts. A file brings the
 * `TextVectorization` among its assets along.
 */
export type ModelSource = Model | string | { readonly model: Model; readonly vectorizer: TextVectorization };

/** Options of `createServer`. */
export interface ServerOptions {
  /** Largest body in bytes, from 1: more is 413. Default 8388608. */
  maxBody?: number;
  /** Bytes of all bodies that are read or computed at a time, from 1: more is 429. Default 16777216. */
  maxPending?: number;
  /** Requests that are computed or wait for it at a time, from 1: more is 429. Default 1024. */
  maxQueue?: number;
  /** Milliseconds from the head of a request to its answer, from 1: later is 504, or 408 where the body is late. Default 30000. */
  timeout?: number;
  /** Streams at a time, those that wait for their client included: more is 503. 0 serves no streams. Default 10000. */
  maxStreams?: number;
  /** Milliseconds that a stream waits for its client to come back, from 0. Default 60000. */
  resumeFor?: number;
  /** Whether `/metrics` is served, by prom-client. Default true. */
  metrics?: boolean;
  /** The log: `true`, or an object of pino's options. Default false. */
  logger?: boolean | object;
  /** Whether the log has each request, not only what fails by our fault. Default false. */
  logRequests?: boolean;
}

/** Options of {@link ModelServer.listen}. */
export interface ListenOptions {
  /** Port from 0, which takes any that is free. Default 8080. */
  port?: number;
  /** Address. Default '127.0.0.1': only this machine. */
  host?: string;
}

/** Options of {@link ModelServer.close}. */
export interface CloseOptions {
  /** Milliseconds from the change of readiness until nothing is accepted any more, from 0. Default 0. */
  grace?: number;
  /** Milliseconds, from then on, after which connections are cut, from 0. Default 10000. */
  limit?: number;
}

/** A method of a log: fields and a message. */
export type LogMethod = (fields: object, message: string) => void;

/** The log of a server. */
export interface ServerLog {
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** A server of models. */
export interface ModelServer {
  /** The instance of fastify, for plugins and routes: `server.app as FastifyInstance`. */
  readonly app: object;
  /** The log; it writes nothing where `logger` is false. */
  readonly log: ServerLog;
  /** Names of the models with the version that is served. */
  readonly models: Readonly<Record<string, string>>;

  /**
   * Accepts requests.
   *
   * @returns the address: `http://127.0.0.1:8080`
   * @throws (rejects) StateError `ERR_STATE` where it listens already or is closed; DataError `ERR_IO` where the port cannot be had
   */
  listen(options?: ListenOptions): Promise<string>;

  /**
   * Serves a model under a name. Where there is one of that name, calls that have come are answered by the old one, later ones
   * by the new one: none is refused. The old one, where it came from a file, is disposed of after its last call.
   *
   * @param name letters, digits, `_`, `-` and `.`
   * @returns the version: `'1'` for the first model of a name, then `'2'`
   * @throws (rejects) as `loadModel`; ConfigError `ERR_CONFIG` for a model with stateful layers, `ERR_TYPE`; StateError
   *   `ERR_STATE` after {@link close}. The old model stays then.
   */
  load(name: string, source: ModelSource): Promise<string>;

  /**
   * Serves a model no longer. Resolves when its last call is answered.
   *
   * @throws (rejects) DataError `ERR_NOT_FOUND`
   */
  unload(name: string): Promise<void>;

  /** Ends in order: readiness first, then nothing is accepted, calls are answered, streams are told, connections end. */
  close(options?: CloseOptions): Promise<void>;
}
