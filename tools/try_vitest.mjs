// SPDX-License-Identifier: MIT
// Runs the fake timers' test under vitest, which is fetched from npm into a folder that is removed afterwards:
// `node tools/try_vitest.mjs [version, 3 unless told otherwise]`.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, npmCommand, ROOT, step } from './steps.mjs';

const SPEC = 'test/support/children/fake_timers.vitest.mjs';

await main(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ostinato-vitest-'));
  try {
    const version = `vitest@${process.argv[2] ?? '3'}`;
    step(`fetching ${version}`, [...npmCommand(), 'install', '--prefix', folder, '--no-audit', '--no-fund', version]);
    cpSync(path.join(ROOT, SPEC), path.join(folder, 'fake_timers.test.mjs'));
    const vitest = path.join(folder, 'node_modules', 'vitest', 'vitest.mjs');
    const env = { ...process.env, OSTINATO_ROOT: ROOT };
    step('vitest', [process.execPath, vitest, 'run', '--root', folder], { env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
