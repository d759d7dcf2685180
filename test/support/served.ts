// SPDX-License-Identifier: MIT
// Small models and a server of them that listens, and a client.
import http from 'node:http';
import { concatenate, Dense, Embedding, Input, LSTM, Model, Sequential } from '../../lib';
import { createServer, type ModelServer, type ServerOptions } from '../../lib/server';

/** Ids below 20, to one score. */
export const ofIds = (): Sequential => {
  const ids = new Input([null], { dtype: 'int32', name: 'ids' });
  return new Sequential([
    ids,
    new Embedding(20, 4),
    new LSTM(3),
    new Dense(1, { activation: 'sigmoid', name: 'score' }),
  ]);
};

/** Timesteps [N,T,2], to one score. */
export const ofValues = (): Sequential =>
  new Sequential([new Input([null, 2], { name: 'x' }), new LSTM(3), new Dense(1, { name: 'y' })]);

/** Ids and a vector, to two outputs. */
export const ofBoth = (): Model => {
  const words = new Input([null], { dtype: 'int32', name: 'words' });
  const meta = new Input([2], { name: 'meta' });
  const text = new LSTM(3).apply(new Embedding(20, 4).apply(words));
  const joined = concatenate([text, meta]);
  return new Model(
    [words, meta],
    [
      new Dense(1, { name: 'score' }).apply(joined),
      new Dense(3, { activation: 'softmax', name: 'label' }).apply(joined),
    ],
  );
};

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body, where it is JSON. */
  readonly json: Record<string, unknown>;
}

/** One request over a connection of its own. */
export function ask(
  base: string,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const request = http.request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isJson = /json/.test(String(response.headers['content-type']));
        const json = isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {};
        resolve({ status: response.statusCode!, headers: response.headers, bytes, json });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export interface Asked {
  readonly server: ModelServer;
  readonly url: string;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

const servers = new Set<ModelServer>();
// A server that a failed test left open would keep jest from its end.
afterAll(() => Promise.all([...servers].map((server) => server.close({ limit: 50 }))));

/** A server that listens at a free port; it is closed after the tests of the file. */
export async function served(models: Parameters<typeof createServer>[0], options?: ServerOptions): Promise<Asked> {
  const server = await createServer(models, options);
  servers.add(server);
  const url = await server.listen({ port: 0 });
  return {
    server,
    url,
    get: (path) => ask(url, 'GET', path),
    post: (path, body, headers) =>
      ask(url, 'POST', path, typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body), headers),
  };
}
