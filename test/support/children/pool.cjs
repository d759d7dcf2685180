// SPDX-License-Identifier: MIT
// With one thread in libuv's pool: does its work complete, and do timers tick, while a model trains?
/* global __filename, clearInterval, setInterval */
const crypto = require('node:crypto');
const fs = require('node:fs/promises');
const { promisify } = require('node:util');
const { build, load, reviews } = require('./model.cjs');

(async () => {
  const model = build(load(), { units: 64, width: 32 });
  const { x, y } = reviews(512, 100);
  const controller = new AbortController();
  const fit = model.fit(x, y, { epochs: 1_000_000, verbose: 0, batchSize: 64, signal: controller.signal });
  const ended = fit.then(() => 'ended', (error) => error.code); // prettier-ignore
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const text = await fs.readFile(__filename, 'utf8');
  const key = await promisify(crypto.pbkdf2)('secret', 'salt', 1000, 32, 'sha256');
  await new Promise((resolve) => setTimeout(resolve, 300));
  clearInterval(timer);
  const wasBusy = model.isBusy;
  controller.abort();
  const denormal = new Float64Array([5e-324]);
  const result = {
    read: text.length > 0,
    key: key.length,
    ticks,
    wasBusy,
    end: await ended,
    denormal: denormal[0] * 1,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
})();
