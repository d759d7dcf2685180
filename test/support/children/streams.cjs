// SPDX-License-Identifier: MIT
// Streams by the way that the argument names. `collected`: models and streams made and dropped in every order, garbage
// collected in between. `workers`: threads that step streams and end at any moment. `isa`: the distance between streams
// and predict, and the bits of many streams, on the instruction set that OSTINATO_ISA names.
/* global __filename */
const { isMainThread, Worker, workerData } = require('node:worker_threads');
const { load } = require('./model.cjs');

const ostinato = load();
const FEATURES = 16;
const x = Float32Array.from({ length: 100 * FEATURES }, (_, i) => Math.sin(i * 1.3));

function build() {
  const { Dense, GRU, Input, LSTM, Sequential } = ostinato;
  ostinato.setRandomSeed(5);
  return new Sequential([
    new Input([null, FEATURES]),
    new LSTM(40, { returnSequences: true }),
    new GRU(23, { resetAfter: false }),
    new Dense(1),
  ]);
}

const step = (i) => x.subarray(i * FEATURES, (i + 1) * FEATURES);
const tick = () => new Promise((resolve) => setImmediate(resolve));

async function collected() {
  const kept = build();
  const answers = new Set();
  const first = kept.openStream();
  let peak = 0;
  const run = async () => {
    for (let round = 0; round < 60; round++) {
      const orphan = build().openStream(); // its model is held by it alone
      const group = build().openStreams(5000);
      kept.openStreams(5000).step(new Float32Array(5000 * FEATURES)); // dropped while its model lives
      kept.openStream().push(step(1));
      globalThis.gc();
      await tick();
      answers.add(orphan.push(step(1))[0]);
      group.step(new Float32Array(5000 * FEATURES));
      first.reset();
      answers.add(first.push(step(1))[0]);
      peak = Math.max(peak, process.memoryUsage().rss);
      if (round === 5) peak = 0;
    }
  };
  await run();
  const before = process.memoryUsage().rss;
  await run();
  return { answers: answers.size, grown: peak - before };
}

async function workers() {
  const codes = [];
  for (let round = 0; round < 5; round++)
    codes.push(
      ...(await Promise.all(
        Array.from({ length: 5 }, (_, i) => {
          const worker = new Worker(__filename, { workerData: { ends: i } });
          worker.once('message', () => i === 2 && setTimeout(() => worker.terminate(), round * 7));
          return new Promise((resolve) => worker.on('exit', resolve));
        }),
      )),
    );
  return { codes };
}

function work(ends) {
  const { parentPort } = require('node:worker_threads');
  const group = build().openStreams(1000);
  const all = Float32Array.from({ length: 1000 * FEATURES }, (_, i) => x[i % x.length]);
  const go = () => {
    group.step(all);
    setImmediate(go);
  };
  go();
  parentPort.postMessage('stepping');
  if (ends !== 2) setTimeout(() => process.exit(ends), 5 + ends * 9);
}

async function onIsa() {
  const model = build();
  const stream = model.openStream();
  let apart = 0;
  for (let i = 0; i < 50; i++) {
    const [pushed] = stream.push(step(i));
    const { data } = await model.predict({ data: x.slice(0, (i + 1) * FEATURES), shape: [1, i + 1, FEATURES] });
    apart = Math.max(apart, Math.abs(pushed - data[0]));
  }
  const bits = [1, 3].map((threads) => {
    ostinato.setThreads(threads);
    const group = model.openStreams(700);
    const all = Float32Array.from({ length: 700 * FEATURES }, (_, i) => x[(i * 7) % x.length]);
    for (let i = 0; i < 10; i++) group.step(all);
    return Buffer.from(group.step(all).buffer).toString('hex');
  });
  return { isa: ostinato.cpuInfo().isa, apart, isSame: bits[0] === bits[1] };
}

const WAYS = { collected, workers, isa: onIsa };

async function main() {
  process.stdout.write(`${JSON.stringify(await WAYS[process.argv[2]]())}\n`);
}

if (isMainThread) main();
else work(workerData.ends);
