// SPDX-License-Identifier: MIT
// Saves again and again under one name, until it is killed: `worker.mjs FORMAT FILE FROM`. Each file says a number, one more
// than the last; a number that is saved is printed. It is ready after the first: what is loaded late is there.
import { createRequire } from 'node:module';
import path from 'node:path';
import { FORMATS } from '../formats.mjs';
import { ROOT } from '../steps.mjs';

const ostinato = createRequire(import.meta.url)(path.join(ROOT, 'dist/index.js'));
const [name, file, from] = process.argv.slice(2);
const format = FORMATS.find((entry) => entry.name === name);

for (let number = Number(from); ; number++) {
  await format.save(ostinato, file, number);
  process.stdout.write(`${number}\n`);
  if (number === Number(from)) process.stdout.write('ready\n');
}
