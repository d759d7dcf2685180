// SPDX-License-Identifier: MIT
// Programs that only some commands need: a compiler for other systems, other runtimes, bundlers, what makes the site. They are
// no development dependencies, for `npm install` of a checkout should not fetch a gigabyte. Each folder of tools/kits/ pins a
// set of them by version and hash (package-lock.json); `kit(name)` installs it once into a cache, from npm.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { npmCommand, ROOT, step } from './steps.mjs';

/** Where programs, objects and compiled binaries are kept: OSTINATO_CACHE, else a folder of node_modules. */
export const CACHE = path.resolve(ROOT, process.env.OSTINATO_CACHE ?? path.join('node_modules', '.cache', 'ostinato'));

/** The `node_modules` of a set of programs, installed where it is missing. */
export function kit(name) {
  const source = path.join(ROOT, 'tools', 'kits', name);
  const files = ['package.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(path.join(source, file)));
  const folder = path.join(CACHE, `kit-${name}-${hash.digest('hex').slice(0, 12)}`);
  const modules = path.join(folder, 'node_modules');
  if (existsSync(folder)) return modules;
  mkdirSync(CACHE, { recursive: true });
  // Installed beside its place and renamed: a kit is there whole or not at all.
  const partial = mkdtempSync(`${folder}-`);
  try {
    for (const file of files) cpSync(path.join(source, file), path.join(partial, file));
    // Some programs are those of other systems, which npm installs under protest (--force).
    // Not `npm ci`: it refuses a lock file that was made where optional packages of other systems could not be seen.
    const flags = [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--force',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    step(`installing the kit ${name} (npm install)`, [...npmCommand(), ...flags], { cwd: partial });
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return modules;
}
