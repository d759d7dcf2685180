// SPDX-License-Identifier: MIT
// Streams over WebSocket: a timestep in, a prediction out. The state of a stream belongs to its session, not to its connection:
// a client that lost its connection comes back with the session's token.
import { STATUS_CODES } from 'node:http';
import { crypto } from '../util/crypto';
import { clearTimeout, setTimeout } from '../util/timers';
import { failureOf, httpError } from './failure';
import { StreamSession, type SessionSocket } from './stream_session';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Registry } from './registry';
import type { ServedModel } from './served_model';
import type { ServerOptions } from './types';

const WHERE = 'stream';
const PATH = /^\/models\/([^/]+)\/stream$/;
/** Largest message in bytes: a timestep, or a saved state. */
const MAX_MESSAGE = 1 << 20;
/** Answers that a client has not taken: more are not computed until it does. */
const MAX_UNREAD = 1 << 18;
/** Connections that do not answer for that long are lost. */
const PING_EVERY = 30_000;

/** Close codes: a server that ends, a session that went on elsewhere. */
const GOING_AWAY = 1012;
const TAKEN_OVER = 4000;
/** Close codes of a client that said goodbye; others lost their connection. */
const GOODBYE: ReadonlySet<number> = new Set([1000, 1005]);

type Limits = Pick<Required<ServerOptions>, 'maxStreams' | 'resumeFor'>;

export class Streams {
  readonly #sessions = new Map<string, StreamSession<WebSocket>>();
  readonly #sockets: WebSocketServer;
  /** Those that answered the last ping. */
  readonly #alive = new WeakSet<WebSocket>();
  #pinging: ReturnType<typeof setTimeout> | undefined;
  #isDraining = false;

  constructor(
    Sockets: typeof WebSocketServer,
    server: Server,
    private readonly registry: Registry,
    private readonly limits: Limits,
    private readonly onStep: (model: string) => void,
  ) {
    this.#sockets = new Sockets({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#ping();
  }

  /** Sessions, those that wait for their client included. */
  get size(): number {
    return this.#sessions.size;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    try {
      const session = this.#sessionFor(request);
      this.#sockets.handleUpgrade(request, socket, head, (connected) => this.#attach(session, connected));
      // A handshake that ws refused leaves nobody to come back.
      if (session.socket === undefined && !session.wasUsed) this.#end(session);
    } catch (error) {
      refuse(socket, error);
    }
  }

  #sessionFor(request: IncomingMessage): StreamSession<WebSocket> {
    if (this.#isDraining) throw httpError(503, 'ERR_STATE', WHERE, 'a server in service', 'one that ends', 1);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stream');
    const name = PATH.exec(pathname)?.[1];
    if (name === undefined)
      throw httpError(
        404,
        'ERR_NOT_FOUND',
        WHERE,
        'the path /models/NAME/stream',
        JSON.stringify(pathname.slice(0, 100)),
      );
    const token = searchParams.get('token');
    if (token === null) return this.#open(this.registry.find(decoded(name)));
    const session = this.#sessions.get(token);
    if (session === undefined || session.served.name !== decoded(name))
      throw httpError(404, 'ERR_NOT_FOUND', WHERE, 'the token of a stream of this model', 'another, or one too late');
    return session;
  }

  #open(served: ServedModel): StreamSession<WebSocket> {
    const { maxStreams } = this.limits;
    if (this.#sessions.size >= maxStreams)
      throw httpError(503, 'ERR_BUSY', WHERE, `at most ${maxStreams} streams at a time`, 'one more', 1);
    const session = new StreamSession<WebSocket>(served, crypto().randomBytes(16).toString('base64url'), this.onStep);
    this.#sessions.set(session.token, session);
    return session;
  }

  #end(session: StreamSession<WebSocket>): void {
    if (session.waiting !== undefined) clearTimeout(session.waiting);
    this.#sessions.delete(session.token);
    session.close();
  }

  #attach(session: StreamSession<WebSocket>, socket: WebSocket): void {
    if (session.waiting !== undefined) clearTimeout(session.waiting);
    session.waiting = undefined;
    session.socket?.close(TAKEN_OVER, 'resumed elsewhere');
    session.socket = socket;
    this.#alive.add(socket);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', (code) => this.#detach(session, socket, code));
    socket.on('message', (data, isBinary) => {
      if (session.socket === socket) send(socket, session.answer(String(data), isBinary));
    });
    send(socket, session.greeting());
  }

  #detach(session: StreamSession<WebSocket>, socket: WebSocket, code: number): void {
    if (session.socket !== socket) return;
    session.socket = undefined;
    if (GOODBYE.has(code) || this.#isDraining) return this.#end(session);
    session.waiting = setTimeout(() => this.#end(session), this.limits.resumeFor);
    session.waiting.unref();
  }

  #ping(): void {
    this.#pinging = setTimeout(() => {
      for (const { socket } of this.#sessions.values()) {
        if (socket === undefined) continue;
        if (this.#alive.delete(socket)) socket.ping();
        else socket.terminate();
      }
      this.#ping();
    }, PING_EVERY);
    this.#pinging.unref();
  }

  /** Takes no stream any more, gives each client its state, and ends them. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    clearTimeout(this.#pinging);
    for (const session of this.#sessions.values()) {
      const { socket } = session;
      if (socket === undefined) {
        this.#end(session);
        continue;
      }
      send(socket, session.farewell());
      socket.close(GOING_AWAY, 'the server ends');
    }
  }

  /** Cuts what is connected still. */
  terminate(): void {
    for (const { socket } of this.#sessions.values()) socket?.terminate();
  }
}

/** A percent-encoded name; one that is malformed is no name. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** A client that does not read is not read from. */
function send(socket: WebSocket & SessionSocket, message: object): void {
  socket.send(JSON.stringify(message), () => {
    if (socket.isPaused && socket.bufferedAmount <= MAX_UNREAD) socket.resume();
  });
  if (socket.bufferedAmount > MAX_UNREAD) socket.pause();
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, body, retryAfter } = failureOf(error);
  const json = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(json)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${json}`, () => socket.destroy());
}
