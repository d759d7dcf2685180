// SPDX-License-Identifier: MIT
// The paths of a server.
import { failureOf, httpError } from './failure';
import { computing, json, sendFailure, type ModelParams, type Service } from './http';
import { infer, predict } from './inference';
import { openApi } from './openapi';
import { packageVersion } from './version';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ServedModel } from './served_model';

/** Paths of one model come with a version and without. */
const MODEL = '/v2/models/:name';
const VERSION = `${MODEL}/versions/:version`;

export function addRoutes(app: FastifyInstance, service: Service): void {
  const { admission, registry, metrics } = service;
  const isReady = (): boolean => admission.isReady;
  const answer = (reply: FastifyReply, value: object, status = 200): FastifyReply => {
    const { body, headers } = json(value);
    return reply.code(status).headers(headers).send(body);
  };

  app.get('/v2', (_request, reply) =>
    answer(reply, { name: 'ostinato', version: packageVersion(), extensions: ['binary_tensor_data'] }),
  );
  app.get('/v2/health/live', (_request, reply) => answer(reply, { live: true }));
  app.get('/v2/health/ready', (_request, reply) => answer(reply, { ready: isReady() }, isReady() ? 200 : 503));
  for (const path of [MODEL, VERSION]) {
    const found = (params: unknown): ServedModel => {
      const { name, version } = params as ModelParams;
      return registry.find(name, version);
    };
    app.get(path, ({ params }, reply) => answer(reply, describeModel(found(params))));
    app.get(`${path}/ready`, ({ params }, reply) =>
      answer(reply, { name: found(params).name, ready: isReady() }, isReady() ? 200 : 503),
    );
    app.post(`${path}/infer`, computing(service, 'infer', infer));
  }
  app.post('/models/:name/predict', computing(service, 'predict', predict));
  app.get('/openapi.json', (_request, reply) => answer(reply, openApi(packageVersion(), registry.all())));
  if (metrics !== undefined)
    app.get('/metrics', async (_request, reply) => {
      const { text, type } = await metrics.page();
      return reply.header('content-type', type).send(text);
    });

  app.setErrorHandler((error, request, reply) => sendFailure(request, reply, failureOf(error), error));
  app.setNotFoundHandler((request, reply) => {
    const expected = 'a method and path of /openapi.json';
    const received = JSON.stringify(`${request.method} ${request.url.slice(0, 100)}`);
    const error = httpError(404, 'ERR_NOT_FOUND', 'request', expected, received);
    return sendFailure(request, reply, failureOf(error), error);
  });
}

function describeModel({ name, version, inputs, outputs }: ServedModel): object {
  return { name, versions: [version], platform: 'ostinato', inputs, outputs };
}
