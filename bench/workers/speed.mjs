// SPDX-License-Identifier: MIT
// One case on the addon and instruction set that the environment names, in a process of its own; speaks the protocol of
// bench/versus/README.md.
import { createInterface } from 'node:readline';
import { floatData, floatModel, inferModel, noise, ostinato, PacedFit, tokenModel } from '../support/ours.mjs';
import { TimedForward } from '../support/timed_forward.mjs';

const { Dense, Input, LSTM, Sequential } = ostinato;

/** Rows of ids with padding before them, like reviews. */
function reviews(rows, steps) {
  const draw = noise(3);
  const data = new Int32Array(rows * steps);
  for (let row = 0; row < rows; row++)
    for (let step = Math.floor(steps * 0.56 * Math.abs(draw() * 2)); step < steps; step++)
      data[row * steps + step] = 1 + Math.floor(Math.abs(draw() * draw()) * 9998);
  return { x: { data, shape: [rows, steps] }, y: Float32Array.from({ length: rows }, (_, row) => row % 2) };
}

function streamSteps() {
  const model = new Sequential([new Input([null, 16]), new LSTM(64), new Dense(1)]);
  const stream = model.openStream();
  const inputs = Array.from({ length: 5000 }, () => Float32Array.from({ length: 16 }, noise()));
  return {
    step() {
      const begin = performance.now();
      for (const x of inputs) stream.push(x);
      return (performance.now() - begin) / 1e3 / inputs.length;
    },
    end: () => model.dispose(),
  };
}

const CASES = {
  headline: () => new PacedFit(tokenModel(), reviews(2560, 500), { batchSize: 128 }),
  lstm128: () => {
    const size = { cell: 'lstm', batch: 64, steps: 100, features: 128, units: 128 };
    return new PacedFit(floatModel(size), floatData(size, 6), { batchSize: 64 });
  },
  'infer.rnn32': () => {
    const size = { cell: 'rnn', units: 32, steps: 500, features: 32 };
    return new TimedForward(inferModel(size), size, Float32Array.from({ length: 500 * 32 }, noise()));
  },
  'stream.step': streamSteps,
};

const run = CASES[process.argv[2]]();
await run.step();
process.stdout.write(`${JSON.stringify({ ready: true, isa: ostinato.cpuInfo().isa })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  process.stdout.write(`${JSON.stringify({ seconds: await run.step(), steps: 1 })}\n`);
}
await run.end();
