// SPDX-License-Identifier: MIT
// Where the package lies, and which version it is.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of package.json. */
export const PACKAGE_ROOT = path.resolve(__dirname, '..', '..');

export function packageVersion(): string {
  const text = readFileSync(path.join(PACKAGE_ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
