// SPDX-License-Identifier: MIT
// Reads changed files of one format, one after another, until a time in ms at most: `worker.mjs FORMAT SEED FROM COUNT UNTIL
// FOLDER`. What it reads at present is in FOLDER/current; each fault is a line of JSON on stdout, and the last line counts. A
// worker whose memory has grown beyond the bound ends there, for memory that was in use once says nothing of the next file.
import { mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../steps.mjs';
import { FORMATS } from '../formats.mjs';
import { mutate, randomFrom } from './mutate.mjs';

const ostinato = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
const [name, seed, from, count, until, folder] = process.argv.slice(2);
const [first, last] = [Number(from), Number(from) + Number(count)];

/** Of the processor, so that other programs do not count. */
const MOST_MS = 1000;
const MOST_MB = 256;
/** A file that would be read for ever, and was given up after the time that such files have. */
const STOPPED = /received one that takes longer\./;
/** Files between two collections of garbage. */
const COLLECTED = 100;

const format = FORMATS.find((entry) => entry.name === name);
mkdirSync(path.join(folder, 'read'), { recursive: true });
const seeds = await format.seeds(ostinato, folder);
for (const [index, { main, files }] of seeds.entries()) {
  const place = path.join(folder, 'read');
  for (const [file, bytes] of Object.entries(files)) writeFileSync(path.join(place, file), bytes);
  await format.read(ostinato, path.join(place, main)).catch((error) => {
    throw new Error(`seed ${index} of ${name} cannot be read: ${error.message}`);
  });
}

const current = openSync(path.join(folder, 'current'), 'w');
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const peakMb = () => process.resourceUsage().maxRSS / 1024;

globalThis.gc?.();
const before = peakMb();
const counts = { inputs: 0, read: 0, refused: 0, stopped: 0 };
for (let index = first; index < last && Date.now() < Number(until); index++) {
  writeSync(current, String(index).padEnd(16), 0);
  const random = randomFrom(Number(seed), index);
  const { main, files } = seeds[Math.floor(random() * seeds.length)];
  const names = Object.keys(files);
  const target = random() < 0.7 ? main : names[Math.floor(random() * names.length)];
  for (const file of names) {
    const bytes = file === target ? await mutate(random, file, files[file]) : files[file];
    writeFileSync(path.join(folder, 'read', file), bytes);
  }
  const began = process.cpuUsage();
  let isStopped = false;
  try {
    await format.read(ostinato, path.join(folder, 'read', main));
    counts.read++;
  } catch (error) {
    counts.refused++;
    isStopped = STOPPED.test(error?.message);
    const isTyped = error instanceof ostinato.OstinatoError && error.code !== 'ERR_INTERNAL';
    if (!isTyped) tell({ index, fault: 'untyped error', error: String(error?.stack ?? error) });
  }
  const { user, system } = process.cpuUsage(began);
  const took = (user + system) / 1000;
  counts.inputs++;
  if (isStopped) counts.stopped++;
  else if (took > MOST_MS) tell({ index, fault: 'slow', ms: Math.round(took) });
  if (peakMb() - before > MOST_MB) {
    tell({ index, fault: 'memory', mb: Math.round(peakMb() - before) });
    break;
  }
  if (counts.inputs % COLLECTED === 0) globalThis.gc?.();
}
tell({ done: counts });
