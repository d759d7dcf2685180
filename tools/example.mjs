// SPDX-License-Identifier: MIT
// `node tools/example.mjs NAME FLAGS`: one of examples/, after building what it needs. Without a name, lists them.
import path from 'node:path';
import { ensure } from './ensure.mjs';
import { filesBelow, handOver, main, StepError } from './steps.mjs';

await main(() => {
  const [name, ...flags] = process.argv.slice(2);
  const names = filesBelow('examples', (file) => file.endsWith('.mjs')).map((file) => path.basename(file, '.mjs'));
  if (!name || !names.includes(path.basename(name, '.mjs')))
    throw new StepError(`name one of the examples: ${names.join(', ')}`);
  ensure();
  return handOver([process.execPath, `examples/${path.basename(name, '.mjs')}.mjs`, ...flags]);
});
