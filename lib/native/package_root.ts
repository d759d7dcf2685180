// SPDX-License-Identifier: MIT
// Where the package lies. This code is part of a bundle (dist/index.js), a file of lib/ in tests, or inside the bundle that
// somebody made of a program.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of our package.json: one or two above this code. Undefined where it is a part of something else. */
export function packageRoot(): string | undefined {
  if (typeof __dirname === 'undefined') return undefined;
  return ['..', path.join('..', '..')].map((up) => path.resolve(__dirname, up)).find(isOurs);
}

function isOurs(folder: string): boolean {
  try {
    const text = readFileSync(path.join(folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { name?: unknown }).name === 'ostinato';
  } catch {
    return false;
  }
}
