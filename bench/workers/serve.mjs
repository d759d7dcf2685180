// SPDX-License-Identifier: MIT
// A server of one model file: `serve.mjs FILE`, with the threads and flags of `ostinato serve`. Tells its address, then answers
// lines: `use` with the peak of its resident memory, the time of its cores and the batches that were trained since it was
// asked last, `train` and `rest` by beginning and ending a training on those threads, `train on all` on those of all cores,
// `quit` by the end.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setInterval } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { floatData, floatModel, ostinato, ROOT } from '../support/ours.mjs';

const require = createRequire(import.meta.url);
const { createServer } = require(path.join(ROOT, 'dist', 'server', 'index.js'));
const TRAINED = Object.freeze({ cell: 'lstm', steps: 50, features: 64, units: 256, batch: 256 });

const { threads } = ostinato.cpuInfo();
ostinato.setThreads(Math.max(1, threads - 1));
for (const flag of ['--no-allocation-site-pretenuring', '--heap-growing-percent=50']) setFlagsFromString(flag);
const server = await createServer({ m: process.argv[2] });
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let peak = 0;
let spent = process.cpuUsage();
const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
setInterval(look, 20).unref();

let batches = 0;
class Count extends ostinato.Callback {
  // An epoch is one batch.
  onEpochEnd() {
    batches++;
  }
}

let stop;
let ended;
function train() {
  const model = floatModel(TRAINED);
  const { x, y } = floatData(TRAINED, 1);
  stop = new AbortController();
  const callbacks = [new Count()];
  const options = { epochs: 1e6, batchSize: TRAINED.batch, verbose: 0, callbacks, signal: stop.signal };
  ended = model.fit(x, y, options).catch(() => undefined);
}

answer({ address: await server.listen({ port: 0 }) });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  if (line === 'train on all') ostinato.setThreads(threads);
  if (line.startsWith('train')) train();
  if (line === 'rest') {
    stop.abort();
    await ended;
  }
  look();
  const { user, system } = process.cpuUsage(spent);
  spent = process.cpuUsage();
  answer({ peak, cpuSeconds: (user + system) / 1e6, batches });
  peak = 0;
  batches = 0;
}
process.exit(0);
