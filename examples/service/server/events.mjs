// SPDX-License-Identifier: MIT
// A training as server-sent events: `training` has all of it, what came before included, and `progress` what has come since.
import { clearInterval, setInterval } from 'node:timers';

/** A client that does not read is let go when so many bytes wait for it; it comes back and has all from the beginning. */
const MAX_WAITING = 1 << 20;
/** Milliseconds between signs of life, which keep proxies from ending a silent connection. */
const BEAT = 10_000;
const HEAD = Object.freeze({
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // The connection has no second request, so that the end of the service need not wait for one.
  connection: 'close',
  'x-accel-buffering': 'no',
});

export class Events {
  curves = {};
  #training;
  #progress;
  #clients = new Set();
  #beat = setInterval(() => this.#send(': alive\n\n'), BEAT).unref();

  /** A training that begins, or one of before. */
  begin(training, curves = {}) {
    this.#training = training;
    this.#progress = undefined;
    this.curves = curves;
    this.#send(this.#whole());
  }

  /** `curves` are those from the beginning; clients are sent what they have not. */
  progress(progress, curves) {
    const more = {};
    for (const [key, values] of Object.entries(curves)) {
      const known = (this.curves[key] ??= []);
      more[key] = values.slice(known.length);
      known.push(...more[key]);
    }
    this.#progress = progress;
    this.#send(message('progress', { progress, more }));
  }

  end(training) {
    this.#training = training;
    this.#progress = undefined;
    this.#send(this.#whole());
  }

  /** Gives the events to a client until it goes away. `response` is that of Node.js. */
  join(response) {
    response.writeHead(200, HEAD);
    response.on('close', () => this.#clients.delete(response));
    response.on('error', () => undefined);
    this.#clients.add(response);
    response.write(this.#whole());
  }

  close() {
    clearInterval(this.#beat);
    for (const client of this.#clients) client.end();
  }

  get clients() {
    return this.#clients.size;
  }

  #whole() {
    const { curves } = this;
    return message('training', { training: this.#training ?? null, progress: this.#progress ?? null, curves });
  }

  #send(text) {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_WAITING) client.destroy();
      else client.write(text);
    }
  }
}

function message(event, data) {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
