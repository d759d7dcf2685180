// SPDX-License-Identifier: MIT
// node tools/on_runtime.mjs NAME SCRIPT FLAGS: runs a script on another release of Node, of the kit `runtimes`
// (node20, node22, node24, node26).
import { existsSync } from 'node:fs';
import path from 'node:path';
import { kit } from './kits.mjs';
import { handOver, main, StepError } from './steps.mjs';

await main(() => {
  const [name, ...rest] = process.argv.slice(2);
  const program = path.join(kit('runtimes'), String(name), 'bin', 'node');
  if (!existsSync(program))
    throw new StepError(`on_runtime: expected a Node of tools/kits/runtimes, received ${name}.`);
  return handOver([program, ...rest]);
});
