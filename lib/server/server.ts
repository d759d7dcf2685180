// SPDX-License-Identifier: MIT
// The server: its parts put together, its begin and its end.
import { internal } from '../index';
import { clearTimeout, setTimeout } from '../util/timers';
import { Admission } from './admission';
import { failureOf, httpError } from './failure';
import { sendFailure } from './http';
import { Metrics } from './metrics';
import { readCloseOptions, readListenOptions, readServerOptions } from './options';
import { loadFastify, loadPromClient, loadWs } from './peers';
import { Registry } from './registry';
import { addRoutes } from './routes';
import { Streams } from './streams';
import type { FastifyInstance } from 'fastify';
import type { Socket } from 'node:net';
import type { CloseOptions, ListenOptions, ModelServer, ModelSource, ServerLog, ServerOptions } from './types';

const { makeError, refusal, refuseMore } = internal;

/** Bytes of a path's name; those of models have a hundred. */
const MAX_PARAMETER = 256;
/** Milliseconds that an answer may take to leave after the time of its call is over. */
const TO_ANSWER = 10_000;
/** Milliseconds that a timer takes at most. */
const MAX_TIMEOUT = 2147483647;
/** How often the end looks whether calls are answered. */
const POLL = 10;

interface Parts {
  readonly app: FastifyInstance;
  readonly admission: Admission;
  readonly registry: Registry;
  readonly streams: Streams | undefined;
  readonly metrics: Metrics | undefined;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
}

export class HttpServer implements ModelServer {
  readonly #parts: Parts;
  #listening: Promise<string> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A server without models. @throws (rejects) StateError `ERR_STATE` where a package is missing; ConfigError */
  static async make(where: string, options: ServerOptions | undefined): Promise<HttpServer> {
    const limits = readServerOptions(where, options);
    const fastify = await loadFastify(where);
    const promClient = limits.metrics ? await loadPromClient(where) : undefined;
    const Sockets = limits.maxStreams > 0 ? await loadWs(where) : undefined;
    // For heads that do not end, and for clients that do not read. A call that is late must have its answer first.
    const patience = Math.min(limits.timeout + TO_ANSWER, MAX_TIMEOUT);
    const app = fastify({
      logger: limits.logger,
      requestTimeout: patience,
      connectionTimeout: patience,
      forceCloseConnections: 'idle',
      // What comes at the end is refused in our words.
      return503OnClosing: false,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: MAX_PARAMETER },
      frameworkErrors: (error, request, reply) => void sendFailure(request, reply, failureOf(error), error),
      clientErrorHandler: refuseUnreadable,
    });
    const sockets = new Set<Socket>();
    app.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    // Bodies are read by calls themselves, which count their bytes.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const admission = new Admission(limits);
    const registry = new Registry();
    const openStreams = (): number => streams?.size ?? 0;
    const metrics = promClient && new Metrics(promClient, { admission, registry, openStreams });
    const streams = Sockets && new Streams(Sockets, app.server, registry, limits, (model) => metrics?.stepped(model));
    if (!limits.logRequests)
      app.addHook('onRoute', (route) => {
        route.logLevel ||= 'warn'; // fastify says '' where a route says nothing
      });
    addRoutes(app, { admission, registry, metrics });
    return new HttpServer({ app, admission, registry, streams, metrics, sockets });
  }

  get app(): object {
    return this.#parts.app;
  }

  get log(): ServerLog {
    return this.#parts.app.log;
  }

  get models(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#parts.registry.all().map(({ name, version }) => [name, version]));
  }

  async listen(options?: ListenOptions, ...rest: []): Promise<string> {
    const where = 'ModelServer.listen';
    refuseMore(where, rest);
    const { port, host } = readListenOptions(where, options);
    if (this.#closing !== undefined) throw refusal('ERR_STATE', where, 'a server that is open', 'one that was closed');
    if (this.#listening !== undefined) throw refusal('ERR_STATE', where, 'one call', 'another');
    this.#listening = this.#parts.app.listen({ port, host });
    try {
      return await this.#listening;
    } catch (error) {
      this.#listening = undefined;
      const { message } = error as Error;
      throw makeError('ERR_IO', `${where}: expected to listen at ${host}:${port}, received: ${message}.`, {
        cause: error,
      });
    }
  }

  async load(name: string, source: ModelSource, ...rest: []): Promise<string> {
    const where = 'ModelServer.load';
    refuseMore(where, rest);
    return (await this.#parts.registry.load(where, name, source)).version;
  }

  async unload(name: string, ...rest: []): Promise<void> {
    const where = 'ModelServer.unload';
    refuseMore(where, rest);
    await this.#parts.registry.unload(where, name);
  }

  async close(options?: CloseOptions, ...rest: []): Promise<void> {
    const where = 'ModelServer.close';
    refuseMore(where, rest);
    const checked = readCloseOptions(where, options);
    await (this.#closing ??= this.#close(checked));
  }

  async #close({ grace, limit }: Required<CloseOptions>): Promise<void> {
    const { app, admission, registry, streams, metrics, sockets } = this.#parts;
    admission.isReady = false;
    if (grace > 0) await later(grace);
    admission.isDraining = true;
    streams?.drain();
    const cut = setTimeout(() => {
      streams?.terminate();
      app.server.closeAllConnections();
    }, limit);
    try {
      const closed = app.close();
      // A connection that is idle now was not when the server began to end.
      while (admission.queued > 0) await later(POLL);
      app.server.closeIdleConnections();
      // To Node.js a connection that has said nothing yet is not idle; browsers keep some in reserve.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      await closed;
      await registry.close();
    } finally {
      clearTimeout(cut);
      metrics?.close();
    }
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Bytes that are no HTTP, or a head that is too large or late. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, text] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? [408, 'Request Timeout']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'Request Header Fields Too Large']
        : [400, 'Bad Request'];
  const { body } = failureOf(httpError(status as number, 'ERR_DATA', 'request', 'HTTP', `${error.code ?? 'others'}`));
  const json = JSON.stringify(body);
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
    );
  socket.destroy(error);
}
