// SPDX-License-Identifier: MIT
// Reads one file in a process of its own: `worker.mjs READER PATH [VALID]`. Prints what became of it, in how many ms, and by how
// much the peak of the resident memory rose.
import { createRequire } from 'node:module';
import path from 'node:path';
import { ROOT } from '../steps.mjs';

const ostinato = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
const [reader, file, valid] = process.argv.slice(2);
const peakMb = () => process.resourceUsage().maxRSS / 1024;

async function codeOf(path) {
  try {
    await ostinato[reader](path);
    return 'none';
  } catch (error) {
    return error instanceof ostinato.OstinatoError ? error.code : String(error);
  }
}

// What is loaded late is loaded here: by a file that is not there, and by one without harm in it.
await codeOf(`${file}.none${path.extname(file)}`);
if (valid !== undefined && (await codeOf(valid)) !== 'none') throw new Error(`${valid} cannot be read`);
const before = peakMb();
const began = performance.now();
const code = await codeOf(file);
const ms = performance.now() - began;
console.log(JSON.stringify({ code, ms, mb: peakMb() - before }));
