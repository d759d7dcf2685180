// SPDX-License-Identifier: MIT
// Options of a server with their defaults, checked.
import { internal } from '../index';
import type { CloseOptions, ListenOptions, ServerOptions } from './types';

const { checkBoolean, checkInteger, checkString, describe, refusal, withDefaults } = internal;

const SERVER_DEFAULTS = Object.freeze({
  maxBody: 8 * 1024 * 1024,
  maxPending: 16 * 1024 * 1024,
  maxQueue: 1024,
  timeout: 30_000,
  maxStreams: 10_000,
  resumeFor: 60_000,
  metrics: true,
  logger: false,
  logRequests: false,
});
const LISTEN_DEFAULTS = Object.freeze({ port: 8080, host: '127.0.0.1' });
const CLOSE_DEFAULTS = Object.freeze({ grace: 0, limit: 10_000 });

/** @throws ConfigError `ERR_TYPE`, `ERR_CONFIG`, `ERR_UNKNOWN_OPTION` */
export function readServerOptions(where: string, options: ServerOptions | undefined): Required<ServerOptions> {
  const o = withDefaults(where, options, SERVER_DEFAULTS);
  const { logger } = o;
  if (typeof logger !== 'boolean' && !internal.isPlainObject(logger))
    throw refusal('ERR_TYPE', where, "logger to be true, false or an object of pino's options", describe(logger));
  return {
    maxBody: checkInteger(where, 'maxBody', o.maxBody),
    maxPending: checkInteger(where, 'maxPending', o.maxPending),
    maxQueue: checkInteger(where, 'maxQueue', o.maxQueue),
    timeout: checkInteger(where, 'timeout', o.timeout),
    maxStreams: checkInteger(where, 'maxStreams', o.maxStreams, 0),
    resumeFor: checkInteger(where, 'resumeFor', o.resumeFor, 0),
    metrics: checkBoolean(where, 'metrics', o.metrics),
    logger,
    logRequests: checkBoolean(where, 'logRequests', o.logRequests),
  };
}

/** @throws as {@link readServerOptions} */
export function readListenOptions(where: string, options: ListenOptions | undefined): Required<ListenOptions> {
  const { port, host } = withDefaults(where, options, LISTEN_DEFAULTS);
  return { port: checkInteger(where, 'port', port, 0, 65535), host: checkString(where, 'host', host) };
}

/** @throws as {@link readServerOptions} */
export function readCloseOptions(where: string, options: CloseOptions | undefined): Required<CloseOptions> {
  const { grace, limit } = withDefaults(where, options, CLOSE_DEFAULTS);
  return { grace: checkInteger(where, 'grace', grace, 0), limit: checkInteger(where, 'limit', limit, 0) };
}
