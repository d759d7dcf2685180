// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Bidirectional, Dense, Input, LSTM, Model, Sequential } from '../../../lib';
import { ask, ofIds, ofValues, served, type Asked } from '../../support/served';

type Message = Record<string, unknown>;

/** A client that takes its messages in order. */
class Client {
  readonly #messages: Message[] = [];
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly closed: Promise<number>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      const next = this.#waiting.shift();
      if (next === undefined) this.#messages.push(message);
      else next(message);
    });
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  static async open(url: string, path = '/models/m/stream'): Promise<{ client: Client; hello: Message }> {
    const client = new Client(new WebSocket(`${url.replace('http', 'ws')}${path}`));
    await once(client.socket, 'open');
    return { client, hello: await client.next() };
  }

  next(): Promise<Message> {
    const message = this.#messages.shift();
    return message === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(message);
  }

  send(message: unknown): Promise<Message> {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
    return this.next();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** The status and the body with which an upgrade is refused. */
async function refused(url: string, path: string): Promise<[number, unknown]> {
  const { status, json } = await ask(url, 'GET', path, undefined, {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  });
  return [status, json['code']];
}

const values = ofValues();
const STEPS = [
  [0.1, 0.2],
  [0.3, -0.4],
  [0.5, 0.6],
];
/** What `predict` gives after each of the steps, which is another way through the engine. */
const prefixes = (model: Model, steps: readonly number[][] = STEPS): Promise<number[]> =>
  Promise.all(steps.map(async (_, i) => (await model.predict([steps.slice(0, i + 1)])).data[0]!));

const expectClose = (outputs: unknown, expected: number): void => {
  expect(Math.abs((outputs as number[])[0]! - expected)).toBeLessThanOrEqual(1e-6);
};

let asked: Asked;
let url: string;
beforeAll(async () => {
  asked = await served({ m: values, ids: ofIds() });
  ({ url } = asked);
});

describe('misuse', () => {
  test.each<[string, string, number, string]>([
    ['another path', '/stream', 404, 'ERR_NOT_FOUND'],
    ['a model that there is not', '/models/x/stream', 404, 'ERR_NOT_FOUND'],
    ['a name that is no text', '/models/%E0%A4%A/stream', 404, 'ERR_NOT_FOUND'],
    ['a token of nobody', '/models/m/stream?token=abc', 404, 'ERR_NOT_FOUND'],
  ])('%s is refused', async (_what, path, status, code) => {
    expect(await refused(url, path)).toEqual([status, code]);
  });

  test('a model that needs the timesteps to come is refused', async () => {
    const model = new Sequential([new Input([null, 2]), new Bidirectional(new LSTM(2)), new Dense(1)]);
    const { server, url: own } = await served({ m: model });
    expect(await refused(own, '/models/m/stream')).toEqual([400, 'ERR_CONFIG']);
    await server.close();
  });

  test('a handshake that is none takes no stream', async () => {
    const { server, url: own } = await served({ m: values }, { maxStreams: 1 });
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    expect((await ask(own, 'GET', '/models/m/stream', undefined, headers)).status).toBe(400);
    const { client } = await Client.open(own);
    await client.close();
    await server.close();
  });

  test.each<[string, unknown, string]>([
    ['no JSON', 'abc', 'ERR_DATA'],
    ['bytes', Buffer.from('1'), 'ERR_TYPE'],
    ['null', 'null', 'ERR_TYPE'],
    ['one feature of two', [1], 'ERR_SHAPE'],
    ['a text', '"a"', 'ERR_TYPE'],
    ['another key', { input: [1, 2] }, 'ERR_UNKNOWN_OPTION'],
    ['a __proto__', '{"__proto__": 1}', 'ERR_UNKNOWN_OPTION'],
    ['a state that is none', { restore: 'AAAA' }, 'ERR_DATA'],
    ['a state that is a number', { restore: 7 }, 'ERR_TYPE'],
    ['constants of a model without', { constants: [1] }, 'ERR_CONFIG'],
  ])('%s is an answer, and the stream goes on', async (_what, message, code) => {
    const { client } = await Client.open(url);
    expect(await client.send(message)).toMatchObject({ code, error: expect.any(String) as string });
    expect(await client.send(STEPS[0])).toMatchObject({ step: 1 });
    await client.close();
  });
});

test('a timestep in, a prediction out, as predict gives it', async () => {
  const expected = await prefixes(values);
  const { client, hello } = await Client.open(url);
  expect(hello).toEqual({ model: 'm', version: '1', token: expect.any(String) as string, step: 0 });
  for (const [i, step] of STEPS.entries()) {
    const answer = await client.send(i === 1 ? { inputs: step, id: 'a' } : step);
    expect([answer['step'], answer['id']]).toEqual([i + 1, i === 1 ? 'a' : undefined]);
    expectClose(answer['outputs'], expected[i]!);
  }
  expect(await client.send({ reset: true })).toEqual({ step: 0 });
  expectClose((await client.send(STEPS[0]))['outputs'], expected[0]!);
  await client.close();
});

test('ids come as numbers', async () => {
  const { client } = await Client.open(url, '/models/ids/stream');
  expect(await client.send('7')).toMatchObject({ step: 1 });
  expect(await client.send('20')).toMatchObject({ code: 'ERR_RANGE' });
  await client.close();
});

test('streams go on while the model predicts', async () => {
  const { client } = await Client.open(url);
  const predicting = Promise.all(Array.from({ length: 50 }, () => values.predict([STEPS])));
  expect(await client.send(STEPS[0])).toMatchObject({ step: 1 });
  await predicting;
  await client.close();
});

test('a client that lost its connection goes on by its token', async () => {
  const expected = await prefixes(values);
  const { client, hello } = await Client.open(url);
  await client.send(STEPS[0]);
  client.socket.terminate();
  await client.closed;
  const path = `/models/m/stream?token=${String(hello['token'])}`;
  const { client: second, hello: again } = await Client.open(url, path);
  expect(again).toEqual({ ...hello, step: 1 });
  // A connection that is open is taken over, too.
  const { client: third } = await Client.open(url, path);
  expect(await second.closed).toBe(4000);
  expectClose((await third.send(STEPS[1]))['outputs'], expected[1]!);
  await third.close();
  expect(await refused(url, path)).toEqual([404, 'ERR_NOT_FOUND']);
});

test('a stream that nobody comes back to ends', async () => {
  const { server, url: own } = await served({ m: values }, { resumeFor: 30 });
  const { client, hello } = await Client.open(own);
  client.socket.terminate();
  await client.closed;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await refused(own, `/models/m/stream?token=${String(hello['token'])}`)).toEqual([404, 'ERR_NOT_FOUND']);
  await server.close();
});

test('streams are limited', async () => {
  const { server, url: own } = await served({ m: values }, { maxStreams: 1 });
  const { client } = await Client.open(own);
  expect(await refused(own, '/models/m/stream')).toEqual([503, 'ERR_BUSY']);
  await client.close();
  const { client: next } = await Client.open(own);
  await next.close();
  await server.close();
});

test('a stream keeps its model when another takes its place', async () => {
  const { server, url: own } = await served({ m: values });
  const { client } = await Client.open(own);
  await server.load('m', ofValues());
  expectClose((await client.send(STEPS[0]))['outputs'], (await prefixes(values))[0]!);
  const { client: next, hello } = await Client.open(own);
  expect(hello['version']).toBe('2');
  await next.close();
  await client.close();
  await server.close();
});

test('a server that ends gives each stream its state, which another server takes', async () => {
  const expected = await prefixes(values);
  const [first, second] = [await served({ m: values }), await served({ m: values })];
  const { client } = await Client.open(first.url);
  await client.send(STEPS[0]);
  const closed = first.server.close();
  const farewell = await client.next();
  expect(farewell).toEqual({ closing: true, step: 1, state: expect.any(String) as string });
  expect(await client.closed).toBe(1012);
  await closed;
  const { client: next } = await Client.open(second.url);
  const { state: restore, step } = farewell;
  const answer = await next.send({ restore, step, inputs: STEPS[1] });
  expect(answer['step']).toBe(2);
  expectClose(answer['outputs'], expected[1]!);
  expect(await next.send({ save: true })).toMatchObject({ step: 2, state: expect.any(String) as string });
  await next.close();
  await second.server.close();
});

test('a model with constants is given them first', async () => {
  const x = new Input([null, 2], { name: 'x' });
  const states = [new Input([3], { name: 'h' }), new Input([3], { name: 'c' })];
  const model = new Model(
    [x, ...states],
    new Dense(1, { name: 'y' }).apply(new LSTM(3).apply(x, { initialState: states })),
  );
  const { server, url: own } = await served({ m: model });
  const { client, hello } = await Client.open(own);
  expect(hello['needs']).toEqual(['h', 'c']);
  expect(await client.send(STEPS[0])).toMatchObject({ code: 'ERR_STATE' });
  expect(await client.send({ constants: { h: [1, 2, 3] } })).toMatchObject({ code: 'ERR_CONFIG' });
  const constants = { h: [0.1, 0.2, 0.3], c: [1, 0, -1] };
  const { outputs } = await client.send({ constants, inputs: STEPS[0] });
  expectClose(outputs, (await model.predict({ x: [[STEPS[0]!]], h: [constants.h], c: [constants.c] })).data[0]!);
  await client.close();
  await server.close();
});
