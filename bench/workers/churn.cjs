// SPDX-License-Identifier: MIT
// Worker threads that alone load the addon and end at random moments: how many end in another way than they should, and
// how much memory stays. Argument: the number of workers.
/* global __filename */
const os = require('node:os');
const path = require('node:path');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');

const ROOT = path.resolve(__dirname, '..', '..');
const WAYS = { return: 0, throw: 1, exit: 7, terminate: 1 };
const PHASES = ['load', 'fit', 'predict', 'save'];
const AT_ONCE = 4;

async function work({ way, phase, delay, index }) {
  const end = () => {
    if (way === 'throw') throw new Error('on purpose');
    if (way === 'exit') process.exit(7);
  };
  // A worker that is to return does its work to the end.
  if (way !== 'return') setTimeout(end, delay);
  const ostinato = require(path.join(ROOT, 'dist', 'index.js'));
  const { Dense, LSTM, Input, Sequential } = ostinato;
  const model = new Sequential([new Input([10, 4]), new LSTM(16), new Dense(1)]);
  model.compile({ loss: 'mse' });
  const x = { data: new Float32Array(64 * 40).fill(0.5), shape: [64, 10, 4] };
  const y = new Float32Array(64);
  parentPort.postMessage('begun');
  const file = path.join(os.tmpdir(), `ostinato-churn-${process.pid}-${index}.safetensors`);
  const once = {
    load: () => ostinato.cpuInfo(),
    fit: () => model.fit(x, y, { verbose: 0, epochs: 3 }),
    predict: () => model.predict(x),
    save: () => model.save(file),
  };
  try {
    do {
      await once[phase]();
      await new Promise(setImmediate); // the moment of the end is a timer's
    } while (way !== 'return');
  } finally {
    if (phase === 'save') require('node:fs').rmSync(file, { force: true });
  }
}

function one(index) {
  const way = Object.keys(WAYS)[index % 4];
  const phase = PHASES[Math.floor(index / 4) % 4];
  const delay = (index * 37) % 60;
  return new Promise((resolve) => {
    const worker = new Worker(__filename, { workerData: { way, phase, delay, index } });
    let error;
    worker.once('message', () => way === 'terminate' && setTimeout(() => worker.terminate(), delay));
    worker.on('error', (thrown) => (error = thrown.message));
    worker.on('exit', (code) => {
      const isExpected = code === WAYS[way] && error === (way === 'throw' ? 'on purpose' : undefined);
      resolve(isExpected ? undefined : `${way} in ${phase}: ${code} ${error ?? ''}`);
    });
  });
}

async function main() {
  const count = Number(process.argv[2]);
  const abnormal = [];
  let early;
  for (let index = 0; index < count; index += AT_ONCE) {
    const ends = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => one(index + i)));
    abnormal.push(...ends.filter(Boolean));
    if (early === undefined && index >= count / 10) early = settled();
  }
  const growth = (await settled()) - (await early);
  process.stdout.write(`${JSON.stringify({ abnormal, megabytes: growth / 2 ** 20, node: process.versions.node })}\n`);
}

/** Resident memory once garbage is gone. */
async function settled() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().rss;
}

if (isMainThread) void main();
else void work(workerData);
