// SPDX-License-Identifier: MIT
// Fifty workers that load, train and end at any moment: they return, throw, exit, or are terminated. The parent loads the
// package itself only where the argument says so.
/* global __filename */
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { build, hash, load, reviews } = require('./model.cjs');

const WORKERS = 50;
const AT_ONCE = 5;
const WAYS = ['return', 'throw', 'exit', 'terminate', 'leave'];

function work({ way, delay }) {
  const ostinato = load();
  const model = build(ostinato);
  const { x, y } = reviews(64, 20);
  const epochs = way === 'return' ? 3 : 1_000_000;
  const fit = model.fit(x, y, { epochs, verbose: 0, shuffle: false });
  parentPort.postMessage('training');
  if (way === 'return') fit.then(() => parentPort.postMessage({ hash: hash(model) }));
  if (way === 'throw') setTimeout(() => { throw new Error('on purpose'); }, delay); // prettier-ignore
  if (way === 'exit' || way === 'leave') setTimeout(() => process.exit(way === 'exit' ? 7 : 0), delay);
}

function one(index) {
  const way = WAYS[index % WAYS.length];
  const delay = (index * 13) % 40;
  return new Promise((resolve) => {
    const worker = new Worker(__filename, { workerData: { way, delay } });
    const seen = { way, hash: null, error: null };
    worker.on('message', (message) => {
      if (message.hash !== undefined) seen.hash = message.hash;
      else if (way === 'terminate') setTimeout(() => worker.terminate(), delay);
    });
    worker.on('error', (error) => (seen.error = error.message));
    worker.on('exit', (code) => resolve({ ...seen, code }));
  });
}

async function main() {
  const parentLoads = process.argv[2] === 'parent-loads';
  if (parentLoads) {
    const model = build(load());
    const { x, y } = reviews(64, 20);
    await model.fit(x, y, { verbose: 0, epochs: 1 });
  }
  const ends = [];
  for (let index = 0; index < WORKERS; index += AT_ONCE)
    ends.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(index + i)))));
  process.stdout.write(`${JSON.stringify(ends)}\n`);
}

if (isMainThread) main();
else work(workerData);
