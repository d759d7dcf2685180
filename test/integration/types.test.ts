// SPDX-License-Identifier: MIT
// The published declarations in a user's program. Other releases of TypeScript: `npm run package`.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

test('a program compiles against them: as ESM and CommonJS, with and without @types/node, with and without skipLibCheck', () => {
  const compiler = [process.execPath, path.join(ROOT, 'node_modules', 'typescript', 'lib', 'tsc.js')];
  const source = `import { checkTypes } from './tools/check_types.mjs'; console.log(JSON.stringify(checkTypes(${JSON.stringify(compiler)})));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', source], { cwd: ROOT, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual([]);
}, 240_000);
