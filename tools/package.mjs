// SPDX-License-Identifier: MIT
// `npm run package -- FLAGS`: packs the package with the binary of Linux x64 and tries the tarball as users would
// (tools/package/checks.mjs). The last line counts what passed.
//   --tarball FILE  tries this tarball
//   --only TEXT     the checks whose names hold it
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE } from './kits.mjs';
import { dropLocalBuild, pack } from './pack.mjs';
import { packageChecks } from './package/checks.mjs';
import { buildTarget } from './prebuild/build.mjs';
import { main, StepError } from './steps.mjs';

await main(async () => {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { tarball: text, only: text } });
  const tarball = values.tarball ?? (await packed());
  let failed = 0;
  let passed = 0;
  for (const [name, check] of packageChecks(path.resolve(tarball))) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    const begun = Date.now();
    const seconds = () => `(${((Date.now() - begun) / 1000).toFixed(1)} s)`;
    try {
      await check();
      passed++;
      process.stdout.write(`ok    ${name} ${seconds()}\n`);
    } catch (error) {
      failed++;
      const reason = error instanceof StepError ? error.message : error.stack;
      process.stdout.write(`FAILED ${name} ${seconds()}\n${reason}\n`);
    }
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
});

async function packed() {
  dropLocalBuild();
  await buildTarget('linux-x64');
  const folder = path.join(CACHE, 'packed');
  rmSync(folder, { recursive: true, force: true });
  return pack(folder);
}
