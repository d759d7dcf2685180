// SPDX-License-Identifier: MIT
// The headline step in a process of its own, for figures that compare settings which a process is started with. Speaks
// the protocol of bench/versus/README.md; a step is an epoch's mean.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ostinato, PacedFit, tokenModel } from '../support/ours.mjs';

const { values } = parseArgs({
  options: {
    tokens: { type: 'string' },
    labels: { type: 'string' },
    shape: { type: 'string' },
    batch: { type: 'string' },
    threads: { type: 'string' },
  },
});

function read(file, Type) {
  const bytes = readFileSync(file);
  return new Type(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

ostinato.setThreads(Number(values.threads));
const x = { data: read(values.tokens, Int32Array), shape: values.shape.split(',').map(Number) };
const fit = new PacedFit(
  tokenModel(),
  { x, y: read(values.labels, Float32Array) },
  { batchSize: Number(values.batch) },
);
await fit.step();
process.stdout.write(`${JSON.stringify({ ready: true, isa: ostinato.cpuInfo().isa })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  process.stdout.write(`${JSON.stringify({ seconds: await fit.step(), steps: 1 })}\n`);
}
await fit.end();
