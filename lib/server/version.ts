// SPDX-License-Identifier: MIT
// Which version of the package this is.
import { readFileSync } from 'node:fs';
import path from 'node:path';

let version: string | undefined;

export function packageVersion(): string {
  const file = path.resolve(__dirname, '..', '..', 'package.json');
  version ??= (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  return version;
}
