// SPDX-License-Identifier: MIT
// `npm install` in a checkout, and of this repository as a dependency: compiles TypeScript and, where no binary of a
// release is there, the addon for this machine.
import { createRequire } from 'node:module';
import { ensure, ensurePackage } from './ensure.mjs';
import { isReleaseBuild, keepLocalBuild, writeHeaders } from './pack.mjs';
import { main } from './steps.mjs';

await main(() => {
  ensurePackage();
  writeHeaders();
  const [target] = createRequire(import.meta.url)('../dist/native/platform.js').hostTargets();
  if (target !== undefined && isReleaseBuild(target)) return;
  ensure();
  keepLocalBuild();
});
