// SPDX-License-Identifier: MIT
// The published declarations, as a user's compiler sees them: the program of test/types against a folder that holds the
// package, with `skipLibCheck` on and off, with @types/node and without it, and from a file of every module kind.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { capture, ROOT } from './steps.mjs';

const NODE = { module: 'node16', moduleResolution: 'node16', files: ['consumer.mts', 'consumer.cts'] };
const BUNDLER = { module: 'es2022', moduleResolution: 'bundler', files: ['consumer.ts'] };

// @types/node itself needs newer compilers than we do: what it says of itself is not ours to check.
const WAYS = [
  { ...NODE, types: [], skipLibCheck: false },
  { ...BUNDLER, types: [], skipLibCheck: false },
  { ...NODE, types: ['node'], skipLibCheck: true },
];

/**
 * Compiles the consumer in all ways; returns what the compiler refused, an empty list where all is well.
 *
 * @param compiler command of a TypeScript compiler
 * @param packageFolder the package: this checkout, or an installed tarball
 */
export function checkTypes(compiler, packageFolder = ROOT) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ostinato-types-'));
  const failures = [];
  try {
    const modules = path.join(folder, 'node_modules');
    mkdirSync(path.join(modules, '@types'), { recursive: true });
    symlinkSync(packageFolder, path.join(modules, 'ostinato'), 'junction');
    for (const name of ['node', 'undici-types']) linkFrom(path.join(ROOT, 'node_modules'), modules, name);
    for (const { module, moduleResolution, files, types, skipLibCheck } of WAYS) {
      for (const file of files) copyFileSync(path.join(ROOT, 'test', 'types', 'consumer.ts'), path.join(folder, file));
      const options = { noEmit: true, strict: true, target: 'es2022', lib: ['es2022'], preserveSymlinks: true };
      const config = { compilerOptions: { ...options, module, moduleResolution, types, skipLibCheck }, files };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
      const { ok, output } = capture([...compiler, '-p', folder]);
      if (!ok)
        failures.push(`${files.join()}, types ${JSON.stringify(types)}, skipLibCheck ${skipLibCheck}:\n${output}`);
    }
    return failures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function linkFrom(source, target, name) {
  for (const relative of [name, path.join('@types', name)])
    if (existsSync(path.join(source, relative)))
      symlinkSync(path.join(source, relative), path.join(target, relative), 'junction');
}
