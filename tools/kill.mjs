// SPDX-License-Identifier: MIT
// `npm run kill [-- --count N] [--only FORMAT] [--seed S]`
//
// Saves in every format that are killed (SIGKILL) at a random moment. Afterwards the file is there, can be read, is of one
// save, and of none that is older than the last that was acknowledged.
//
// Prints a line for each format, and at the end `N kills, M losses`; ends with 1 where there is one.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensure } from './ensure.mjs';
import { FORMATS } from './formats.mjs';
import { randomFrom } from './fuzz/mutate.mjs';
import { main, ROOT, say, StepError } from './steps.mjs';

const WORKER = path.join(ROOT, 'tools/kill/worker.mjs');
/** The last moment of a kill, in ms after the first save: some saves. */
const LATEST = 60;

/** Saves until `after` ms have passed; resolves to the last number that was acknowledged. */
function killed({ name }, file, from, after) {
  const child = spawn(process.execPath, [WORKER, name, file, from].map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let isTimed = false;
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (isTimed || !text.includes('ready\n')) return;
    isTimed = true;
    setTimeout(() => child.kill('SIGKILL'), after);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL') return reject(new StepError(`${name}: the saves ended with ${code ?? signal}.`));
      // A line that was cut off is no acknowledgement.
      const lines = text.split('\n').slice(0, -1);
      resolve(Number(lines.findLast((line) => line !== 'ready')));
    });
  });
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '1000' },
      only: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  ensure({});
  const ostinato = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
  const formats = FORMATS.filter(({ name, save }) => save && (values.only === undefined || name === values.only));
  if (formats.length === 0) throw new StepError(`--only: there is no format ${values.only} that is written.`);
  const each = Math.ceil(Number(values.count) / formats.length);
  let [kills, losses] = [0, 0];
  for (const format of formats) {
    say(`killing saves of ${format.name}`);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-kill-'));
    const file = path.join(folder, `a${format.end}`);
    let [next, lost, saves] = [1, 0, 0];
    try {
      for (let i = 0; i < each; i++) {
        const after = randomFrom(Number(values.seed), i)() * LATEST;
        const acknowledged = await killed(format, file, next, after);
        saves += acknowledged - next + 1;
        try {
          const number = await format.load(ostinato, file);
          if (number < acknowledged || number > acknowledged + 1)
            throw new Error(`save ${acknowledged} was acknowledged, the file is of ${number}`);
          next = number + 1;
        } catch (error) {
          lost++;
          next = acknowledged + 1;
          console.log(`${format.name}, kill ${i} after ${after.toFixed(1)} ms: ${error.message}`);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    console.log(`${format.name}: ${each} kills among ${saves} saves, ${lost} losses`);
    kills += each;
    losses += lost;
  }
  console.log(`${kills} kills, ${losses} losses`);
  return losses > 0 ? 1 : 0;
});
