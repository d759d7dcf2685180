// SPDX-License-Identifier: MIT
// What a server takes on at a time, for how long, and how it changes models and ends.
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Dense, Input, LSTM, Sequential } from '../../../lib';
import { createServer } from '../../../lib/server';
import { ask, ofIds, served, type Answer } from '../../support/served';
import { temporaryFolder } from '../../support/temporary_folder';

const at = temporaryFolder();
const PREDICT = '/models/m/predict';
const ROW = { inputs: [[1, 2, 3]] };

const forecast = (units: number): Sequential =>
  new Sequential([new Input([null, 1], { name: 'x' }), new LSTM(units), new Dense(1)]);
const zeros = (rows: number, steps: number): string =>
  JSON.stringify({ inputs: Array.from({ length: rows }, () => Array.from({ length: steps }, () => [0])) });

/** A model that computes for tenths of a second, and rows that make it. */
const slow = forecast(256);
const SLOW = zeros(64, 500);
/** Hundreds of times the work for half of the bytes, which must be there before a timeout: to be ended. */
const wide = { recurrentInitializer: 'zeros', returnSequences: true } as const;
const endless = new Sequential([
  new Input([null, 1], { name: 'x' }),
  new LSTM(1024, wide),
  new LSTM(1024, wide),
  new LSTM(1024, wide),
  new Dense(1),
]);
const ENDLESS = zeros(32, 2000);

/** Waits until a server says so of itself. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const metric = async (url: string, name: string): Promise<number> => {
  const page = (await ask(url, 'GET', '/metrics')).bytes.toString();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(page)?.[1]);
};

/** Begins a request, whose body comes later or never. */
function begin(url: string, headers: Record<string, string | number>): http.ClientRequest {
  const request = http.request(new URL(PREDICT, url), { method: 'POST', headers, agent: false });
  request.on('error', () => undefined);
  request.flushHeaders();
  return request;
}

const answerTo = async (request: http.ClientRequest): Promise<{ status: number; code: unknown }> => {
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { code } = JSON.parse(Buffer.concat(chunks).toString()) as { code: unknown };
  return { status: response.statusCode!, code };
};

describe('a body', () => {
  test('that says that it is too large is refused before it comes', async () => {
    const { server, url } = await served({ m: ofIds() }, { maxBody: 1000 });
    expect(await answerTo(begin(url, { 'content-length': 2 ** 30 }))).toEqual({ status: 413, code: 'ERR_DATA' });
    await server.close();
  });

  test('that grows too large is refused when it does, and takes no memory', async () => {
    const { server, url, post } = await served({ m: ofIds() }, { maxBody: 1000 });
    const request = begin(url, { 'transfer-encoding': 'chunked' });
    const answer = answerTo(request);
    for (let i = 0; i < 20; i++) request.write(Buffer.alloc(100, 0x20));
    expect(await answer).toEqual({ status: 413, code: 'ERR_DATA' });
    request.destroy();
    await until(async () => (await metric(url, 'ostinato_pending_bytes')) === 0);
    expect((await post(PREDICT, ROW)).status).toBe(200);
    await server.close();
  });

  test('beyond what all may have together is 429', async () => {
    const { server, url } = await served({ m: ofIds() }, { maxPending: 1000 });
    const first = begin(url, { 'content-length': 900 });
    first.write(Buffer.alloc(800, 0x20));
    await until(async () => (await metric(url, 'ostinato_pending_bytes')) === 800);
    const answer = await ask(url, 'POST', PREDICT, Buffer.alloc(300, 0x20));
    expect([answer.status, answer.json['code'], answer.headers['retry-after']]).toEqual([429, 'ERR_BUSY', '1']);
    first.destroy();
    await until(async () => (await metric(url, 'ostinato_pending_bytes')) === 0);
    await server.close();
  });

  test('that is late is 408', async () => {
    const { server, url } = await served({ m: ofIds() }, { timeout: 50 });
    const request = begin(url, { 'content-length': 100 });
    request.write('{"in');
    expect(await answerTo(request)).toEqual({ status: 408, code: 'ERR_ABORTED' });
    await server.close();
  });
});

describe('a call', () => {
  test('beyond the queue is 429, and those within are answered', async () => {
    const { server, url } = await served({ m: slow }, { maxQueue: 2 });
    const first = [0, 1].map(() => ask(url, 'POST', PREDICT, SLOW));
    await until(async () => (await metric(url, 'ostinato_queue_length')) === 2);
    const third = await ask(url, 'POST', PREDICT, SLOW);
    expect([third.status, third.json['code'], third.headers['retry-after']]).toEqual([429, 'ERR_BUSY', '1']);
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    await server.close();
  });

  test('that takes too long is 504, and its work ends, though the process stood still', async () => {
    const timeout = 500;
    const { server, url } = await served({ m: endless }, { timeout });
    const answer = ask(url, 'POST', PREDICT, ENDLESS);
    await until(() => endless.isBusy);
    // Whatever was due meanwhile comes at once.
    for (const end = Date.now() + 2.2 * timeout; Date.now() < end;);
    const { status, json } = await answer;
    expect([status, json['code']]).toEqual([504, 'ERR_ABORTED']);
    await until(() => !endless.isBusy);
    expect(await metric(url, 'ostinato_queue_length')).toBe(0);
    await server.close();
  });

  test('whose client goes away ends', async () => {
    const { server, url } = await served({ m: endless });
    const request = begin(url, { 'content-length': ENDLESS.length });
    request.end(ENDLESS);
    await until(() => endless.isBusy);
    request.destroy();
    await until(() => !endless.isBusy);
    await until(async () => (await metric(url, 'ostinato_queue_length')) === 0);
    const page = (await ask(url, 'GET', '/metrics')).bytes.toString();
    expect(page).toMatch(/ostinato_requests_total\{route="predict",model="m",status="499"\} 1/);
    await server.close();
  });

  test('whose client does not read the answer has no place in the queue', async () => {
    const wide = new Sequential([new Input([null, 1], { name: 'x' }), new Dense(64)]);
    // An answer of some 60 MB, more than sockets hold.
    const body = JSON.stringify({ inputs: Array.from({ length: 24 }, () => Array.from({ length: 2000 }, () => [1])) });
    const { server, url } = await served({ m: wide });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write(`POST ${PREDICT} HTTP/1.1\r\nHost: m\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await until(async () => (await metric(url, 'ostinato_request_rows_count\\{model="m"\\}')) === 1);
    expect(await metric(url, 'ostinato_queue_length')).toBe(0);
    await server.close({ limit: 50 });
    socket.destroy();
  });

  test('of bytes that are no HTTP is 400 with our code', async () => {
    const { server, url } = await served({ m: ofIds() });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('GET nonsense\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toMatch(/"code":"ERR_DATA"/);
    await server.close();
  });
});

describe('hot swap', () => {
  const constant = (value: number): Sequential => {
    const model = new Sequential([new Input([1], { name: 'x' }), new Dense(1, { kernelInitializer: 'zeros' })]);
    model.setWeights([
      { data: new Float32Array(1), shape: [1, 1] },
      { data: Float32Array.of(value), shape: [1] },
    ]);
    return model;
  };

  test('drops no request, and each answer is of the version that it names', async () => {
    await constant(1).save(at('1.safetensors'));
    await constant(2).save(at('2.safetensors'));
    const { server, url } = await served({ m: at('1.safetensors') });
    const answers: Answer[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) answers.push(await ask(url, 'POST', PREDICT, '{"inputs": [[0]]}'));
    };
    const clients = Array.from({ length: 8 }, client);
    const versions: string[] = [];
    for (let i = 0; i < 10; i++) versions.push(await server.load('m', at(`${1 + ((i + 1) % 2)}.safetensors`)));
    isOver = true;
    await Promise.all(clients);
    expect(versions).toEqual(['2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
    for (const { status, json } of answers)
      expect([status, json['outputs']]).toEqual([200, [[Number(json['version']) % 2 === 1 ? 1 : 2]]]);
    expect(new Set(answers.map(({ json }) => json['version'])).size).toBeGreaterThan(1);
    expect(await metric(url, 'ostinato_model_version{model="m"}'.replace(/[{}]/g, '\\$&'))).toBe(11);
    await server.close();
  });

  test('that fails leaves the model that is there', async () => {
    const { server, post } = await served({ m: constant(1) });
    await expect(server.load('m', at('none.safetensors'))).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect((await post(PREDICT, { inputs: [[0]] })).json).toEqual({ model: 'm', version: '1', outputs: [[1]] });
    await server.unload('m');
    expect((await post(PREDICT, { inputs: [[0]] })).status).toBe(404);
    await expect(server.unload('m')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await server.close();
  });

  test('leaves the models of the caller to the caller', async () => {
    const model = constant(1);
    const server = await createServer({ m: model });
    await server.load('m', constant(2));
    await server.close();
    expect(model.isDisposed).toBe(false);
  });
});

describe('close', () => {
  test('does not wait for a connection that never said anything', async () => {
    const { server, url } = await served({ m: ofIds() });
    const { hostname, port } = new URL(url);
    const silent = net.connect(Number(port), hostname);
    await once(silent, 'connect');
    // Else it lasts as long as `limit`, which is longer than a test may take.
    await Promise.all([once(silent, 'close'), server.close({ limit: 600_000 })]);
  });

  test('answers what has come, readiness first, and takes nothing more', async () => {
    const { server, url } = await served({ m: slow });
    const running = ask(url, 'POST', PREDICT, SLOW);
    await until(() => slow.isBusy);
    const closed = server.close({ grace: 1500 });
    const ready = await ask(url, 'GET', '/v2/health/ready');
    expect([ready.status, ready.json]).toEqual([503, { ready: false }]);
    expect((await ask(url, 'GET', '/v2/health/live')).status).toBe(200);
    expect((await running).status).toBe(200);
    await closed;
    await expect(ask(url, 'GET', '/v2/health/live')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('cuts what takes longer than the limit', async () => {
    const { server, url } = await served({ m: ofIds() });
    const request = begin(url, { 'content-length': 100 });
    const cut = new Promise((resolve) => request.on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await server.close({ limit: 50 });
    await cut;
  });
});
