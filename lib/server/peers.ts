// SPDX-License-Identifier: MIT
// The packages that the server stands on: optional peers, imported here alone and by literal names, when a server is made.
import { internal } from '../index';

/** fastify: HTTP, routes and the log. */
export async function loadFastify(where: string): Promise<typeof import('fastify').fastify> {
  return (await installed(where, 'fastify', 'speaks HTTP', '', () => import('fastify'))).fastify;
}

/** ws: WebSocket, for streams. */
export async function loadWs(where: string): Promise<typeof import('ws').WebSocketServer> {
  const hint = 'Or set maxStreams: 0.';
  return (await installed(where, 'ws', 'speaks WebSocket', hint, () => import('ws'))).WebSocketServer;
}

/** prom-client: `/metrics`. */
export function loadPromClient(where: string): Promise<typeof import('prom-client')> {
  const hint = 'Or set metrics: false.';
  return installed(where, 'prom-client', 'keeps the metrics', hint, () => import('prom-client'));
}

/** @throws (rejects) StateError `ERR_STATE` where the package is not installed */
async function installed<T>(where: string, name: string, does: string, or: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const received = isMissing ? 'none' : `one that cannot be loaded: ${message}`;
    const hint = `Install it: npm install fastify ws prom-client.${or === '' ? '' : ` ${or}`}`;
    throw internal.refusal('ERR_STATE', where, `the package ${name}, which ${does}`, received, hint);
  }
}
