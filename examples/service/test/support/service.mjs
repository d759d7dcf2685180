// SPDX-License-Identifier: MIT
// The service in a process of its own, over real HTTP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../server/main.mjs', import.meta.url));

/** A folder that is removed after the test. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'ostinato-service-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the service; it is killed after the test. */
export async function start(t, folder) {
  const child = spawn(process.execPath, [MAIN, '--folder', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  if (typeof line !== 'string') throw new Error(`the service ended: ${errors}`);
  return new Service(JSON.parse(line).address, child, ended);
}

class Service {
  constructor(address, child, ended) {
    this.address = address;
    this.child = child;
    this.ended = ended;
  }

  async kill(signal = 'SIGKILL') {
    this.child.kill(signal);
    const [code] = await this.ended;
    return code;
  }

  /** `{ status, json }`; a body that is no string is sent as JSON. */
  async ask(method, url, body, type = 'application/json') {
    const given =
      body === undefined
        ? {}
        : { body: typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body };
    const response = await fetch(this.address + url, {
      method,
      ...given,
      headers: body === undefined ? {} : { 'content-type': type },
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** The status of a request that announces so many bytes and sends none. */
  async announce(url, length) {
    const headers = { 'content-type': 'application/json', 'content-length': length };
    const request = http.request(this.address + url, { method: 'POST', headers, agent: false });
    request.flushHeaders();
    const [{ statusCode }] = await once(request, 'response');
    request.on('error', () => undefined).destroy();
    return statusCode;
  }

  /** The answer of a request that is to succeed. */
  async get(url) {
    const { status, json } = await this.ask('GET', url);
    if (status !== 200) throw new Error(`GET ${url}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  /** Waits until the newest training is over, and gives it. */
  async trained() {
    for (;;) {
      const { training } = await this.get('/trainings/current');
      if (training.state !== 'running') return training;
      await sleep(20);
    }
  }

  /** Server-sent events, `{ event, data }`, from now on; the connection is cut when nobody wants more. */
  async *events() {
    const request = http.get(`${this.address}/trainings/current/events`, { agent: false });
    let text = '';
    try {
      const [response] = await once(request, 'response');
      for await (const chunk of response) {
        text += chunk.toString();
        const messages = text.split('\n\n');
        text = messages.pop();
        for (const message of messages) {
          const found = /^event: (.*)\ndata: (.*)$/.exec(message);
          if (found !== null) yield { event: found[1], data: JSON.parse(found[2]) };
        }
      }
    } finally {
      request.on('error', () => undefined).destroy();
    }
  }
}

const GOOD = ['fine', 'great', 'lovely', 'superb'];
const BAD = ['bore', 'awful', 'poor', 'dull'];
const OTHERS = ['the', 'film', 'plot', 'acting', 'was', 'and', 'music', 'story', 'end', 'this'];

/** Texts with labels, the same ones at every call; `from` numbers them. */
export function reviews(count, from = 0) {
  return Array.from({ length: count }, (_, i) => {
    let state = (i + from + 1) * 2654435761;
    const random = (bound) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    };
    for (let k = 0; k < 4; k++) random(2);
    const label = random(2);
    const words = Array.from({ length: 6 + random(12) }, () => OTHERS[random(OTHERS.length)]);
    words.splice(random(words.length), 0, (label === 1 ? GOOD : BAD)[random(4)]);
    words.splice(random(words.length), 0, (label === 1 ? GOOD : BAD)[random(4)]);
    return { text: `${words.join(' ')} ${i + from}`, label };
  });
}

export const jsonLines = (rows) => rows.map((row) => JSON.stringify(row)).join('\n');
