// SPDX-License-Identifier: MIT
// `npm run prebuild -- [TARGET...]`: the binaries of a release, all of them where none is named, from one Linux machine.
//   --test   runs what this machine can run of them, from the packed tarball (docs/platforms.md)
//     --only TEXT,TEXT  the test files whose names hold one of these
//     --json FILE       writes what was found, after each machine
//   --pack   builds all, and packs the tarball of a release
import { parseArgs } from 'node:util';
import { buildTarget, tableOf } from './prebuild/build.mjs';
import { TARGETS } from './prebuild/targets.mjs';
import { main, say, StepError } from './steps.mjs';

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      test: { type: 'boolean' },
      pack: { type: 'boolean' },
      only: { type: 'string' },
      json: { type: 'string' },
    },
  });
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new StepError('prebuild: expected Linux on x64, the machine that Zig is fetched for.');
  const unknown = positionals.filter((name) => !Object.hasOwn(TARGETS, name));
  if (unknown.length > 0)
    throw new StepError(
      `prebuild: expected targets among ${Object.keys(TARGETS).join(', ')}, received ${unknown.join(', ')}.`,
    );
  if (values.test) {
    const { testTargets } = await import('./prebuild/test.mjs');
    return testTargets(positionals, values);
  }
  const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
  const results = [];
  for (const name of names) results.push(await buildTarget(name));
  process.stdout.write(`${tableOf(results)}\n`);
  if (values.pack) {
    const { packRelease } = await import('./pack.mjs');
    say(`packed ${packRelease()}`);
  }
  return 0;
});
