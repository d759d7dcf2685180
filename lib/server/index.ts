// SPDX-License-Identifier: MIT
// `ostinato/server`: models over HTTP and WebSocket. Needs fastify, ws and prom-client, optional peers of this package.
import { internal } from '../index';
import { HttpServer } from './server';
import type { ModelServer, ModelSource, ServerOptions } from './types';

export type {
  CloseOptions,
  ListenOptions,
  LogMethod,
  ModelServer,
  ModelSource,
  ServerLog,
  ServerOptions,
} from './types';

const { describe, isPlainObject, refusal, refuseMore } = internal;

/**
 * A server of models: the Open Inference Protocol (KServe v2) and plain JSON over HTTP, streams over WebSocket, metrics for
 * Prometheus. It listens when `listen` is called.
 *
 * @param models by the names that paths have: models, paths of model files, or `{ model, vectorizer }`
 * @param options see {@link ServerOptions}
 * @throws (rejects) StateError `ERR_STATE` where a package is missing, a model is not built; ConfigError `ERR_TYPE`,
 *   `ERR_CONFIG`, `ERR_UNKNOWN_OPTION`; as `loadModel`
 * @example
 * const server = await createServer({ reviews: 'reviews.safetensors' });
 * console.log(await server.listen({ port: 8080 })); // http://127.0.0.1:8080
 * process.once('SIGTERM', () => server.close({ grace: 5000 }));
 */
export async function createServer(
  models: Readonly<Record<string, ModelSource>>,
  options?: ServerOptions,
  ...rest: []
): Promise<ModelServer> {
  const where = 'createServer';
  refuseMore(where, rest);
  if (!isPlainObject(models)) throw refusal('ERR_TYPE', where, 'models by name', describe(models));
  const server = await HttpServer.make(where, options);
  try {
    for (const [name, source] of Object.entries(models)) await server.load(name, source);
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
