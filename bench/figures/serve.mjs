// SPDX-License-Identifier: MIT
// serve.*: the HTTP server under load, in a process of its own; the load comes from this one, by autocannon and ws. Client and
// server share the machine's cores.
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { constants, getPriority, setPriority } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { kit } from '../../tools/kits.mjs';
import { say } from '../support/context.mjs';
import { LineProcess } from '../support/line_process.mjs';
import { outsideOf, watchMachine } from '../support/machine_halts.mjs';
import { ostinato, ROOT, tokenModel } from '../support/ours.mjs';
import { median, rounded } from '../support/statistics.mjs';

const PATH = '/models/m/predict';
const CONNECTIONS = 64;
const ROUNDS = 6;
const TURN_SECONDS = 3;
const REVIEWS = 256;
/** Turns without requests and with them. */
const TRAINING = Object.freeze({ rounds: 4, seconds: 8 });
const FLOOD = Object.freeze({ seconds: 30, times: 10, slow: 100, silent: 100, giants: 4 });
const STREAMS = Object.freeze({ count: 2000, seconds: 10, features: 16, units: 64 });

const worker = (name, ...args) => new LineProcess([process.execPath, path.join(ROOT, 'bench/workers', name), ...args]);

/** Ends what was begun, in reverse, whatever happens. */
async function withServers(begin, work) {
  const servers = [];
  try {
    return await work(await begin((server) => (servers.push(server), server)));
  } finally {
    for (const server of servers) await server.quit();
  }
}

/** Our server of one model file. */
function withServer(file, work) {
  const start = async (add) => {
    const server = add(worker('serve.mjs', file));
    return { server, ...(await server.answer()) };
  };
  return withServers(start, work);
}

/** The chapter's model as files, and bodies of one review each. */
async function prepared(context) {
  const { x, steps, kind } = await context.training(REVIEWS);
  const model = tokenModel();
  model.build([null, steps]);
  const files = ['safetensors', 'onnx', 'keras'].map((end) => context.file(`serve.${end}`));
  for (const file of files) await model.save(file);
  model.dispose();
  const bodies = Array.from({ length: x.shape[0] }, (_, i) =>
    JSON.stringify({ inputs: [Array.from(x.data.subarray(i * steps, (i + 1) * steps))] }),
  );
  return { files, bodies, kind };
}

/** Requests for some seconds: how many a second were answered, and how long the answers took. */
async function load(address, bodies, options) {
  const autocannon = createRequire(path.join(kit('serving'), 'x.js'))('autocannon');
  const requests = bodies.map((body) => ({
    method: 'POST',
    path: PATH,
    body,
    headers: { 'content-type': 'application/json' },
  }));
  const result = await autocannon({
    url: address,
    connections: CONNECTIONS,
    duration: TURN_SECONDS,
    requests,
    ...options,
  });
  const { latency, errors, non2xx, duration } = result;
  return { rate: result['2xx'] / duration, p50: latency.p50, p99: latency.p99, errors, non2xx };
}

const summary = (rates) => ({ medianRps: rounded(median(rates)), bestRps: rounded(Math.max(...rates)) });

/** What a second of each server answers, by turns: ours first. @param peers their programs, by name */
async function contest(context, file, peers) {
  const start = async (add) => {
    const processes = [['ours', worker('serve.mjs', file)], ...Object.entries(peers)];
    for (const [, process] of processes) add(process);
    const addresses = await Promise.all(processes.map(async ([, process]) => (await process.answer()).address));
    return processes.map(([name], i) => ({ name, address: addresses[i], rates: [], bad: 0 }));
  };
  return withServers(start, async (sides) => {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const side of sides) {
        const { rate, errors, non2xx } = await load(side.address, context.bodies, {});
        if (round > 0) side.rates.push(rate);
        side.bad += errors + non2xx;
      }
      if (round > 0)
        say(`  round ${round} of ${ROUNDS}, 1/s: ${sides.map(({ rates }) => rounded(rates.at(-1))).join(', ')}`);
    }
    const [ours, ...others] = sides;
    const best = (side) => Math.max(...side.rates);
    const details = Object.fromEntries(sides.map(({ name, rates, bad }) => [name, { ...summary(rates), failed: bad }]));
    const ratioOfMedians = rounded(median(ours.rates) / Math.max(...others.map(({ rates }) => median(rates))));
    const value = best(ours) / Math.max(...others.map(best));
    return { value, details: { ...details, ratioOfMedians, connections: CONNECTIONS, data: context.kind } };
  });
}

const rps = {
  name: 'serve.rps',
  unit: 'x',
  async run(context) {
    const { files, bodies, kind } = await prepared(context);
    const threads = [...new Set([1, context.threads])];
    const peer = (count) => worker('serve_onnx.mjs', files[1], kit('serving'), String(count));
    return contest({ bodies, kind }, files[0], Object.fromEntries(threads.map((n) => [`onnx${n}`, peer(n)])));
  },
};

const rpsKeras = {
  name: 'serve.rps.keras',
  unit: 'x',
  async run(context) {
    const { python } = context;
    const hasPeer =
      python !== undefined &&
      spawnSync(python, ['-c', 'import fastapi, keras, uvicorn'], { stdio: 'ignore' }).status === 0;
    if (!hasPeer) return { skipped: 'needs Keras, FastAPI and uvicorn; name a Python that has them with --python' };
    const { files, bodies, kind } = await prepared(context);
    const peer = new LineProcess([python, path.join(ROOT, 'bench/workers/serve_keras.py'), files[2]]);
    return contest({ bodies, kind }, files[0], { keras: peer });
  },
};

/** Now, in milliseconds of `process.hrtime`. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const OK = Buffer.from('HTTP/1.1 200 ');
const LENGTH = Buffer.from('content-length: ');
const HEAD_END = Buffer.from('\r\n\r\n');
const ZERO = '0'.charCodeAt(0);

/** Bytes of the answer that begins in a buffer; undefined where its head is not whole, NaN where it is no good answer. */
function answerBytes(buffer, size) {
  const head = buffer.indexOf(HEAD_END);
  if (head < 0 || head > size - HEAD_END.length) return undefined;
  if (buffer.compare(OK, 0, OK.length, 0, OK.length) !== 0) return NaN;
  let at = buffer.indexOf(LENGTH) + LENGTH.length;
  let length = 0;
  for (; buffer[at] !== 13; at++) length = 10 * length + buffer[at] - ZERO;
  return head + HEAD_END.length + length;
}

/**
 * A connection that is kept, with as little as a client needs: what it costs is taken from the server's cores, and its
 * collections of garbage would hold up both.
 */
function connection(address, onAnswer) {
  const { hostname, port } = new URL(address);
  const answer = Buffer.alloc(1 << 12);
  let size = 0;
  const take = (count, chunk) => {
    chunk.copy(answer, size, 0, count);
    size += count;
    const whole = answerBytes(answer, size);
    if (whole !== undefined && !(size < whole)) {
      size = 0;
      onAnswer(Number.isNaN(whole) ? answer.toString('latin1', 0, 100) : undefined);
    }
    return true;
  };
  const onread = { buffer: Buffer.alloc(answer.length), callback: take };
  const socket = net.connect({ port: Number(port), host: hostname, noDelay: true, onread });
  socket.on('error', (error) => onAnswer(error.message));
  return socket;
}

/**
 * The client stands for other machines: what it wants of the cores it gets at once, where the system grants that, or it would
 * be late by itself. @returns what gives the priority back
 */
function beFirst() {
  const before = getPriority();
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    return () => undefined;
  }
  return () => setPriority(before);
}

/** Milliseconds without a turn of its event loop after which the client stood still: it never computes for so long. */
const STOOD_STILL = 3;

/**
 * Requests at even distances, whatever becomes of those before: a late answer makes no later request wait with it, and what a
 * request waits for a connection counts. (autocannon sends the requests of a second at its beginning.) A client that stood still,
 * as it does with the machine, goes on from there: what it did not ask meanwhile it does not ask all at once.
 *
 * @returns when each was due and when it was answered, in turn, in milliseconds of `process.hrtime`
 */
async function paced(address, bodies, rate, seconds) {
  const { host } = new URL(address);
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${PATH} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ),
  );
  const count = Math.round(rate * seconds);
  // Nothing is kept for each answer: the client's collections of garbage would hold up the server.
  const times = new Float64Array(2 * count);
  let answered = 0;
  const free = [];
  let failure;
  let asked = 0;
  let begin = now() + 100;
  const dueOf = (index) => begin + (index * 1e3) / rate;
  const askNext = () => {
    while (free.length > 0 && asked < count && dueOf(asked) <= now()) {
      const state = free.pop();
      state.due = dueOf(asked);
      state.socket.write(requests[asked++ % requests.length]);
    }
  };
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const state = { due: 0, socket: undefined };
    state.socket = connection(address, (problem) => {
      failure ??= problem;
      times[2 * answered] = state.due;
      times[2 * answered++ + 1] = now();
      free.push(state);
      askNext();
    });
    free.push(state);
    return state.socket;
  });
  const restore = beFirst();
  while (answered < count && failure === undefined) {
    const before = now();
    await sleep(1);
    const gap = now() - before;
    if (gap > STOOD_STILL) begin += gap;
    askNext();
  }
  restore();
  for (const socket of sockets) socket.destroy();
  if (failure !== undefined) throw new Error(`a request failed: ${failure}`);
  return times;
}

/** Percentiles of the time to an answer, without the times in which the machine stood still, and with them, after a turn to warm up. */
async function latencies(address, bodies, rate) {
  const machine = await watchMachine();
  const times = await paced(address, bodies, rate, 2 * TURN_SECONDS);
  const halts = await machine.stop();
  const answers = Array.from({ length: times.length / 2 }, (_, i) => [times[2 * i], times[2 * i + 1]]).slice(
    times.length / 4,
  );
  const sorted = (length) => answers.map(length).sort((a, b) => a - b);
  const at = (lengths, share) => lengths[Math.ceil(lengths.length * share) - 1];
  const lengths = sorted((answer) => outsideOf(halts, answer));
  return {
    p50: at(lengths, 0.5),
    p99: at(lengths, 0.99),
    withHalts: at(
      sorted(([due, end]) => end - due),
      0.99,
    ),
  };
}

const p99 = {
  name: 'serve.p99',
  unit: 'ms',
  async run(context) {
    const { files, bodies, kind } = await prepared(context);
    return withServer(files[0], async ({ server, address }) => {
      await load(address, bodies, {});
      const full = await load(address, bodies, {});
      const rate = full.rate / 2;
      const turns = { alone: [], beside: [] };
      for (let round = 0; round < ROUNDS; round++) {
        turns.alone.push(await latencies(address, bodies, rate));
        await server.ask('train');
        turns.beside.push(await latencies(address, bodies, rate));
        await server.ask('rest');
      }
      const at = (side, key) => median(turns[side].map((turn) => turn[key]));
      const value = at('alone', 'p99');
      const details = {
        fullRps: full.rate,
        atRps: rate,
        p50Ms: at('alone', 'p50'),
        withHaltsMs: at('alone', 'withHalts'),
      };
      const besideMs = at('beside', 'p99');
      const training = {
        besideTrainingMs: besideMs,
        besideTrainingP50Ms: at('beside', 'p50'),
        besideTrainingX: besideMs / value,
      };
      const figures = Object.entries({ ...details, ...training }).map(([name, each]) => [name, rounded(each)]);
      const turnsMs = Object.fromEntries(
        Object.entries(turns).map(([side, all]) => [side, all.map(({ p99: each }) => rounded(each))]),
      );
      return { value, details: { ...Object.fromEntries(figures), turnsMs, data: kind, threads: context.threads } };
    });
  },
};

const training = {
  name: 'serve.training',
  unit: 'x',
  async run(context) {
    const { files, bodies, kind } = await prepared(context);
    return withServer(files[0], async ({ server, address }) => {
      await load(address, bodies, {});
      const full = await load(address, bodies, {});
      const half = { overallRate: Math.round(full.rate / 2), duration: TRAINING.seconds };
      /** Batches per second while `work` runs. */
      const rate = async (work) => {
        await server.ask('use');
        const begin = performance.now();
        await work();
        const { batches } = await server.ask('use');
        return batches / ((performance.now() - begin) / 1e3);
      };
      const rates = { alone: [], serving: [], answered: [] };
      const quiet = await load(address, bodies, half);
      await server.ask('train on all');
      for (let round = 0; round <= TRAINING.rounds; round++) {
        const alone = await rate(() => sleep(TRAINING.seconds * 1000));
        let answered = 0;
        const serving = await rate(async () => {
          answered = (await load(address, bodies, half)).rate;
        });
        if (round === 0) continue;
        rates.alone.push(alone);
        rates.serving.push(serving);
        rates.answered.push(answered);
      }
      await server.ask('rest');
      const { alone, serving, answered } = Object.fromEntries(
        Object.entries(rates).map(([name, values]) => [name, median(values)]),
      );
      const asked = { fullRps: rounded(full.rate), atRps: half.overallRate, quietRps: rounded(quiet.rate) };
      const batches = { aloneBatches: rounded(alone), servingBatches: rounded(serving) };
      return { value: serving / alone, details: { ...asked, answeredRps: rounded(answered), ...batches, data: kind } };
    });
  },
};

/** Clients that do harm: bodies that trickle, connections that say nothing, bodies without end. */
function harmful(address) {
  const { hostname, port } = new URL(address);
  const head = (length) => `POST ${PATH} HTTP/1.1\r\nHost: m\r\n${length}\r\n\r\n`;
  const counts = { cut: 0 };
  const sockets = [];
  let isOver = false;
  const connect = (first, then) => {
    if (isOver) return;
    const socket = net.connect(Number(port), hostname, () => {
      if (first !== '') socket.write(first);
      then?.(socket);
    });
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.on('close', () => {
      if (isOver) return;
      counts.cut++;
      setTimeout(() => connect(first, then), 100);
    });
    sockets.push(socket);
  };
  const trickle = (socket) => {
    const timer = setInterval(() => socket.write(' '), 1000);
    socket.on('close', () => clearInterval(timer));
  };
  const chunk = Buffer.alloc(1 << 16, 0x20);
  const pour = (socket) => {
    const piece = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    more();
  };
  for (let i = 0; i < FLOOD.slow; i++) connect(head('Content-Length: 1000000'), trickle);
  for (let i = 0; i < FLOOD.silent; i++) connect('');
  for (let i = 0; i < FLOOD.giants; i++) connect(head('Content-Length: 1073741824'));
  for (let i = 0; i < FLOOD.giants; i++) connect(head('Transfer-Encoding: chunked'), pour);
  return () => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
    return counts;
  };
}

/** Milliseconds until one request is answered well, over a new connection. */
async function answerTime(address, body) {
  const begin = performance.now();
  await new Promise((resolve, reject) => {
    const request = http.request(new URL(PATH, address), { method: 'POST', agent: false }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))));
    });
    request.on('error', reject);
    request.end(body);
  });
  return performance.now() - begin;
}

const flood = {
  name: 'serve.flood',
  unit: 'x',
  async run(context) {
    const { files, bodies, kind } = await prepared(context);
    return withServer(files[0], async ({ server, address }) => {
      await load(address, bodies, {});
      await server.ask('use');
      const calm = await load(address, bodies, {});
      const { peak: before } = await server.ask('use');
      const stop = harmful(address);
      const connections = CONNECTIONS * FLOOD.times;
      const flooded = await load(address, bodies, { connections, duration: FLOOD.seconds });
      const { cut } = stop();
      const recoverMs = await answerTime(address, bodies[0]);
      const { peak: during } = await server.ask('use');
      return {
        value: during / before,
        details: {
          calmRps: rounded(calm.rate),
          floodedRps: rounded(flooded.rate),
          refused: flooded.non2xx,
          errors: flooded.errors,
          cut,
          recoverMs: rounded(recoverMs),
          beforeMb: rounded(before / 1e6),
          duringMb: rounded(during / 1e6),
          connections,
          ...FLOOD,
          data: kind,
        },
      };
    });
  },
};

/** A stream that sends a timestep each second; pushes the milliseconds of each answer. */
function stream(WebSocket, address, input, times) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/models/m/stream`);
    let begin;
    let timer;
    const send = () => {
      begin = performance.now();
      socket.send(input);
    };
    socket.on('error', reject);
    socket.on('message', () => {
      if (begin !== undefined) times.push(performance.now() - begin);
      if (timer !== undefined) return;
      resolve({
        start: () => setTimeout(() => (send(), (timer = setInterval(send, 1000))), Math.random() * 1000),
        stop: () => (clearInterval(timer), socket.close()),
      });
    });
  });
}

const streams = {
  name: 'serve.stream',
  unit: 'ms',
  async run(context) {
    const { Dense, Input, LSTM, Sequential } = ostinato;
    const { count, seconds, features, units } = STREAMS;
    const model = new Sequential([new Input([null, features]), new LSTM(units), new Dense(1)]);
    const file = context.file('stream.safetensors');
    await model.save(file);
    const { WebSocket } = await import('ws');
    return withServer(file, async ({ server, address }) => {
      const input = JSON.stringify(Array.from({ length: features }, (_, i) => i / features));
      const times = [];
      const open = [];
      for (let i = 0; i < count; i++) open.push(await stream(WebSocket, address, input, times));
      for (const { start: begin } of open) begin();
      await sleep(2000);
      times.length = 0;
      await server.ask('use');
      await sleep(seconds * 1000);
      const { cpuSeconds } = await server.ask('use');
      const sorted = times.splice(0).sort((a, b) => a - b);
      for (const { stop } of open) stop();
      const at = (share) => sorted[Math.ceil(sorted.length * share) - 1];
      const details = {
        p50Ms: rounded(at(0.5)),
        maxMs: rounded(sorted.at(-1)),
        steps: sorted.length,
        cores: rounded(cpuSeconds / seconds),
      };
      return { value: at(0.99), details: { ...details, ...STREAMS } };
    });
  },
};

export default [rps, rpsKeras, p99, training, flood, streams];
