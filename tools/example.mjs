// SPDX-License-Identifier: MIT
// `node tools/example.mjs NAME FLAGS`: one of examples/, after building what it needs. Without a name, lists them.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ensure } from './ensure.mjs';
import { handOver, main, ROOT, StepError } from './steps.mjs';

await main(() => {
  const [name, ...flags] = process.argv.slice(2);
  // Folders are projects of their own.
  const files = readdirSync(path.join(ROOT, 'examples')).filter((file) => file.endsWith('.mjs'));
  const names = files.map((file) => path.basename(file, '.mjs'));
  if (!name || !names.includes(path.basename(name, '.mjs')))
    throw new StepError(`name one of the examples: ${names.join(', ')}`);
  ensure();
  return handOver([process.execPath, `examples/${path.basename(name, '.mjs')}.mjs`, ...flags]);
});
