// SPDX-License-Identifier: MIT
// The scripts of tools/ are ES modules, which jest cannot import: a process of its own does.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

/** The value of an expression over the exports `m` of a module of tools/; it must be JSON. */
export function callTool(module: string, expression: string): unknown {
  const source = `import * as m from './tools/${module}'; console.log(JSON.stringify(${expression}));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT, encoding: 'utf8' });
  return JSON.parse(output);
}
