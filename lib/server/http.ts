// SPDX-License-Identifier: MIT
// How one request goes through the server: taken on, read, computed, answered, counted, whatever happens on the way.
import { monotonicSeconds } from '../util/timers';
import { failureOf, type Failure } from './failure';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admission, Call } from './admission';
import type { Metrics } from './metrics';
import type { EncodedResponse } from './protocol/response';
import type { Registry } from './registry';
import type { ServedModel } from './served_model';

/** Parameters of the paths of models. */
export interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

/** What a computation answers, and how many rows it had. */
export interface Computed extends EncodedResponse {
  readonly rows: number;
}

/** What a route does with a body, with the model that it is for. */
export type Compute = (served: ServedModel, body: Buffer, call: Call, request: FastifyRequest) => Promise<Computed>;

/** What routes need of the server. */
export interface Service {
  readonly admission: Admission;
  readonly registry: Registry;
  readonly metrics: Metrics | undefined;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** The handler of a route that computes. */
export function computing({ admission, registry, metrics }: Service, route: string, compute: Compute) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const begin = monotonicSeconds();
    let model = '';
    let status = 200;
    let rows: number | undefined;
    let call: Call | undefined;
    let release: (() => void) | undefined;
    try {
      const { name, version } = request.params as ModelParams;
      const found = registry.find(name, version);
      model = found.name;
      call = admission.enter(request.raw, reply.raw);
      const body = await call.read();
      call.queue();
      // The model of now: another may have come while the body did.
      const served = registry.find(name, version);
      release = await served.enter(call.signal);
      const computed = await compute(served, body, call, request);
      ({ rows } = computed);
      // The place in the queue ends here, not when the client has read.
      return reply.headers(computed.headers).send(computed.body);
    } catch (error) {
      const failure = failureOf(call?.reason ?? error);
      ({ status } = failure);
      return sendFailure(request, reply, failure, error);
    } finally {
      release?.();
      call?.leave();
      metrics?.answered({ route, model, status, seconds: monotonicSeconds() - begin, rows });
    }
  };
}

/** Answers with an error; what is our fault goes into the log. */
export function sendFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, body, retryAfter }: Failure,
  error: unknown,
): FastifyReply {
  if (status >= 500 && status !== 503 && status !== 504) request.log.error({ err: error }, 'the server failed');
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  // What is left of the body is not read.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.code(status).header('content-type', JSON_TYPE).send(JSON.stringify(body));
}

/** JSON as a body with its headers. */
export function json(value: object): EncodedResponse {
  return { body: JSON.stringify(value), headers: { 'content-type': JSON_TYPE } };
}
